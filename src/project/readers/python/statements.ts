import { deleteAttribute, resolutionOrder } from './attributes.ts';
import { isEnvironment, writeVariable } from './environment.ts';
import { assignTo, deleteElement, evaluate, keyOf, operate, test } from './expressions.ts';
import { callFunction, functionValue } from './functions.ts';
import { runImport, runImportFrom } from './imports.ts';
import { guardsOf, reason, type Run } from './run.ts';
import { merge, type State, union } from './state.ts';
import type { Syntax } from './syntax.ts';
import type { Guard, Value } from './values.ts';
import { NONE, unknown } from './values.ts';

/** Iterations of one loop that are followed one by one. */
const MOST_ITERATIONS = 200;

/** Runs the statements of a block (or a module) until control leaves it. */
export function runBlock(run: Run, block: Syntax): void {
  for (const statement of block.named) {
    if (run.state.done !== undefined) return;
    runStatement(run, statement);
  }
}

/** Runs one statement. */
export function runStatement(run: Run, node: Syntax): void {
  run.step();
  switch (node.type) {
    case 'expression_statement':
      for (const child of node.named) runExpression(run, child);
      return;
    case 'import_statement':
      runImport(run, node);
      return;
    case 'import_from_statement':
      runImportFrom(run, node);
      return;
    case 'if_statement':
      runIf(run, [node, ...node.named.filter((child) => /^(elif|else)_clause$/.test(child.type))]);
      return;
    case 'try_statement':
      runTry(run, node);
      return;
    case 'with_statement': {
      const body = node.field('body');
      const ofProject = bindWithItems(run, node);
      if (body === undefined) return;
      const suppress = /^(async\s+)?with\s*\(?\s*(contextlib\.)?suppress\s*\(([^)]*)\)/.exec(node.text)?.[3];
      if (suppress === undefined) runBlock(run, body);
      else {
        const names = `except (${suppress}):`;
        attempt(run, body, [
          { catches: (exception) => catchesNamed(names, exception), run: () => undefined },
        ]);
      }
      if (ofProject) doubtContext(run, node);
      return;
    }
    case 'for_statement':
      runFor(run, node);
      return;
    case 'while_statement':
      runUnknownLoop(run, node, `while ${node.field('condition')?.text ?? ''}`);
      return;
    case 'match_statement':
      runMatch(run, node);
      return;
    case 'function_definition':
      defineFunction(run, node);
      return;
    case 'class_definition':
      defineClass(run, node);
      return;
    case 'decorated_definition':
      defineDecorated(run, node);
      return;
    case 'return_statement': {
      const [value] = node.named;
      leave(run, 'return', value === undefined ? NONE : evaluate(run, value));
      return;
    }
    case 'raise_statement':
      run.fails(
        node.text,
        /^raise\s+([A-Z]\w*)/.exec(node.text)?.[1] ?? (node.named.length === 0 ? run.handled : '?'),
      );
      run.state.done = 'raise';
      return;
    case 'break_statement':
      leave(run, 'break', NONE);
      return;
    case 'continue_statement':
      leave(run, 'continue', NONE);
      return;
    case 'global_statement':
      for (const name of node.named) run.frame.globalNames.add(name.text);
      return;
    case 'nonlocal_statement':
      for (const name of node.named) {
        const scope = run.frame.enclosing.find((one) => run.binding(one, name.text) !== undefined);
        if (scope !== undefined) run.frame.outer?.set(name.text, scope);
      }
      return;
    case 'assert_statement': {
      const [tested] = node.named;
      run.fails(node.text, 'AssertionError');
      if (tested !== undefined) evaluate(run, tested);
      return;
    }
    case 'delete_statement':
      for (const target of node.named) deleteTarget(run, target);
      return;
  }
}

function leave(run: Run, kind: 'return' | 'break' | 'continue', value: Value): void {
  run.left.push({ kind, state: run.state, value });
  run.state.done = kind;
}

function runExpression(run: Run, node: Syntax): void {
  if (node.type === 'assignment') {
    const left = node.field('left');
    const right = node.field('right');
    if (left === undefined || right === undefined) return;
    // a = b = value
    const targets = [left];
    let source = right;
    while (source.type === 'assignment') {
      const inner = source.field('left');
      const next = source.field('right');
      if (inner === undefined || next === undefined) return;
      targets.push(inner);
      source = next;
    }
    const value = evaluate(run, source);
    for (const target of targets) assignTo(run, target, value, source);
  } else if (node.type === 'augmented_assignment') {
    runAugmented(run, node);
  } else {
    evaluate(run, node);
  }
}

function runAugmented(run: Run, node: Syntax): void {
  const left = node.field('left');
  const right = node.field('right');
  const operator = node.field('operator')?.text ?? '+=';
  if (left === undefined || right === undefined) return;
  const before = evaluate(run, left);
  const added = evaluate(run, right);
  const list = run.list(before);
  if (operator === '+=' && before.kind === 'list' && list?.type === 'list') {
    // += on a list changes the list itself, under every name that it has
    const more = run.elements(added, run.place(right));
    run.change(before.ref, [...list.items, ...more.items], more.doubts);
    assignTo(run, left, before, right);
    return;
  }
  if (operator === '|=' && before.kind === 'mapping') {
    const mapping = run.mapping(before);
    const other = run.mapping(added);
    const doubts = other?.doubts ?? [
      {
        code: 'unknown-entries',
        message: `entries are not known: ${reason(added)}`,
        place: run.place(right),
      },
    ];
    const entries = new Map([...(mapping?.entries ?? []), ...(other?.entries ?? [])]);
    run.state.heap.set(before.ref, {
      kind: 'mapping',
      entries,
      doubts: union(mapping?.doubts ?? [], doubts),
    });
    return;
  }
  if (operator !== '+=' && before.kind === 'list' && list?.type !== 'tuple') {
    // *= and the operators of sets change it in place, too
    const message = `${left.text} ${operator} … could not be followed`;
    run.doubt(before, [{ code: 'may-be-changed', message, place: run.place(left) }]);
    assignTo(run, left, before, right);
    return;
  }
  const isSum = operator === '+=' && (list !== undefined || run.list(added) !== undefined);
  const value = isSum
    ? operate(run, '+', before, added, left, right)
    : operate(run, operator.replace(/=$/, ''), before, added, left, right);
  assignTo(run, left, value, right);
}

/** Runs the alternatives in forks of the state and merges what comes out. */
function branch(run: Run, guards: readonly [Guard, Guard], one: () => void, other: () => void): void {
  const before = run.state;
  const ifTrue = before.fork(guards[0]);
  const ifFalse = before.fork(guards[1]);
  run.state = ifTrue;
  one();
  const afterTrue = run.state;
  run.state = ifFalse;
  other();
  run.state = join(run, afterTrue, run.state);
}

function join(run: Run, a: State, b: State): State {
  if (a.done !== undefined) return b;
  return b.done === undefined ? merge(a, b, run.fresh) : a;
}

function runIf(run: Run, clauses: readonly Syntax[]): void {
  const [clause, ...rest] = clauses;
  if (clause === undefined) return;
  if (clause.type === 'else_clause') {
    const body = clause.field('body');
    if (body !== undefined) runBlock(run, body);
    return;
  }
  const condition = clause.field('condition');
  const body = clause.field('consequence');
  if (condition === undefined) return;
  const { holds, certain } = test(run, condition);
  const then = () => {
    if (body !== undefined) runBlock(run, body);
  };
  const otherwise = () => runIf(run, rest);
  if (certain) {
    if (holds === true) then();
    else otherwise();
    return;
  }
  branch(run, guardsOf(condition.text, holds), then, otherwise);
}

function runTry(run: Run, node: Syntax): void {
  const body = node.field('body') ?? node.child('block');
  const handlers = node.named.filter((child) => /^except(_group)?_clause$/.test(child.type));
  const finallyBlock = node.child('finally_clause')?.child('block');
  const elseBody = node.child('else_clause')?.field('body');
  if (body === undefined) return;
  const marks = run.left.length;
  const blocks = handlers.map((handler) => ({
    catches: (exception: string) => catches(handler, exception),
    run: () => {
      const block = handler.child('block') ?? handler.named.at(-1);
      bindException(run, handler);
      if (block !== undefined) runBlock(run, block);
    },
  }));
  attempt(run, body, blocks, elseBody);
  if (finallyBlock === undefined) return;
  const leaving = new Set([...run.left.slice(marks).map(({ state }) => state), run.state]);
  for (const state of leaving) alsoIn(run, state, () => runBlock(run, finallyBlock));
}

/** Runs a `finally` in a state that leaves, which it goes on doing. */
function alsoIn(run: Run, state: State, block: () => void): void {
  const { state: current } = run;
  const { done } = state;
  state.done = undefined;
  run.state = state;
  block();
  const after = run.state;
  after.done ??= done;
  if (after !== state) {
    for (const [ref, entry] of after.heap) state.heap.set(ref, entry);
    for (const [id, scope] of after.scopes) state.scopes.set(id, scope);
    state.done = after.done;
  }
  run.state = current;
}

interface Handler {
  readonly catches: (exception: string) => boolean;
  readonly run: () => void;
}

/** Runs a block, and, with what there was when something in it may have failed, what handles that. */
function attempt(run: Run, body: Syntax, handlers: readonly Handler[], elseBody?: Syntax): void {
  const outerFailures = run.mayFail;
  run.mayFail = [];
  const { path } = run.state;
  runBlock(run, body);
  const all = run.mayFail;
  run.mayFail = outerFailures;
  const failures = all.filter(({ exception }) => handlers.some((handler) => handler.catches(exception)));
  for (const failure of all) if (!failures.includes(failure)) run.mayFail?.push(failure);
  const raised = run.state.done === 'raise';
  if (run.state.done === undefined && elseBody !== undefined) runBlock(run, elseBody);
  const [failure] = raised ? failures.slice(-1) : failures;
  if (failure === undefined) return;
  const [works, fails] = guardsOf(failure.source, 'unknown');
  const after = run.state;
  let result: State | undefined = raised ? undefined : after;
  if (result !== undefined) result.path = [...path, works, ...result.path.slice(path.length)];
  const kinds = new Set(failures.map(({ exception }) => exception));
  const taken = handlers.filter((handler) => [...kinds].some((kind) => handler.catches(kind)));
  // a body that always raises takes the first handler that catches it
  const chosen = raised
    ? handlers.filter((handler) => handler.catches(failure.exception)).slice(0, 1)
    : taken;
  for (const [index, handler] of chosen.entries()) {
    const guard = chosen.length > 1 ? { ...fails, source: `${fails.source} [${index + 1}]` } : fails;
    run.state = raised ? after.fork() : failure.state.fork();
    run.state.done = undefined;
    run.state.path = raised ? path : [...path, guard];
    const outerHandled = run.handled;
    run.handled = failure.exception;
    handler.run();
    run.handled = outerHandled;
    result = result === undefined ? run.state : join(run, result, run.state);
  }
  run.state = result ?? after;
}

const PARENTS: Record<string, string> = {
  KeyError: 'LookupError',
  IndexError: 'LookupError',
  ImportError: 'ModuleNotFoundError',
  ZeroDivisionError: 'ArithmeticError',
  OSError: 'IOError|EnvironmentError|FileNotFoundError|PermissionError|NotADirectoryError|IsADirectoryError',
};

/** May the handler be for that exception? One that is not known (`?`) is caught by all that are not for imports or names alone. */
function catches(handler: Syntax, exception: string): boolean {
  const block = handler.child('block') ?? handler.named.at(-1);
  return catchesNamed(
    handler.text.slice(0, block === undefined ? undefined : block.start - handler.start),
    exception,
  );
}

function catchesNamed(text: string, exception: string): boolean {
  const head = text.replace(/^except\*?/, '');
  if (/^\s*:/.test(head) || /\bBaseException\b/.test(head)) return true;
  if (exception === 'SystemExit') return /\bSystemExit\b/.test(head);
  if (/\bException\b/.test(head)) return true;
  if (exception === '?')
    return !/^\s*\(?\s*((ImportError|ModuleNotFoundError|NameError)[\s,]*)+\)?\s*(as\s+\w+\s*)?:/.test(head);
  const names = new RegExp(
    `\\b(${exception}${PARENTS[exception] === undefined ? '' : `|${PARENTS[exception]}`})\\b`,
  );
  // another name may be a class of the project, or one that a library derives from it
  return names.test(head) || !BUILTIN_EXCEPTIONS.test(head);
}

const BUILTIN_EXCEPTIONS =
  /^[\s(]*((ImportError|ModuleNotFoundError|NameError|KeyError|IndexError|LookupError|ValueError|TypeError|AttributeError|OSError|IOError|EnvironmentError|FileNotFoundError|PermissionError|SystemExit|AssertionError|ZeroDivisionError|RuntimeError|StopIteration|KeyboardInterrupt|UnicodeDecodeError|SyntaxError)[\s,]*)+\)?\s*(as\s+\w+\s*)?:/;

/** `except E as name`: the name is not what it was before. */
function bindException(run: Run, handler: Syntax): void {
  const alias = /\bas\s+(\w+)\s*:/.exec(handler.text.slice(0, 300))?.[1];
  const pattern = handler.named[0];
  if (alias !== undefined && pattern !== undefined && pattern.type !== 'block')
    run.assign(alias, unknown('it is an exception'), run.place(pattern));
}

/** What a context manager of the project does when it is entered and left is not followed. */
function doubtContext(run: Run, node: Syntax): void {
  const message = 'what a context manager of the project does around the block is not followed';
  run.doubtAll({ code: 'may-be-changed', message, place: run.place(node) });
}

/** Is it one that the project makes, by a class or a decorated function? */
function isContextOfProject(run: Run, source: Syntax, value: Value): boolean {
  if (value.kind === 'instance') return true;
  const callee = source.type === 'call' ? source.field('function') : undefined;
  if (value.kind !== 'unknown' || callee?.type !== 'identifier') return false;
  const made = evaluate(run, callee);
  return made.kind === 'unknown' && made.reason.startsWith('@');
}

/** Evaluates what stands behind `with`; is any of it a context manager of the project? */
function bindWithItems(run: Run, node: Syntax): boolean {
  let ofProject = false;
  const clause = node.child('with_clause');
  for (const item of clause?.named ?? []) {
    const value = item.field('value') ?? item.named[0];
    if (value?.type === 'as_pattern') {
      const [source] = value.named;
      const alias = value.field('alias')?.named[0] ?? value.field('alias');
      const result = source === undefined ? NONE : evaluate(run, source);
      ofProject ||= source !== undefined && isContextOfProject(run, source, result);
      if (alias !== undefined && source !== undefined) {
        assignTo(run, alias, result.kind === 'external' ? result : unknown('it is bound by with'), source);
      }
    } else if (value !== undefined) {
      ofProject = isContextOfProject(run, value, evaluate(run, value)) || ofProject;
    }
  }
  if (ofProject) doubtContext(run, node);
  return ofProject;
}

function runFor(run: Run, node: Syntax): void {
  const target = node.field('left');
  const iterable = node.field('right');
  const body = node.field('body');
  if (target === undefined || iterable === undefined || body === undefined) return;
  const over = evaluate(run, iterable);
  const { items, doubts } = run.elements(over, run.place(iterable));
  const real = items.filter((item) => item.display === undefined);
  if (
    doubts.some((doubt) => doubt.code !== 'index-shift') ||
    real.length > MOST_ITERATIONS ||
    real.some((item) => item.spread)
  ) {
    run.fails(iterable.text);
    runUnknownLoop(run, node, `for ${target.text} in ${iterable.text}`);
    return;
  }
  const marks = run.left.length;
  for (const item of real) {
    if (run.state.done !== undefined) break;
    const once = () => {
      assignTo(run, target, item.value, iterable);
      runBlock(run, body);
      resume(run, marks, 'continue');
    };
    const [guard] = item.guards;
    if (guard === undefined) once();
    else {
      const holds = item.guards.every((one) => one.holds === true)
        ? true
        : item.guards.some((one) => one.holds === false)
          ? false
          : 'unknown';
      branch(run, guardsOf(item.guards.map((one) => one.source).join(' and '), holds), once, () => undefined);
    }
  }
  const now = over.kind === 'list' && real.length > 0 ? run.list(over) : undefined;
  if (now !== undefined && now.items !== items) {
    const message = `${iterable.text.slice(0, 60)} is changed while a loop goes over it`;
    run.doubtAll({ code: 'loop', message, place: run.place(node) });
  }
  const orElse = node.field('alternative')?.field('body');
  if (orElse !== undefined && run.state.done === undefined) runBlock(run, orElse);
  resume(run, marks, 'break');
}

/** The states that left the loop's body go on here. */
function resume(run: Run, marks: number, kind: 'break' | 'continue'): void {
  const mine = run.left.slice(marks).filter((way) => way.kind === kind);
  const others = run.left.slice(marks).filter((way) => way.kind !== kind);
  run.left.length = marks;
  run.left.push(...others);
  for (const way of mine.toReversed()) {
    const { state } = way;
    const alone = run.state.done !== undefined;
    state.done = undefined;
    run.state = alone ? state : merge(state, run.state, run.fresh);
  }
}

/** A loop that cannot be followed: its body runs once under a condition, and what it changes is in doubt. */
function runUnknownLoop(run: Run, node: Syntax, source: string): void {
  const body = node.field('body');
  const target = node.field('left');
  const right = node.field('right');
  if (body === undefined) return;
  const marks = run.left.length;
  const heapBefore = run.state.heap;
  const scopesBefore = new Map([...run.state.scopes].map(([id, { names }]) => [id, new Map(names)]));
  branch(
    run,
    guardsOf(source, 'unknown'),
    () => {
      if (target !== undefined && right !== undefined)
        assignTo(run, target, unknown('it is what a loop goes over'), right);
      runBlock(run, body);
      resume(run, marks, 'continue');
      resume(run, marks, 'break');
    },
    () => undefined,
  );
  const message = `a loop changes it: ${source.replace(/\s+/g, ' ').slice(0, 80)}`;
  const doubt = { code: 'loop', message, place: run.place(node) };
  for (const [ref, entry] of run.state.heap) {
    const before = heapBefore.get(ref);
    if (before !== undefined && before !== entry && (entry.kind === 'list' || entry.kind === 'mapping')) {
      run.doubt({ kind: entry.kind, ref }, [doubt]);
    }
  }
  for (const [id, before] of scopesBefore) {
    for (const [name, binding] of run.state.scopes.get(id)?.names ?? []) {
      if (before.get(name) === binding) continue;
      run.doubt(binding.value, [doubt]);
    }
  }
  const orElse = node.field('alternative')?.field('body');
  if (orElse !== undefined && run.state.done === undefined) runBlock(run, orElse);
}

function runMatch(run: Run, node: Syntax): void {
  const subject = node.field('subject');
  const body = node.field('body') ?? node.child('block');
  const cases = body?.named.filter((child) => child.type === 'case_clause') ?? [];
  if (subject !== undefined) evaluate(run, subject);
  const next = (index: number): void => {
    const clause = cases[index];
    const block = clause?.field('consequence');
    if (clause === undefined || block === undefined) return;
    const pattern = clause.named.filter((child) => child.start < block.start);
    const text = pattern.map((child) => child.text).join(' ');
    if (text === '_') {
      runBlock(run, block);
      return;
    }
    branch(
      run,
      guardsOf(`match ${subject?.text ?? ''}: case ${text}`, 'unknown'),
      () => {
        for (const one of pattern) bindCaptures(run, one);
        runBlock(run, block);
      },
      () => next(index + 1),
    );
  };
  next(0);
}

/** Names that a pattern may bind: they are not what they were before. */
function bindCaptures(run: Run, pattern: Syntax): void {
  const names = pattern.text.match(/(?<![\w.'"])[a-z_]\w*(?![\w.(='"])/g) ?? [];
  for (const name of names) {
    if (name !== '_' && name !== 'as' && name !== 'if')
      run.assign(name, unknown('a pattern binds it'), run.place(pattern));
  }
}

function defineFunction(run: Run, node: Syntax, role?: 'property' | 'static' | 'class'): void {
  const name = node.field('name');
  if (name === undefined) return;
  const value = { ...functionValue(run, node), ...(role === undefined ? {} : { role }) };
  run.assign(name.text, value, run.place(name));
}

function defineClass(run: Run, node: Syntax): void {
  const name = node.field('name');
  const body = node.field('body');
  if (name === undefined || body === undefined) return;
  const bases = (node.field('superclasses')?.named ?? [])
    .filter((base) => base.type !== 'keyword_argument')
    .map((base) => evaluate(run, base));
  const outer = run.frame;
  const scope = run.newScope();
  const ref = run.fresh();
  const value: Value = { kind: 'class', ref };
  run.state.heap.set(ref, { kind: 'class', name: name.text, bases, scope, place: run.place(node) });
  run.frame = {
    ...outer,
    scope,
    // a class body sees the names of the module, not those of an enclosing class
    enclosing:
      outer.scope === outer.globals || outer.classBody === true
        ? outer.enclosing
        : [outer.scope, ...outer.enclosing],
    globalNames: new Set(),
    classBody: true,
  };
  runBlock(run, body);
  run.frame = outer;
  if (isMade(run, node, value)) {
    run.open(scope, {
      code: 'may-be-changed',
      message: `a metaclass or __init_subclass__ makes the class ${name.text}: what it changes is not followed`,
      place: run.place(name),
    });
  }
  run.assign(name.text, value, run.place(name));
}

/** Does code of the project change the class when it is made? */
function isMade(run: Run, node: Syntax, value: Value): boolean {
  const meta = node.field('superclasses')?.named.find((base) => base.type === 'keyword_argument');
  if (meta?.field('name')?.text === 'metaclass') {
    const of = meta.field('value');
    if (of !== undefined && evaluate(run, of).kind === 'class') return true;
  }
  const parents = resolutionOrder(run, value).slice(1);
  return parents.some((base) => {
    const state = base.kind === 'class' ? run.heap(base.ref) : undefined;
    return state?.kind === 'class' && run.binding(state.scope, '__init_subclass__') !== undefined;
  });
}

/** Decorators that leave what a function gives as it is. */
const TRANSPARENT =
  /^@(\w+\.)*(lru_cache|cache|cached|cached_property|property|classmethod|staticmethod|abstractmethod|abstractproperty|wraps|override|overload|final|no_type_check|deprecated|memoize|contextproperty)\b/;

function defineDecorated(run: Run, node: Syntax): void {
  const definition = node.field('definition');
  if (definition === undefined) return;
  if (definition.type === 'class_definition') {
    defineClass(run, definition);
    decorate(run, node, definition);
    return;
  }
  if (node.named.some((child) => /^@\w+\.(setter|deleter)$/.test(child.text.trim()))) return;
  const decorators = node.named.filter((child) => child.type === 'decorator').map((child) => child.text);
  const role = decorators.some((text) => /\b(cached_)?property\b/.test(text))
    ? 'property'
    : decorators.some((text) => /\bclassmethod\b/.test(text))
      ? 'class'
      : decorators.some((text) => /\bstaticmethod\b/.test(text))
        ? 'static'
        : undefined;
  defineFunction(run, definition, role);
  decorate(run, node, definition);
}

/** What a decorator makes of a function or a class: one of the project is called; of others it is only known that some change nothing. */
function decorate(run: Run, node: Syntax, definition: Syntax): void {
  const name = definition.field('name');
  const isClass = definition.type === 'class_definition';
  for (const decorator of node.named.filter((child) => child.type === 'decorator').toReversed()) {
    const [source] = decorator.named;
    if (name === undefined || source === undefined || TRANSPARENT.test(decorator.text)) continue;
    const callee = evaluate(run, source);
    const value = run.read(run.frame.scope, name.text);
    if (value === undefined) return;
    if (callee.kind === 'function') {
      const made = callFunction(run, callee, [value], new Map());
      if (isClass && made.kind === 'unknown') continue;
      run.assign(name.text, made, run.place(name));
    } else if (!isClass) {
      run.assign(name.text, unknown(`${decorator.text} may have changed it`), run.place(name));
    }
  }
}

function deleteTarget(run: Run, target: Syntax): void {
  if (target.type === 'expression_list' || target.type === 'tuple') {
    for (const part of target.named) deleteTarget(run, part);
    return;
  }
  if (target.type === 'identifier') {
    const scope = run.frame.globalNames.has(target.text) ? run.frame.globals : run.frame.scope;
    run.state.scopes.get(scope)?.names.delete(target.text);
    return;
  }
  if (target.type === 'attribute') {
    const owner = target.field('object');
    const of = owner === undefined ? NONE : evaluate(run, owner);
    deleteAttribute(run, of, target.field('attribute')?.text ?? '');
    return;
  }
  if (target.type !== 'subscript') return;
  const object = target.field('value');
  const container = object === undefined ? NONE : evaluate(run, object);
  if (isEnvironment(container)) {
    const index = target.field('subscript');
    const name = index === undefined ? NONE : evaluate(run, index);
    run.fails(target.text, 'KeyError');
    if (name.kind === 'string') writeVariable(run, name.value, NONE, run.place(target));
  } else if (container.kind === 'list') deleteElement(run, container, target);
  else if (container.kind === 'mapping') {
    const index = target.field('subscript');
    const key = index === undefined ? NONE : evaluate(run, index);
    const mapping = run.mapping(container);
    if (mapping === undefined) return;
    run.fails(`del ${target.text}`, 'KeyError');
    const entries = new Map(mapping.entries);
    if (['string', 'number', 'bool', 'none'].includes(key.kind)) {
      entries.delete(keyOf(key, run));
      run.state.heap.set(container.ref, { ...mapping, entries });
    } else {
      const message = `del ${target.text} could not be followed`;
      run.doubt(container, [{ code: 'unknown-removal', message, place: run.place(target) }]);
    }
  } else if (container.kind === 'namespace') {
    const index = target.field('subscript');
    const name = index === undefined ? NONE : evaluate(run, index);
    if (name.kind === 'string') run.state.scopes.get(container.scope)?.names.delete(name.value);
  }
}

import { assignTo, evaluate, operate, test } from './expressions.ts';
import { runImport, runImportFrom } from './imports.ts';
import { guardsOf, type Run } from './run.ts';
import { merge, type State } from './state.ts';
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
      bindWithItems(run, node);
      if (body !== undefined) runBlock(run, body);
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
  const outerFailures = run.mayFail;
  run.mayFail = [];
  const before = run.state.fork();
  const { path } = run.state;
  runBlock(run, body);
  const failures = run.mayFail;
  run.mayFail = outerFailures;
  const raised = run.state.done === 'raise';
  if (run.state.done === undefined && elseBody !== undefined) runBlock(run, elseBody);
  if (handlers.length > 0 && (raised || failures.length > 0)) {
    const [works, fails] = guardsOf(failures[0] ?? body.named[0]?.text ?? 'try', 'unknown');
    const after = run.state;
    let result: State | undefined = raised ? undefined : after;
    if (result !== undefined) result.path = [...path, works, ...result.path.slice(path.length)];
    for (const [index, handler] of handlers.entries()) {
      const guard = handlers.length > 1 ? { ...fails, source: `${fails.source} [${index + 1}]` } : fails;
      run.state = before.fork(raised ? undefined : guard);
      const block = handler.child('block') ?? handler.named.at(-1);
      if (block !== undefined) runBlock(run, block);
      result = result === undefined ? run.state : join(run, result, run.state);
      // With a body that always raises the first handler is taken to be the right one.
      if (raised) break;
    }
    run.state = result ?? after;
  }
  if (finallyBlock !== undefined && run.state.done === undefined) runBlock(run, finallyBlock);
}

function bindWithItems(run: Run, node: Syntax): void {
  const clause = node.child('with_clause');
  for (const item of clause?.named ?? []) {
    const value = item.field('value') ?? item.named[0];
    if (value?.type === 'as_pattern') {
      const [source] = value.named;
      const alias = value.field('alias')?.named[0] ?? value.field('alias');
      const result = source === undefined ? NONE : evaluate(run, source);
      if (alias !== undefined && source !== undefined) {
        assignTo(run, alias, result.kind === 'external' ? result : unknown('it is bound by with'), source);
      }
    } else if (value !== undefined) evaluate(run, value);
  }
}

function runFor(run: Run, node: Syntax): void {
  const target = node.field('left');
  const iterable = node.field('right');
  const body = node.field('body');
  if (target === undefined || iterable === undefined || body === undefined) return;
  const { items, doubts } = run.elements(evaluate(run, iterable), run.place(iterable));
  const real = items.filter((item) => item.display === undefined);
  if (
    doubts.some((doubt) => doubt.code !== 'index-shift') ||
    real.length > MOST_ITERATIONS ||
    real.some((item) => item.spread)
  ) {
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
  for (const [ref, entry] of run.state.heap) {
    const before = heapBefore.get(ref);
    if (before !== undefined && before !== entry && entry.kind === 'list') {
      run.doubt({ kind: 'list', ref }, [
        {
          code: 'loop',
          message: `a loop changes it: ${source.replace(/\s+/g, ' ').slice(0, 80)}`,
          place: run.place(node),
        },
      ]);
    }
  }
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
      () => runBlock(run, block),
      () => next(index + 1),
    );
  };
  next(0);
}

function defineFunction(run: Run, node: Syntax, role?: 'property' | 'static' | 'class'): void {
  const name = node.field('name');
  if (name === undefined) return;
  run.assign(
    name.text,
    {
      kind: 'function',
      node,
      module: run.frame.module,
      scope: run.frame.scope,
      ...(role === undefined ? {} : { role }),
    },
    run.place(name),
  );
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
    enclosing: outer.scope === outer.globals ? [] : [outer.scope],
    globalNames: new Set(),
  };
  runBlock(run, body);
  run.frame = outer;
  run.assign(name.text, value, run.place(name));
}

function defineDecorated(run: Run, node: Syntax): void {
  const definition = node.field('definition');
  if (definition === undefined) return;
  if (definition.type === 'class_definition') {
    defineClass(run, definition);
    return;
  }
  const decorators = node.named.filter((child) => child.type === 'decorator').map((child) => child.text);
  const role = decorators.some((text) => /\b(cached_)?property\b/.test(text))
    ? 'property'
    : decorators.some((text) => /\bclassmethod\b/.test(text))
      ? 'class'
      : decorators.some((text) => /\bstaticmethod\b/.test(text))
        ? 'static'
        : undefined;
  defineFunction(run, definition, role);
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
  if (target.type !== 'subscript') return;
  const object = target.field('value');
  const container = object === undefined ? NONE : evaluate(run, object);
  if (container.kind === 'list') {
    run.doubt(container, [
      {
        code: 'unknown-removal',
        message: `${'del'} ${target.text} could not be followed`,
        place: run.place(target),
      },
    ]);
  } else if (container.kind === 'namespace') {
    const index = target.field('subscript');
    const name = index === undefined ? NONE : evaluate(run, index);
    if (name.kind === 'string') run.state.scopes.get(container.scope)?.names.delete(name.value);
  }
}

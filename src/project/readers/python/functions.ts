import { assignTo, evaluate } from './expressions.ts';
import type { Run } from './run.ts';
import { merge } from './state.ts';
import { runBlock } from './statements.ts';
import type { Syntax } from './syntax.ts';
import type { Value } from './values.ts';
import { NONE, string, unknown } from './values.ts';

/** Functions of the project call each other; settings that go deeper than this are a program. */
const DEEPEST = 12;

/** Runs a function of the project on what is known of its arguments. */
export function callFunction(
  run: Run,
  callee: Value & { kind: 'function' },
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  owner?: Value,
): Value {
  const { node } = callee;
  const body = node.field('body');
  const module = run.loaded.get(callee.module);
  if (body === undefined || module === undefined) return unknown('the function has no body');
  if (run.frame.depth >= DEEPEST) {
    const message = 'functions call each other too deeply to be followed';
    run.doubtAll({ code: 'may-be-changed', message, place: run.place(node) });
    return unknown('functions call each other too deeply');
  }
  if (isGenerator(body)) {
    // its body runs while somebody goes over it, if somebody does
    const message = 'a generator function runs while it is gone over, which is not followed';
    if (/\.\w+\(|\[.*\]\s*=|\+=|\bglobal\b|\bnonlocal\b/.test(body.text)) {
      run.doubtAll({ code: 'may-be-changed', message, place: run.place(node) });
    }
    return unknown('it is a generator');
  }
  if (node.children[0]?.type === 'async') return unknown('it is a coroutine');
  const outer = run.frame;
  const scope = run.newScope();
  const enclosing = (callee.around ?? []).filter((one) => run.state.scopes.has(one));
  if (enclosing.length < (callee.around ?? []).length)
    return unknown('it uses names of a function that has ended');
  run.frame = {
    scope,
    globals: module.scope,
    module: callee.module,
    file: node.file,
    enclosing,
    globalNames: new Set(),
    outer: new Map(),
    depth: outer.depth + 1,
    ...(owner === undefined ? (outer.owner === undefined ? {} : { owner: outer.owner }) : { owner }),
  };
  const values = callee.self === undefined ? [...positional] : [callee.self, ...positional];
  bindParameters(run, callee, values, named);
  const marks = run.left.length;
  const path = run.state.path;
  if (node.type === 'lambda') {
    const result = evaluate(run, body);
    run.frame = outer;
    return result;
  }
  runBlock(run, body);
  // Every way out of the function, the end of its body included, becomes one state and one value.
  const ways = run.left.splice(marks).filter((way) => way.kind === 'return');
  const ends = ways.map((way) => ({ state: way.state, value: way.value }));
  if (run.state.done === undefined) ends.push({ state: run.state, value: NONE });
  const key = '*result*';
  for (const end of ends) {
    end.state.done = undefined;
    end.state.scopes.get(scope)?.names.set(key, {
      value: end.value,
      place: run.place(node),
      at: 0,
      doubts: [],
    });
  }
  const last = ends.pop();
  if (last === undefined) {
    // Nothing but exceptions was seen, which production surely does not get: what is not known is why it does not.
    run.state.done = undefined;
    run.state.path = path;
    run.frame = outer;
    return unknown('the function raises an exception as far as it can be followed');
  }
  let state = last.state;
  for (const end of ends.toReversed()) state = merge(end.state, state, run.fresh);
  state.path = path;
  const value = state.scopes.get(scope)?.names.get(key)?.value ?? NONE;
  run.state = state;
  // What a nested function of it still sees has to stay.
  if (!/\b(def|lambda|class)\b/.test(body.text)) state.scopes.delete(scope);
  run.frame = outer;
  return value;
}

function bindParameters(
  run: Run,
  { node, defaults }: Value & { kind: 'function' },
  positional: Value[],
  named: ReadonlyMap<string, Value>,
): void {
  const parameters = node.field('parameters')?.named ?? [];
  const used = new Set<string>();
  let index = 0;
  let byName = false;
  for (const parameter of parameters) {
    const name = /^(identifier|(list|dictionary)_splat_pattern|(keyword|positional)_separator)$/.test(
      parameter.type,
    )
      ? parameter
      : (parameter.field('name') ?? parameter.named[0] ?? parameter);
    const place = run.place(parameter);
    switch (name.type) {
      case 'list_splat_pattern': {
        const rest = positional.slice(index).map((value) => run.item(value, place));
        index = positional.length;
        byName = true;
        run.bind(run.frame.scope, name.named[0]?.text ?? '', run.newList('tuple', rest), place);
        continue;
      }
      case 'dictionary_splat_pattern': {
        const rest = [...named].filter(([key]) => !used.has(key));
        const entries = new Map(rest.map(([key, value]) => [`s:${key}`, { key: string(key), value }]));
        run.bind(run.frame.scope, name.named[0]?.text ?? '', run.newMapping(entries), place);
        continue;
      }
      case 'keyword_separator':
        byName = true;
        continue;
      case 'positional_separator':
        continue;
    }
    used.add(name.text);
    const fallback = parameter.field('value');
    const value =
      (byName ? undefined : positional[index]) ??
      named.get(name.text) ??
      defaults?.get(name.text) ??
      (fallback === undefined ? missing(run, name.text) : evaluate(run, fallback));
    index++;
    if (name.type === 'identifier') run.bind(run.frame.scope, name.text, value, place);
    else assignTo(run, name, value, parameter);
  }
}

function missing(run: Run, name: string): Value {
  run.fails(name, 'TypeError');
  return unknown(`${name} is a parameter`);
}

/** Values of the parameters that have a default, as they are where the function is defined. */
function defaultsOf(run: Run, node: Syntax): ReadonlyMap<string, Value> {
  const defaults = new Map<string, Value>();
  for (const parameter of node.field('parameters')?.named ?? []) {
    const value = parameter.field('value');
    const name = parameter.field('name') ?? parameter.named[0];
    if (value !== undefined && name !== undefined) defaults.set(name.text, evaluate(run, value));
  }
  return defaults;
}

/** A function as it is defined: in the names and with the defaults of this moment. */
export function functionValue(run: Run, node: Syntax): Value & { kind: 'function' } {
  const { frame } = run;
  const inside = frame.classBody === true ? [] : [frame.scope];
  const around = [...inside, ...frame.enclosing].filter((scope) => scope !== frame.globals);
  return {
    kind: 'function',
    node,
    module: frame.module,
    scope: frame.scope,
    defaults: defaultsOf(run, node),
    around,
  };
}

/** Is it the body of a generator function? */
function isGenerator(body: Syntax): boolean {
  if (!/\byield\b/.test(body.text)) return false;
  const inside = (node: Syntax): boolean =>
    node.type === 'yield' ||
    (!/^(function_definition|class_definition|lambda)$/.test(node.type) &&
      node.children.some((child) => inside(child)));
  return inside(body);
}

/** Makes an instance of a class of the project and runs its `__init__`. */
export function instantiate(
  run: Run,
  of: Value,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  initialise: (instance: Value) => Value,
): Value {
  const ref = run.fresh();
  run.state.heap.set(ref, { kind: 'instance', attributes: new Map() });
  const instance: Value = { kind: 'instance', ref, of };
  const init = initialise(instance);
  if (init.kind !== 'function' && (positional.length > 0 || named.size > 0))
    return unknown('what makes it is not known');
  if (init.kind === 'function') callFunction(run, init, positional, named, of);
  return instance;
}

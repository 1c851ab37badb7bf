import { callFunction } from './functions.ts';
import { loadModule } from './imports.ts';
import type { Run } from './run.ts';
import type { Place, Value } from './values.ts';
import { string, unknown } from './values.ts';

/** `object.name`. */
export function getAttribute(run: Run, object: Value, name: string): Value {
  switch (object.kind) {
    case 'module': {
      const module = run.loaded.get(object.name);
      if (module !== undefined && name === '__dict__') return { kind: 'namespace', scope: module.scope };
      const value = module === undefined ? undefined : run.read(module.scope, name);
      if (value !== undefined) {
        if (['none', 'bool', 'number', 'string', 'choice', 'environment'].includes(value.kind))
          run.soft = true;
        return value;
      }
      return loadModule(run, `${object.name}.${name}`) !== undefined
        ? { kind: 'module', name: `${object.name}.${name}` }
        : unknown(`${object.name} has no ${name}`);
    }
    case 'class':
    case 'instance':
    case 'super':
      return ofClass(run, object, name);
    case 'external':
      return { kind: 'external', path: `${object.path}.${name}` };
    case 'list':
    case 'mapping':
    case 'string':
    case 'environment':
    case 'namespace':
      return { kind: 'method', of: object, name };
    case 'choice': {
      const methods = object.options.every(({ value }) =>
        ['list', 'mapping', 'string', 'environment', 'none', 'unknown'].includes(value.kind),
      );
      if (methods) return { kind: 'method', of: object, name };
      return {
        kind: 'choice',
        options: object.options.map(({ guards, value }) => ({
          guards,
          value: getAttribute(run, value, name),
        })),
      };
    }
    case 'function':
      return unknown('it is an attribute of a function');
    default:
      return unknown(`it is an attribute of something: ${object.kind}`);
  }
}

function ofClass(run: Run, object: Value & { kind: 'class' | 'instance' | 'super' }, name: string): Value {
  if (object.kind === 'instance') {
    const state = run.heap(object.ref);
    const own = state?.kind === 'instance' ? state.attributes.get(name) : undefined;
    if (own !== undefined) return own;
  }
  const start = object.kind === 'class' ? object : object.of;
  const klass = start.kind === 'instance' ? start.of : start;
  const self = object.kind === 'super' ? object.of : object;
  const order = resolutionOrder(run, klass);
  let complete = true;
  const skip = object.kind === 'super' ? object.after : 0;
  for (const [index, base] of order.entries()) {
    if (base.kind !== 'class') {
      complete = false;
      continue;
    }
    if (skip !== 0 && index <= order.findIndex((entry) => entry.kind === 'class' && entry.ref === skip))
      continue;
    const state = run.heap(base.ref);
    if (state?.kind !== 'class') continue;
    const value = run.read(state.scope, name);
    if (value === undefined) {
      if (name === '__name__') return string(state.name);
      continue;
    }
    if (value.kind !== 'function') {
      if (['none', 'bool', 'number', 'string', 'choice', 'environment'].includes(value.kind)) run.soft = true;
      return value;
    }
    if (value.role === 'property' && self.kind !== 'class') {
      return callFunction(run, { ...value, self }, [], new Map(), base);
    }
    if (value.role === 'static') return value;
    if (value.role === 'class') return { ...value, self: self.kind === 'instance' ? self.of : self };
    return self.kind === 'class' ? value : { ...value, self };
  }
  return unknown(
    complete ? `the class has no ${name}` : `${name} may come from a base class that is not in the tree`,
  );
}

/** The class and its bases in the order in which attributes are looked up: depth first, the last of repeated ones kept. */
export function resolutionOrder(run: Run, klass: Value): readonly Value[] {
  const all: Value[] = [];
  const visit = (value: Value, depth: number) => {
    all.push(value);
    const state = value.kind === 'class' ? run.heap(value.ref) : undefined;
    if (state?.kind !== 'class' || depth > 20 || all.length > 200) return;
    for (const base of state.bases) visit(base, depth + 1);
  };
  visit(klass, 0);
  return all.filter(
    (value, index) =>
      value.kind !== 'class' ||
      !all.slice(index + 1).some((later) => later.kind === 'class' && later.ref === value.ref),
  );
}

/** `object.name = value`. */
export function setAttribute(run: Run, object: Value, name: string, value: Value, place: Place): void {
  if (object.kind === 'instance' || object.kind === 'class') {
    const state = run.heap(
      object.kind === 'instance' && object.of.kind === 'class' ? object.of.ref : object.ref,
    );
    overridable(run, value, state?.kind === 'class' ? state.name : 'an object');
  }
  if (object.kind === 'module') {
    const module = run.loaded.get(object.name);
    if (module !== undefined) run.bind(module.scope, name, value, place);
    return;
  }
  if (object.kind === 'class') {
    const state = run.heap(object.ref);
    if (state?.kind === 'class') run.bind(state.scope, name, value, place);
    return;
  }
  if (object.kind === 'instance') {
    const state = run.heap(object.ref);
    if (state?.kind !== 'instance') return;
    run.state.heap.set(object.ref, {
      kind: 'instance',
      attributes: new Map([...state.attributes, [name, value]]),
    });
  }
}

/** `del object.name` of a class or a module. */
export function deleteAttribute(run: Run, object: Value, name: string): void {
  const state = object.kind === 'class' ? run.heap(object.ref) : undefined;
  if (state?.kind === 'class') run.state.scopes.get(state.scope)?.names.delete(name);
  if (object.kind === 'module')
    run.state.scopes.get(run.loaded.get(object.name)?.scope ?? -1)?.names.delete(name);
}

/** Where `value` is all the names of a module, `keeper` has them from now on: it may set each of them whenever it is called. */
export function overridable(run: Run, value: Value, keeper: string): void {
  const scope = scopeOfNames(run, value);
  if (scope === undefined) return;
  const place = run.namesTaken.get(scope);
  const message = `the whole module is given to ${keeper}, which keeps it: any setting may be overridden`;
  run.open(scope, { code: 'may-be-changed', message, ...(place === undefined ? {} : { place }) }, Infinity);
}

/** The scope whose names `globals()`, `locals()`, `vars()`, `module.__dict__` or `sys.modules[__name__]` has. */
export function scopeOfNames(run: Run, value: Value): number | undefined {
  if (value.kind === 'namespace') return value.scope;
  return value.kind === 'module' && value.name === run.frame.module
    ? run.loaded.get(value.name)?.scope
    : undefined;
}

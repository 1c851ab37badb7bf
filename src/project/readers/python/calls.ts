import {
  deleteAttribute,
  getAttribute,
  overridable,
  resolutionOrder,
  scopeOfNames,
  setAttribute,
} from './attributes.ts';
import { inBranches } from './branches.ts';
import { environmentMethod, writeVariable } from './environment.ts';
import { entryOf, evaluate, keyOf, lift } from './expressions.ts';
import { callFunction, instantiate } from './functions.ts';
import { bindSometimes, include, loadModule } from './imports.ts';
import { counts, isConditional, offsetOf, withoutElement, withoutFirst } from './positions.ts';
import { negation, reason, type Run } from './run.ts';
import { union } from './state.ts';
import { stringMethod } from './string-methods.ts';
import type { Syntax } from './syntax.ts';
import type { Doubt, Guard, Item, MappingState, Value } from './values.ts';
import { allHold, byDefault, NONE, same, string, textOf, truthValue, unknown } from './values.ts';

/** What a call is given. */
export interface Arguments {
  /** `*x` or `**x` of something that is not known: there may be more. */
  readonly open: boolean;
  readonly node: Syntax;
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  readonly nodes: readonly Syntax[];
}

/** `f(…)`: built-in functions and methods that settings use are known, the project's own functions are followed. */
export function evaluateCall(run: Run, node: Syntax): Value {
  const functionNode = node.field('function');
  const argumentList = node.field('arguments');
  if (functionNode === undefined || argumentList === undefined) return unknown('it is not valid Python');
  const callee = evaluate(run, functionNode);
  const call = argumentsOf(run, node, argumentList);
  return apply(run, callee, call);
}

function argumentsOf(run: Run, node: Syntax, list: Syntax): Arguments {
  if (list.type === 'generator_expression') {
    return { node, positional: [evaluate(run, list)], named: new Map(), nodes: [list], open: false };
  }
  const positional: Value[] = [];
  let open = false;
  const nodes: Syntax[] = [];
  const named = new Map<string, Value>();
  for (const argument of list.named) {
    if (argument.type === 'keyword_argument') {
      const value = argument.field('value');
      if (value !== undefined) named.set(argument.field('name')?.text ?? '', evaluate(run, value));
    } else if (argument.type === 'list_splat' && argument.named[0] !== undefined) {
      const spread = run.elements(evaluate(run, argument.named[0]), run.place(argument));
      open ||= spread.doubts.some(({ code }) => code !== 'index-shift');
      for (const item of spread.items) {
        if (item.display !== undefined) continue;
        open ||= item.guards.length > 0 || item.spread === true;
        positional.push(item.value);
      }
    } else if (argument.type === 'dictionary_splat' && argument.named[0] !== undefined) {
      const mapping = run.mapping(evaluate(run, argument.named[0]));
      open ||= mapping === undefined || mapping.doubts.length > 0;
      for (const { key, value, maybe } of mapping?.entries.values() ?? []) {
        if (key.kind === 'string') named.set(key.value, value);
        open ||= maybe === true || key.kind !== 'string';
      }
    } else {
      positional.push(evaluate(run, argument));
      nodes.push(argument);
    }
  }
  return { node, positional, named, nodes, open };
}

function apply(run: Run, callee: Value, call: Arguments): Value {
  switch (callee.kind) {
    case 'external':
      return callExternal(run, callee.path, call);
    case 'method':
      return callMethod(run, callee.of, callee.name, call);
    case 'function':
      if (call.open) break;
      return callFunction(run, callee, call.positional, call.named, ownerOf(run, callee));
    case 'choice':
      return inBranches(
        run,
        callee.options.map(({ guards, value }) => ({ guards, value: () => apply(run, value, call) })),
        run.place(call.node),
      );
    case 'class': {
      const made = instantiate(run, callee, call.positional, call.named, (instance) =>
        getAttribute(run, instance, '__init__'),
      );
      if (made.kind === 'unknown') escape(run, call, call.node.field('function')?.text ?? 'a class');
      return made;
    }
    case 'instance': {
      const method = getAttribute(run, callee, '__call__');
      if (method.kind === 'function') return apply(run, method, call);
      break;
    }
  }
  const name = call.node.field('function')?.text ?? 'a call';
  run.fails(call.node.text);
  escape(run, call, name);
  return unknown(`it is what ${name} returns`);
}

/** The class that a method was found in, for `super()`. */
function ownerOf(run: Run, callee: Value & { kind: 'function' }): Value | undefined {
  if (callee.self === undefined) return undefined;
  const klass = callee.self.kind === 'instance' ? callee.self.of : callee.self;
  return resolutionOrder(run, klass).find((base) => {
    const state = base.kind === 'class' ? run.heap(base.ref) : undefined;
    if (state?.kind !== 'class') return false;
    return [...(run.state.scopes.get(state.scope)?.names.values() ?? [])].some(
      ({ value }) =>
        value.kind === 'function' &&
        value.node.start === callee.node.start &&
        value.node.file === callee.node.file,
    );
  });
}

/** What an unknown function is given it may change: lists, and all names where it gets `globals()`. */
function escape(run: Run, call: Arguments, name: string): void {
  const doubt = (what: string): Doubt => ({
    code: 'may-be-changed',
    message: `${what} is given to ${name}, which may change it`,
    place: run.place(call.node),
  });
  for (const value of [...call.positional, ...call.named.values()]) {
    const scope = scopeOfNames(run, value);
    if (scope !== undefined && isKept(call, name)) overridable(run, value, name);
    else if (scope !== undefined) run.open(scope, doubt('the whole module'));
    else doubtWithin(run, value, doubt);
  }
  for (const argument of call.nodes) {
    if (/^__name__$/.test(argument.text) && !HARMLESS.test(name)) {
      run.open(run.frame.globals, doubt('the name of the module'));
    }
  }
}

/** Whoever has the value may change it, and what is in it. */
function doubtWithin(run: Run, value: Value, doubt: (what: string) => Doubt, depth = 0): void {
  if (depth > 3) return;
  switch (value.kind) {
    case 'method':
      doubtWithin(run, value.of, doubt, depth + 1);
      return;
    case 'choice':
      for (const option of value.options) doubtWithin(run, option.value, doubt, depth + 1);
      return;
    case 'environment':
      if (value.fallback !== undefined) doubtWithin(run, value.fallback, doubt, depth + 1);
      return;
    case 'list': {
      const list = run.list(value);
      if (list?.type !== 'tuple') run.doubt(value, [doubt('the list')]);
      for (const item of list?.items.slice(0, 50) ?? []) doubtWithin(run, item.value, doubt, depth + 1);
      return;
    }
    case 'mapping':
      run.doubt(value, [doubt('the dictionary')]);
      for (const entry of run.mapping(value)?.entries.values() ?? []) {
        doubtWithin(run, entry.value, doubt, depth + 1);
      }
      return;
    default:
  }
}

/** Does what the call makes, an object of a class or a value that is used, outlive the statement? */
function isKept({ node }: Arguments, name: string): boolean {
  const { text } = node.file;
  const before = text.slice(text.lastIndexOf('\n', node.start - 1) + 1, node.start);
  return /(^|\.)_?[A-Z]\w*$/.test(name) || !/^\s*$/.test(before);
}

/** Functions that get a module's name or a list and leave both alone. */
const HARMLESS =
  /(^|\.)(getLogger|get_logger|logger|print|import_module|warn|Path|resource_filename|resource_string|files|getenv|version|join|abspath|dirname|lru_cache)$/i;

function callExternal(run: Run, path: string, call: Arguments): Value {
  const [first, second] = call.positional;
  const place = run.place(call.node);
  switch (path) {
    case 'list':
    case 'tuple':
    case 'set':
    case 'frozenset':
    case 'copy.copy':
    case 'copy.deepcopy':
    case 'sorted':
    case 'reversed':
      return copyOf(run, path, first, call);
    case 'dict': {
      const entries = new Map(first === undefined ? [] : run.mapping(first)?.entries);
      for (const [name, value] of call.named) entries.set(`s:${name}`, { key: string(name), value });
      return run.newMapping(
        entries,
        first === undefined ? [] : (run.mapping(first)?.doubts ?? [unknownEntries(first, place)]),
      );
    }
    case 'str':
      return first === undefined
        ? string('')
        : lift(run, [first], ([value]) =>
            textOf(value) === undefined ? unknown('it is text') : string(textOf(value) ?? ''),
          );
    case 'bool': {
      const holds = first === undefined ? false : run.truth(first);
      if (first?.kind === 'environment') return lift(run, [first], () => truthValue(holds));
      return truthValue(holds);
    }
    case 'int':
    case 'float':
      if (first !== undefined && first.kind !== 'number' && first.kind !== 'bool')
        run.fails(call.node.text, 'ValueError');
      return first === undefined
        ? { kind: 'number', value: 0 }
        : lift(run, [first], ([value]) => {
            const result = toNumber(value);
            if (result.kind !== 'number') return result;
            if (path === 'float') return { ...result, float: true };
            if (value?.kind === 'string' && !Number.isInteger(result.value)) return unknown('it is a number');
            return { kind: 'number', value: Math.trunc(result.value) };
          });
    case 'len': {
      const counted = first === undefined || first.kind === 'environment' ? undefined : run.list(first);
      if (counted === undefined) run.fails(call.node.text, 'TypeError');
      const open = counted?.doubts.some(({ code }) => code !== 'index-shift') === true;
      const items = open ? undefined : counted?.items;
      const real = items?.filter((item) => item.display === undefined);
      return real === undefined || real.some((item) => item.spread === true || item.guards.length > 0)
        ? unknown('it is a length')
        : { kind: 'number', value: real.length };
    }
    case 'isinstance':
      return isInstance(run, first, call.nodes[1]?.text ?? '');
    case 'hasattr':
      if (second?.kind !== 'string' || first === undefined) return unknown('its condition is not known');
      if (sometimesIn(run, first, second.value) !== undefined) {
        run.soft = true;
        return truthValue(allHold(sometimesIn(run, first, second.value) ?? []));
      }
      return truthValue(known(getAttribute(run, first, second.value)) ? true : 'unknown');
    case 'getattr': {
      const found =
        second?.kind === 'string' && first !== undefined
          ? getAttribute(run, first, second.value)
          : unknown('its name is not known');
      const fallback = call.positional[2];
      const sometimes =
        second?.kind === 'string' && first !== undefined ? sometimesIn(run, first, second.value) : undefined;
      if (sometimes !== undefined && fallback !== undefined) {
        run.soft = true;
        return run.choose(found, sometimes, fallback, [negation(sometimes)]);
      }
      if (fallback === undefined || known(found) || first === undefined) return found;
      // of an object of the project the attribute is missing; of anything else it may be there
      if (
        ['module', 'class', 'instance', 'none'].includes(first.kind) &&
        found.kind === 'unknown' &&
        /^(the class|\S+) has no /.test(found.reason)
      )
        return fallback;
      run.soft = true;
      return {
        kind: 'environment',
        name: call.nodes
          .map((node) => node.text)
          .slice(0, 2)
          .join('.'),
        fallback,
      };
    }
    case 'setattr': {
      const value = call.positional[2] ?? NONE;
      if (first !== undefined && second?.kind === 'string')
        setAttribute(run, first, second.value, value, place);
      else if (first?.kind === 'module') escapeModule(run, first, call);
      return NONE;
    }
    case 'globals':
      return run.namesOf(run.frame.globals, place);
    case 'vars':
      if (first !== undefined) return getAttribute(run, first, '__dict__');
      return run.namesOf(run.frame.scope, place);
    case 'locals':
      return namesHere(run, place);
    case 'delattr':
      if (first !== undefined && second?.kind === 'string' && ['class', 'module'].includes(first.kind)) {
        deleteAttribute(run, first, second.value);
        return NONE;
      }
      break;
    case 'filter':
      return filtered(run, call);
    case 'itertools.chain': {
      const parts = call.positional.map((value) => run.elements(value, place));
      if (call.open) break;
      return run.newIterator(
        parts.flatMap((part) => part.items),
        parts.flatMap((part) => part.doubts),
      );
    }
    case 'dict.fromkeys': {
      // gone over, which is what it is mostly for: each element once, in the order of the first ones
      const listed = first === undefined || second !== undefined ? undefined : run.elements(first, place);
      const isPlain = listed?.items.every(
        (item) => item.guards.length === 0 && item.value.kind !== 'unknown',
      );
      if (listed === undefined || isPlain !== true) break;
      return run.newIterator(distinct(listed.items), listed.doubts);
    }
    case 'super':
      return superOf(run);
    case 'exec':
    case 'execfile':
    case 'eval':
    case 'builtins.exec':
    case 'builtins.eval':
      run.fails(call.node.text);
      run.open(run.frame.globals, {
        code: 'runs-text',
        message: `${path}() runs code that is not in this file; it may set any name`,
        place,
      });
      return unknown(`it is what ${path}() returns`);
    case 'os.environ.get':
    case 'os.getenv':
    case 'os.environ.setdefault':
    case 'os.environ.pop': {
      const method = path.replace(/^.*\./, '');
      const fallback = second ?? call.named.get('default');
      if (method === 'pop' && fallback === undefined) run.fails(call.node.text, 'KeyError');
      return environmentMethod(run, method, nameOf(first, call), fallback, place);
    }
    case 'os.environ.update': {
      const mapping = first === undefined ? undefined : run.mapping(first);
      for (const { key, value } of mapping?.entries.values() ?? []) {
        if (key.kind === 'string') writeVariable(run, key.value, value, place);
      }
      for (const [name, value] of call.named) writeVariable(run, name, value, place);
      return NONE;
    }
    case 'split_settings.tools.include':
      return include(run, call.positional, place);
    case 'split_settings.tools.optional':
      return first?.kind === 'string' ? string(`?${first.value}`) : unknown('it is a file');
    case 'sys.exit':
    case 'exit':
    case 'quit':
      run.fails(call.node.text, 'SystemExit');
      run.state.done = 'raise';
      return NONE;
  }
  if (EMAIL.test(path)) return emailSettings(run, nameOf(first, call), place);
  const environment = fromEnvironment(run, path, call);
  if (environment !== undefined) return environment;
  if (/(^|\.)(import_module|__import__)$/.test(path) && first?.kind === 'string') {
    const name = importedName(run, path, first.value, call);
    const loaded = first.value.startsWith('.') ? name : first.value;
    if (name !== undefined && loaded !== undefined && loadModule(run, loaded) !== undefined) {
      loadModule(run, name);
      return { kind: 'module', name };
    }
    run.fails(call.node.text, 'ImportError');
    return { kind: 'external', path: name ?? first.value };
  }
  if (/^dynaconf\.(Django)?Dynaconf$|^dynaconf\.(contrib\.)?\w*$/i.test(path)) {
    run.open(run.frame.globals, {
      code: 'merged-configuration',
      message: 'Dynaconf merges files and the environment into these settings; either may set any name',
      place,
    });
    return { kind: 'external', path: `${path}()` };
  }
  if (/^(next|iter|zip|enumerate|itertools\.\w+(\.\w+)?)$/.test(path)) {
    // what comes out of it may be one of the lists that are in it
    const doubt = (): Doubt => ({ code: 'may-be-changed', message: `${path}() may hand it on`, place });
    for (const value of call.positional) {
      for (const item of run.list(value)?.items ?? []) doubtWithin(run, item.value, doubt);
    }
  }
  if (path === 'next' && second === undefined) run.fails(call.node.text, 'StopIteration');
  const calls = /^(map|any|all|max|min|next)$/.test(path);
  if (!HARMLESS.test(path) && (calls || !BUILTIN_PURE.has(path))) escapeTo(run, call, path, calls);
  if (!HARMLESS.test(path) && !BUILTIN_PURE.has(path))
    run.fails(call.node.text, path === 'open' ? 'OSError' : '?');
  return { kind: 'external', path: `${path}()` };
}

/** The module that is returned: `__import__('a.b')` gives `a` if nothing is asked of it; `.b` is relative to a package. */
function importedName(run: Run, path: string, name: string, call: Arguments): string | undefined {
  if (path.endsWith('__import__')) {
    const from = call.positional[3] ?? call.named.get('fromlist') ?? NONE;
    return run.truth(from) === false ? name.replace(/\..*$/, '') : name;
  }
  const dots = /^\.*/.exec(name)?.[0].length ?? 0;
  if (dots === 0) return name;
  const anchor = call.positional[1] ?? call.named.get('package');
  if (anchor?.kind !== 'string') return undefined;
  const parts = anchor.value.split('.');
  return [...parts.slice(0, parts.length - dots + 1), name.slice(dots)]
    .filter((part) => part !== '')
    .join('.');
}

/** `locals()`: the names of a module or class themselves, or what those of a function are now (what is changed there changes no name). */
function namesHere(run: Run, place: Item['place']): Value {
  const { scope, globals, classBody } = run.frame;
  if (scope === globals || classBody === true) return run.namesOf(scope, place);
  const names = [...(run.state.scopes.get(scope)?.names ?? [])];
  return run.newMapping(
    new Map(names.map(([name, { value }]) => [`s:${name}`, { key: string(name), value, place }])),
  );
}

/** They make a dictionary of EMAIL_… alone of one URL (django-environ, environs, dj-email-url). */
const EMAIL =
  /^environ\.(\w+\(\)\.)?(email|email_url)$|^environs\..*\.dj_email_url$|^dj_email_url\.(config|parse)$/;

function emailSettings(run: Run, variable: string, place: Item['place']): Value {
  const names =
    'FILE_PATH HOST HOST_USER HOST_PASSWORD PORT BACKEND USE_TLS USE_SSL TIMEOUT SSL_CERTFILE SSL_KEYFILE';
  const entries = names.split(' ').map((name) => {
    const key = string(`EMAIL_${name}`);
    return [
      keyOf(key, run),
      { key, value: { kind: 'environment', name: variable } as const, place },
    ] as const;
  });
  return run.newMapping(new Map(entries));
}

const BUILTIN_PURE = new Set(
  'print any all min max sum enumerate zip range repr abs round id iter next bytes callable type map hasattr'.split(
    ' ',
  ),
);

/** An external function that is given a function may call it; one that is only called through is not given more. */
function escapeTo(run: Run, call: Arguments, path: string, only: boolean): void {
  const given = [...call.positional, ...call.named.values()];
  const called = given.some(({ kind }) => kind === 'function');
  if (only && !called && !given.some(({ kind }) => kind === 'method')) {
    if (path === 'max' || path === 'min' || path === 'next') escape(run, call, path);
    return;
  }
  escape(run, call, path);
  if (!called || !only) return;
  // map(f, …): what the function does to lists is not followed
  const message = `${path}() calls a function of the project, which is not followed`;
  run.doubtAll({ code: 'may-be-changed', message, place: run.place(call.node) });
}

/** The conditions under which a module has a name; undefined where it always or never has. */
function sometimesIn(run: Run, object: Value, name: string): readonly Guard[] | undefined {
  const module = object.kind === 'module' ? run.loaded.get(object.name) : undefined;
  return module === undefined ? undefined : run.binding(module.scope, name)?.sometimes;
}

function unknownEntries(value: Value, place: Item['place']): Doubt {
  return { code: 'unknown-entries', message: `entries are not known: ${reason(value)}`, place };
}

function escapeModule(run: Run, target: Value & { kind: 'module' }, call: Arguments): void {
  const module = run.loaded.get(target.name);
  if (module === undefined) return;
  run.open(module.scope, {
    code: 'dynamic-names',
    message: 'setattr() sets names that are not known',
    place: run.place(call.node),
  });
}

function known(value: Value): boolean {
  return !['unknown', 'external', 'method', 'choice'].includes(value.kind);
}

function toNumber(value: Value | undefined): Value {
  if (value?.kind === 'number') return value;
  if (value?.kind === 'bool') return { kind: 'number', value: value.value ? 1 : 0 };
  if (value?.kind === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value.value)) {
    return { kind: 'number', value: Number(value.value) };
  }
  return unknown('it is a number');
}

function nameOf(value: Value | undefined, call: Arguments): string {
  return value?.kind === 'string' ? value.value : (call.nodes[0]?.text ?? 'the environment');
}

function copyOf(run: Run, path: string, value: Value | undefined, call: Arguments): Value {
  if (value === undefined) return run.newList(path === 'list' || path === 'tuple' ? path : 'set', []);
  const mapping = path.startsWith('copy.') ? run.mapping(value) : undefined;
  if (mapping !== undefined) {
    const copied = [...mapping.entries].map(([key, entry]) => {
      const list = path === 'copy.deepcopy' ? run.list(entry.value) : undefined;
      const inner = list === undefined ? entry.value : run.newList(list.type, list.items, list.doubts);
      return [key, { ...entry, value: inner }] as const;
    });
    return run.newMapping(new Map(copied), mapping.doubts);
  }
  if (path.startsWith('copy.') && run.list(value) === undefined) return value;
  const listed = run.elements(value, run.place(call.node));
  const { items } = listed;
  // sorting gives a set an order
  const given = value.kind === 'environment' ? undefined : run.list(value);
  const doubts = path === 'sorted' ? (given?.doubts ?? listed.doubts) : listed.doubts;
  switch (path) {
    case 'list':
    case 'tuple':
      return run.newList(path, items, doubts);
    case 'set':
    case 'frozenset':
      return run.newList('set', distinct(unordered(items)), doubts);
    case 'reversed':
      return run.newIterator([...items].reverse(), doubts);
    case 'sorted': {
      const strings = items.filter((item) => item.display === undefined);
      if (call.named.size > 0 || strings.some((item) => item.value.kind !== 'string')) {
        return run.newList('list', unordered(items), [
          ...doubts,
          {
            code: 'unknown-order',
            message: 'sorted() gives an order that is not known',
            place: run.place(call.node),
          },
        ]);
      }
      return run.newList(
        'list',
        strings.sort((a, b) =>
          stringOfItem(a) < stringOfItem(b) ? -1 : stringOfItem(a) > stringOfItem(b) ? 1 : 0,
        ),
        doubts,
      );
    }
    default:
      return run.newList(
        run.list(value)?.type ?? 'unknown',
        items,
        items.some((item) => ['list', 'mapping', 'instance'].includes(item.value.kind)) &&
          path === 'copy.deepcopy'
          ? [
              ...doubts,
              {
                code: 'unknown-entries',
                message: 'a copy of lists in lists is not followed',
                place: run.place(call.node),
              },
            ]
          : doubts,
      );
  }
}

function stringOfItem(item: Item): string {
  return item.value.kind === 'string' ? item.value.value : '';
}

function unordered(items: readonly Item[]): readonly Item[] {
  return items.filter((item) => item.display === undefined);
}

/** Elements of a set: each constant once. */
export function distinct(items: readonly Item[]): readonly Item[] {
  return items.filter(
    (item, index) =>
      item.guards.length > 0 ||
      !items.slice(0, index).some((other) => other.guards.length === 0 && same(other.value, item.value)),
  );
}

function isInstance(run: Run, value: Value | undefined, types: string): Value {
  if (
    !/^\(?[\w\s,]+\)?$/.test(types) ||
    /\b(?!list\b|tuple\b|set\b|frozenset\b|str\b|int\b|dict\b|bool\b|bytes\b|float\b)\w+/.test(types)
  ) {
    return unknown('its condition is not known');
  }
  const type = value === undefined || value.kind === 'environment' ? undefined : run.list(value)?.type;
  if (type === undefined || type === 'unknown') {
    const kinds: Partial<Record<Value['kind'], string>> = {
      string: 'str',
      number: 'int',
      mapping: 'dict',
      none: 'NoneType',
    };
    const kind = value === undefined ? undefined : kinds[value.kind];
    return kind === undefined
      ? unknown('its condition is not known')
      : truthValue(new RegExp(`\\b${kind}\\b`).test(types));
  }
  return truthValue(new RegExp(`\\b${type}\\b`).test(types));
}

function filtered(run: Run, call: Arguments): Value {
  const [predicate, iterable] = call.positional;
  if (predicate === undefined || iterable === undefined) return unknown('it is filtered');
  const { items, doubts } = run.elements(iterable, run.place(call.node));
  const kept: Item[] = [];
  for (const item of items) {
    if (item.display !== undefined) {
      kept.push(item);
      continue;
    }
    const before = run.soft;
    run.soft = false;
    const holds =
      predicate.kind === 'none'
        ? run.truth(item.value)
        : predicate.kind === 'function'
          ? run.truth(callFunction(run, predicate, [item.value], new Map()))
          : 'unknown';
    const certain = !run.soft && item.value.kind !== 'environment' && item.value.kind !== 'choice';
    run.soft = before;
    if (holds === true && certain) kept.push(item);
    else if (!certain || holds === 'unknown') {
      kept.push({ ...item, guards: [...item.guards, { source: call.node.text, holds: 'unknown' }] });
    }
  }
  return run.newIterator(kept, doubts);
}

function superOf(run: Run): Value {
  const { owner, scope } = run.frame;
  const self = run.state.scopes.get(scope)?.names.values().next().value?.value;
  return owner?.kind === 'class' && (self?.kind === 'instance' || self?.kind === 'class')
    ? { kind: 'super', of: self, after: owner.ref }
    : unknown('super() of a class that is not known');
}

/**
 * django-environ, environs, python-decouple, Starlette's Config and what looks like them: called with the name of a
 * variable, a default by keyword or by position, and a cast.
 */
function fromEnvironment(run: Run, path: string, call: Arguments): Value | undefined {
  if (/(^|\.)(Env|FileAwareEnv)$/.test(path)) {
    for (const [name, scheme] of call.named) {
      const parts = run.list(scheme)?.items.filter((item) => item.display === undefined);
      const fallback = parts?.[1]?.value;
      if (fallback !== undefined) run.environmentDefaults.set(name, fallback);
    }
    return { kind: 'external', path: `${path}()` };
  }
  if (!/env|config|getenv|secret|setting/i.test(path) || /read_env|Config$|load_dotenv/.test(path))
    return undefined;
  const [first] = call.positional;
  if (first?.kind !== 'string' || !/^[A-Za-z_][\w.]*$/.test(first.value)) return undefined;
  const name = first.value;
  const cast = call.named.get('cast');
  const type =
    /\.(bool|int|str|list|tuple|json|dict|float)$/.exec(path)?.[1] ??
    (cast?.kind === 'external' ? cast.path : '');
  const positional = path.startsWith('decouple') ? undefined : call.positional[1];
  const fallback =
    call.named.get('default') ??
    call.named.get('default_value') ??
    positional ??
    run.environmentDefaults.get(name);
  run.soft = true;
  if (fallback === undefined) {
    run.fails(call.node.text);
    return { kind: 'environment', name };
  }
  return { kind: 'environment', name, fallback: castTo(run, type, fallback, run.place(call.node)) };
}

function castTo(run: Run, type: string, value: Value, place: Item['place']): Value {
  if (value.kind !== 'string') return value;
  if (type === 'bool') return truthValue(/^(true|yes|on|1|y|ok|t)$/i.test(value.value));
  if (type === 'int' || type === 'float') return toNumber(value);
  if (type === 'list' || type === 'tuple' || /(^|\.)Csv\(\)$/.test(type)) {
    const parts = value.value.split(',').map((part) => part.trim());
    return run.newList(
      type === 'tuple' ? 'tuple' : 'list',
      parts.filter((part) => part !== '').map((part) => run.item(string(part), place)),
    );
  }
  return value;
}

function callMethod(run: Run, object: Value, name: string, call: Arguments): Value {
  if (object.kind === 'namespace') return namespaceMethod(run, object.scope, name, call);
  if (object.kind === 'choice') {
    const lists = object.options.filter((option) => run.list(option.value) !== undefined);
    for (const option of lists) {
      run.doubt(option.value, [
        { code: 'may-be-changed', message: `${call.node.text} may change it`, place: run.place(call.node) },
      ]);
    }
    const current = byDefault(object);
    if (current?.kind !== 'string') return unknown('it is what a method of something conditional returns');
    run.soft = true;
    return stringMethod(run, current.value, name, call);
  }
  if (run.list(object) !== undefined && object.kind === 'list') return listMethod(run, object, name, call);
  if (run.mapping(object) !== undefined && object.kind === 'mapping')
    return mappingMethod(run, object, name, call);
  if (object.kind === 'environment') {
    if (run.list(object) !== undefined || run.mapping(object) !== undefined) {
      const fallback = object.fallback ?? NONE;
      if (!PURE_METHOD.test(name)) {
        const message = `${shorten(call.node.text)} changes it if ${object.name} is not set`;
        run.doubt(fallback, [{ code: 'may-be-changed', message, place: run.place(call.node) }]);
      }
    }
    return lift(run, [object], ([value]) => {
      if (value?.kind === 'string') return stringMethod(run, value.value, name, call);
      return unknown(`it is what .${name}() returns`);
    });
  }
  if (object.kind === 'string') return stringMethod(run, object.value, name, call);
  return unknown(`it is what .${name}() returns`);
}

/** Methods of lists and dictionaries that change nothing. */
const PURE_METHOD =
  /^(index|count|copy|get|keys|values|items|__len__|__contains__|__getitem__|__iter__|__eq__|__add__|union|intersection|difference|issubset|issuperset)$/;

function namespaceMethod(run: Run, scope: number, name: string, call: Arguments): Value {
  const [first, second] = call.positional;
  const place = run.place(call.node);
  switch (name) {
    case 'get': {
      if (first?.kind !== 'string') return unknown('its name is not known');
      const bound = run.binding(scope, first.value);
      const found = run.read(scope, first.value);
      if (found === undefined && run.doubtsOf(scope, first.value).length > 0)
        return unknown('something else may have set it');
      if (found === undefined || bound?.sometimes === undefined) return found ?? second ?? NONE;
      run.soft = true;
      return run.choose(found, bound.sometimes, second ?? NONE, [negation(bound.sometimes)]);
    }
    case 'pop': {
      if (first?.kind !== 'string') break;
      const found = run.read(scope, first.value);
      run.state.scopes.get(scope)?.names.delete(first.value);
      return found ?? second ?? NONE;
    }
    case '__setitem__':
      if (first?.kind !== 'string') break;
      run.bind(scope, first.value, second ?? NONE, place);
      return NONE;
    case '__contains__':
    case '__len__':
    case 'copy':
    case 'keys':
      return unknown(`it is what globals().${name}() returns`);
    case 'items':
    case 'values':
      for (const { value } of run.state.scopes.get(scope)?.names.values() ?? []) {
        run.doubt(value, [
          {
            code: 'may-be-changed',
            message: `${shorten(call.node.text)} gives it to what is not followed`,
            place,
          },
        ]);
      }
      return unknown(`it is what globals().${name}() returns`);
    case 'setdefault':
      if (first?.kind === 'string' && run.binding(scope, first.value) === undefined) {
        run.bind(scope, first.value, second ?? NONE, place);
      }
      return first?.kind === 'string'
        ? (run.read(scope, first.value) ?? NONE)
        : unknown('its name is not known');
    case 'update': {
      for (const [key, value] of call.named) run.bind(scope, key, value, place);
      if (first === undefined) return NONE;
      if (first.kind === 'namespace') {
        for (const [key, binding] of run.state.scopes.get(first.scope)?.names ?? []) {
          bindSometimes(run, scope, key, binding);
        }
        return NONE;
      }
      const mapping = run.mapping(first);
      for (const { key, value } of mapping?.entries.values() ?? []) {
        if (key.kind === 'string') run.bind(scope, key.value, value, place);
      }
      if (mapping === undefined || hasOpenKeys(mapping) || mapping.doubts.length > 0) {
        run.open(scope, {
          code: 'merged-configuration',
          message: `${shorten(call.node.text)} may set any name: ${reason(first)}`,
          place,
        });
      }
      return NONE;
    }
  }
  const message = `${shorten(call.node.text)} may set any name`;
  run.open(scope, { code: 'dynamic-names', message, place });
  return unknown(`it is what globals().${name}() returns`);
}

function hasOpenKeys(mapping: MappingState): boolean {
  return [...mapping.entries].some(([key, { maybe }]) => key.startsWith('?:') || maybe === true);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}

function listMethod(run: Run, object: Value & { kind: 'list' }, name: string, call: Arguments): Value {
  const list = run.list(object);
  if (list === undefined) return unknown('it is not a list');
  const [first, second] = call.positional;
  const place = run.place(call.node);
  const set = (items: readonly Item[], doubts: readonly Doubt[] = []) =>
    run.change(object.ref, items, doubts);
  if (list.type !== 'list') run.fails(call.node.text, 'AttributeError');
  if (list.type === 'tuple' && !PURE_METHOD.test(name)) return unknown('a tuple has no such method');
  switch (name) {
    case 'append':
    case 'add':
      if (first !== undefined) set([...list.items, run.item(first, placeOf(run, call, 0))]);
      return NONE;
    case 'extend':
    case 'update': {
      if (first === undefined) return NONE;
      const added = run.elements(first, place);
      set([...list.items, ...added.items], added.doubts);
      return NONE;
    }
    case 'insert': {
      if (first === undefined || second === undefined) return NONE;
      const item = run.item(second, placeOf(run, call, 1));
      if (first.kind !== 'number') {
        set(
          [...list.items, item],
          [
            {
              code: 'unknown-index',
              message: `${shorten(call.node.text)} inserts at a place that is not known`,
              place,
            },
          ],
        );
        return NONE;
      }
      const offset = offsetOf(list.items, first.value);
      const before = list.items.slice(0, offset);
      const uncertain =
        first.value > 0 &&
        before.some((one) => one.spread === true || one.guards.some((guard) => guard.holds === 'unknown'));
      // counted from the back, it lands behind a new first entry that it would have come before
      const literal = list.items.findIndex(({ display }) => display !== undefined);
      const shifts =
        first.value > 0 ? call.nodes[0]?.type === 'integer' : first.value < 0 && offset <= literal;
      set(
        [...before, item, ...list.items.slice(offset)],
        [
          ...(uncertain
            ? [
                {
                  code: 'unknown-index',
                  message: `${shorten(call.node.text)} counts entries that may not be there`,
                  place,
                },
              ]
            : []),
          ...(shifts
            ? [
                {
                  code: 'index-shift',
                  message: `${shorten(call.node.text)} counts entries: after a new first entry it inserts at another place`,
                  place,
                },
              ]
            : []),
        ],
      );
      return NONE;
    }
    case 'remove':
    case 'discard': {
      if (first === undefined) return NONE;
      const uncertain = list.items.some((item) => mayEqual(item, first)) || !isConstant(first);
      const left = uncertain ? undefined : withoutFirst(list.items, (item) => same(item.value, first));
      if (left !== undefined) {
        if (!list.items.some((item) => item.guards.length === 0 && same(item.value, first)))
          run.fails(call.node.text, 'ValueError');
        set(left);
      } else {
        run.fails(call.node.text, 'ValueError');
        if (uncertain || list.items.some((item) => same(item.value, first))) {
          set(list.items, [
            { code: 'unknown-removal', message: `${shorten(call.node.text)} could not be followed`, place },
          ]);
        }
      }
      return NONE;
    }
    case 'pop': {
      const index = first === undefined ? -1 : first.kind === 'number' ? first.value : undefined;
      if (index === undefined || list.items.length === 0) run.fails(call.node.text, 'IndexError');
      const after = index === undefined ? undefined : withoutElement(list.items, index);
      if (after === undefined) {
        set(list.items, [
          { code: 'unknown-removal', message: `${shorten(call.node.text)} could not be followed`, place },
        ]);
        return unknown('it is what pop() returns');
      }
      set(after.items, isConditional(list.items) ? [unsure(call.node.text, place)] : []);
      if (list.doubts.some(({ code }) => code !== 'index-shift')) return unknown('it is what pop() returns');
      return after.removed.value;
    }
    case 'clear':
      set([]);
      return NONE;
    case 'reverse':
      set([...list.items].reverse());
      return NONE;
    case 'sort':
      set(unordered(list.items), [{ code: 'unknown-order', message: 'sort() gives another order', place }]);
      return NONE;
    case 'copy':
      return run.newList(list.type, list.items, list.doubts);
    case 'index': {
      if (first === undefined) return unknown('it is an index');
      const real = list.items.filter((item) => counts(item));
      const index = real.findIndex((item) => same(item.value, first) || mayEqual(item, first));
      const before = real.slice(0, Math.max(index, 0));
      if (index < 0) run.fails(call.node.text, 'ValueError');
      const found = real[index];
      const open = list.doubts.some(({ code }) => code !== 'index-shift');
      return found === undefined ||
        open ||
        mayEqual(found, first) ||
        before.some((item) => item.spread === true)
        ? unknown('it is an index')
        : { kind: 'number', value: index };
    }
    case 'count':
      return unknown('it is a count');
    default: {
      if (PURE_METHOD.test(name)) return unknown(`it is what .${name}() returns`);
      run.fails(call.node.text);
      const message = `${shorten(call.node.text)} could not be followed`;
      set(list.items, [{ code: 'may-be-changed', message, place }]);
      return unknown(`it is what .${name}() returns`);
    }
  }
}

/** Is it nothing that can be compared here, so that it may be equal? */
function mayEqual(item: Item, value: Value): boolean {
  if (item.display !== undefined) return false;
  return item.spread === true || (!isConstant(item.value) && !same(item.value, value) && isConstant(value));
}

function isConstant({ kind }: Value): boolean {
  return ['none', 'bool', 'number', 'string', 'list', 'mapping'].includes(kind);
}

function unsure(text: string, place: Item['place']): Doubt {
  return { code: 'unknown-index', message: `${shorten(text)} counts entries that may not be there`, place };
}

function placeOf(run: Run, call: Arguments, index: number): Item['place'] {
  const node = call.nodes[index];
  return run.place(node ?? call.node);
}

function mappingMethod(run: Run, object: Value & { kind: 'mapping' }, name: string, call: Arguments): Value {
  const mapping = run.mapping(object);
  const [first, second] = call.positional;
  if (mapping === undefined) return unknown('it is not a dictionary');
  const place = run.place(call.node);
  switch (name) {
    case 'get':
    case 'pop':
    case 'setdefault': {
      const found = first === undefined ? undefined : entryOf(run, mapping, first, place);
      if (name === 'pop' && second === undefined && (found === undefined || found.maybe === true))
        run.fails(call.node.text, 'KeyError');
      if (name === 'pop' && found !== undefined && first !== undefined) {
        const entries = new Map(mapping.entries);
        entries.delete(keyOf(first, run));
        run.state.heap.set(object.ref, { ...mapping, entries });
      }
      if (name === 'setdefault' && found === undefined && first !== undefined) {
        const entries = new Map(mapping.entries).set(keyOf(first, run), {
          key: first,
          value: second ?? NONE,
          place,
        });
        run.state.heap.set(object.ref, { ...mapping, entries });
      }
      if (found?.maybe === true && found.value.kind !== 'environment') {
        run.soft = true;
        doubtWithin(run, found.value, () => conditionalEntry(call, place));
        if (second !== undefined) doubtWithin(run, second, () => conditionalEntry(call, place));
        return unknown('the dictionary has the entry only under conditions');
      }
      if (found !== undefined) return found.value;
      if (first?.kind === 'environment') {
        run.soft = true;
        return { kind: 'environment', name: first.name, fallback: second ?? NONE };
      }
      return mapping.doubts.length > 0 ? unknown('the dictionary is not known') : (second ?? NONE);
    }
    case 'update': {
      const entries = new Map(mapping.entries);
      const other = first === undefined ? undefined : run.mapping(first);
      for (const [key, entry] of other?.entries ?? []) entries.set(key, entry);
      for (const [key, value] of call.named) entries.set(`s:${key}`, { key: string(key), value, place });
      const doubts = first === undefined ? [] : (other?.doubts ?? [unknownEntries(first, place)]);
      run.state.heap.set(object.ref, { ...mapping, entries, doubts: union(mapping.doubts, doubts) });
      return NONE;
    }
    case 'clear':
      run.state.heap.set(object.ref, { ...mapping, entries: new Map(), doubts: [] });
      return NONE;
    case 'copy':
      return run.newMapping(mapping.entries, mapping.doubts);
    case 'keys':
    case 'values':
    case 'items': {
      const items = [...mapping.entries.values()].map((entry) => {
        const at = entry.place ?? place;
        if (name === 'keys') return run.item(entry.key, at);
        if (name === 'values') return run.item(entry.value, at);
        return run.item(run.newList('tuple', [run.item(entry.key, at), run.item(entry.value, at)]), at);
      });
      return run.newIterator(items, run.entryDoubts(mapping, place));
    }
    default:
      run.fails(call.node.text);
      if (!PURE_METHOD.test(name)) {
        const message = `${shorten(call.node.text)} could not be followed`;
        run.doubt(object, [{ code: 'may-be-changed', message, place }]);
      }
      return unknown(`it is what .${name}() returns`);
  }
}

function conditionalEntry(call: Arguments, place: Item['place']): Doubt {
  const message = `${shorten(call.node.text)} finds it only under conditions`;
  return { code: 'unknown-entries', message, place };
}

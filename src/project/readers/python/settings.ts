import type {
  EffectiveList,
  FirstPlace,
  ListElement,
  Located,
  Note,
  Span,
  StaticValue,
} from '../../project.ts';
import { SourceFile } from '../text.ts';
import { getAttribute } from './attributes.ts';
import { callFunction } from './functions.ts';
import { loadModule } from './imports.ts';
import { type Modules, reason, Run, TooComplex } from './run.ts';
import { State } from './state.ts';
import type { Doubt, Item, Place, Value } from './values.ts';
import { allHold } from './values.ts';

/** What is left of a module after it has run. */
export interface EvaluatedModule {
  values: ReadonlyMap<string, Located<StaticValue>>;
  /** Why any name may have another value. */
  notes: readonly Note[];
  /** Modules of the tree that it led to, by dotted name. */
  files: readonly string[];
  /** The list that a name is, with its history; undefined where the module does not set the name. */
  list(name: string): EffectiveList | undefined;
  /** Classes of the module in which that attribute is found, by name; `list` then is theirs. */
  classes(attribute: string): readonly { name: string; list: () => EffectiveList | undefined }[];
}

/** Doubts that do not say that anything is unknown. */
const INFORMATIVE = new Set(['index-shift']);

/** Follows what a module of the tree does when it is imported. Runs nothing; undefined where there is no such module. */
export function evaluateModule(module: string, modules: Modules): EvaluatedModule | undefined {
  const state = new State();
  const run = new Run(
    state,
    {
      scope: 0,
      globals: 0,
      module: '',
      file: new SourceFile('', new Uint8Array()),
      enclosing: [],
      globalNames: new Set(),
      depth: 0,
    },
    modules,
  );
  let loaded;
  const notes: Note[] = [];
  try {
    loaded = loadModule(run, module);
  } catch (error) {
    if (!(error instanceof TooComplex || error instanceof RangeError)) throw error;
    loaded = run.loaded.get(module);
    notes.push({
      code: 'too-complex',
      message: `${module} does more than can be followed; what it sets is not known`,
    });
  }
  if (loaded === undefined) return undefined;
  const { scope } = loaded;
  const entry = run.state.scopes.get(scope);
  const values = new Map<string, Located<StaticValue>>();
  for (const [name, binding] of entry?.names ?? []) {
    if (isSetting(binding.value)) {
      values.set(name, { value: exportValue(run, binding.value), at: spanOf(binding.place) });
    }
  }
  for (const { doubt } of entry?.opened ?? []) notes.push(noteOf(doubt));
  const complex = notes.filter((note) => note.code === 'too-complex');
  return {
    values,
    notes: unique(notes),
    files: [...run.loaded.values()].map(({ file }) => file.path),
    list: (name) => {
      const value = run.read(scope, name);
      if (value !== undefined) return effectiveList(run, value, name, complex);
      // Something dynamic may hand over the list of a module that was imported for that.
      const source = (entry?.opened ?? []).length === 0 ? undefined : setsElsewhere(run, scope, name);
      if (source === undefined) return undefined;
      const note = {
        code: 'dynamic-names',
        message: `${module} itself sets no ${name}; that of ${source.module} may reach it`,
      };
      return effectiveList(run, source.value, name, [...complex, note, ...notes]);
    },
    classes: (attribute) =>
      [...(entry?.names ?? [])].flatMap(([name, { value }]) => {
        if (value.kind !== 'class') return [];
        const found = getAttribute(run, value, attribute);
        if (found.kind === 'unknown') return [];
        return [{ name, list: () => listOfClass(run, value, attribute) }];
      }),
  };
}

/** The same for a file that is no module of the project: a configuration file in Python, whatever it is called. */
export function evaluateFile(path: string, modules: Modules): EvaluatedModule | undefined {
  const name = '*file*';
  return evaluateModule(name, {
    find: (module) => (module === name ? { path, isPackage: false } : modules.find(module)),
    parse: (file) => modules.parse(file),
    glob: (pattern, from) => modules.glob(pattern, from),
  });
}

function setsElsewhere(run: Run, scope: number, name: string): { module: string; value: Value } | undefined {
  for (const [module, loaded] of [...run.loaded].toReversed()) {
    const value = loaded.scope === scope ? undefined : run.read(loaded.scope, name);
    if (value !== undefined && run.list(value) !== undefined) return { module, value };
  }
  return undefined;
}

function isSetting(value: Value): boolean {
  if (value.kind === 'external') return value.path.includes('(');
  return !['function', 'class', 'module', 'method', 'namespace'].includes(value.kind);
}

/** django-configurations calls these before and after it takes the attributes of a class. */
function listOfClass(run: Run, klass: Value, attribute: string): EffectiveList | undefined {
  for (const hook of ['pre_setup', 'post_setup']) {
    const method = getAttribute(run, klass, hook);
    if (method.kind === 'function' && method.self !== undefined)
      callFunction(run, method, [], new Map(), klass);
  }
  let value = getAttribute(run, klass, attribute);
  if (value.kind === 'function') {
    const ref = run.fresh();
    run.state.heap.set(ref, { kind: 'instance', attributes: new Map() });
    const instance: Value = { kind: 'instance', ref, of: klass };
    value =
      value.role === 'property'
        ? getAttribute(run, instance, attribute)
        : callFunction(run, { ...value, self: instance }, [], new Map(), klass);
  }
  return effectiveList(run, value, attribute, []);
}

function effectiveList(run: Run, value: Value, name: string, more: readonly Note[]): EffectiveList {
  const list = run.list(value);
  if (list === undefined) {
    const { items, doubts } = run.elements(value, {
      file: new SourceFile('', new Uint8Array()),
      start: 0,
      end: 0,
    });
    const known = items.filter((item) => item.display === undefined && item.spread !== true);
    return {
      type: 'unknown',
      elements: known.map((item) => elementOf(run, item)),
      complete: false,
      notes: [
        ...more,
        ...unique(doubts.map((doubt) => noteOf(doubt))).map(({ code, message }) => ({ code, message })),
        { code: 'no-list', message: `${name} is no list that stands in the repository: ${reason(value)}` },
      ],
    };
  }
  const environment: Note[] =
    value.kind === 'environment'
      ? [{ code: 'environment', message: `${name} is another list when ${value.name} is set` }]
      : [];
  const notes = unique([...more, ...environment, ...list.doubts.map((doubt) => noteOf(doubt))]);
  const first = firstPlaceOf(list.items);
  const noPlace: Note[] =
    first === undefined
      ? [{ code: 'no-first-place', message: `no list display in the repository begins ${name}` }]
      : [];
  return {
    type: list.type === 'list' || list.type === 'tuple' ? list.type : 'unknown',
    elements: list.items.filter((item) => item.display === undefined).map((item) => elementOf(run, item)),
    complete: !notes.some((note) => !INFORMATIVE.has(note.code)),
    notes: [...notes, ...noPlace],
    ...(first === undefined ? {} : { firstPlace: first }),
  };
}

/**
 * The first display that is always part of the list. What stands before it in the list stays before a new first entry:
 * the most frequent case is a debugging middleware that is put in front only under a condition.
 */
function firstPlaceOf(items: readonly Item[]): FirstPlace | undefined {
  // A display that a loop or a function put into the list more than once would bring our entry in as often.
  const places = items.flatMap((item) => (item.display === undefined ? [] : [placeKey(item.display.place)]));
  const repeated = new Set(places.filter((place, index) => places.indexOf(place) !== index));
  const once = items.filter(
    (item) => item.display === undefined || !repeated.has(placeKey(item.display.place)),
  );
  return firstPlaceOfDistinct(once);
}

function placeKey(place: Place): string {
  const { file, start } = spanOf(place);
  return `${file}:${start}`;
}

function firstPlaceOfDistinct(items: readonly Item[]): FirstPlace | undefined {
  let index = items.findIndex((item) => isAlways(item));
  // An empty list in front of the real one is a hook that something else fills; the place is the same.
  const next = index + 1;
  if (
    items[index]?.display?.first === undefined &&
    isAlways(items[next]) &&
    items[next]?.display?.first !== undefined
  ) {
    index = next;
  }
  const chosen =
    index >= 0
      ? index
      : items.findIndex((item) => item.display !== undefined && allHold(item.guards) === true);
  const display = items[chosen]?.display;
  if (display === undefined) return undefined;
  const before = items.slice(0, chosen).filter((item) => item.display === undefined);
  const conditions = items[chosen]?.guards ?? [];
  const reasons = before.map((item) => {
    const what =
      item.value.kind === 'string' ? item.value.value : item.spread === true ? 'unknown entries' : 'an entry';
    const where = spanOf(item.place);
    const when =
      item.guards.length === 0 ? '' : ` when ${item.guards.map((guard) => guard.source).join(' and ')}`;
    return `${what} (${where.file}:${where.line}) comes before it${when}`;
  });
  if (conditions.length > 0)
    reasons.push(`the list is only used when ${conditions.map((guard) => guard.source).join(' and ')}`);
  return {
    literal: spanOf(display.place),
    ...(display.first === undefined ? {} : { firstElement: spanOf(display.first) }),
    effective: reasons.length === 0,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  };
}

function isAlways(item: Item | undefined): boolean {
  return item?.display !== undefined && item.guards.length === 0;
}

function elementOf(run: Run, item: Item, depth = 0): ListElement {
  return {
    value: exportValue(run, item.value, depth),
    at: spanOf(item.place),
    conditions: item.guards.map((guard) => guard.source),
    byDefault: allHold(item.guards),
    ...(item.spread === true ? { spread: true as const } : {}),
  };
}

function spanOf(place: Place): Span {
  return place.file.span(place.start, place.end);
}

function noteOf(doubt: Doubt): Note {
  return {
    code: doubt.code,
    message: doubt.message,
    ...(doubt.place === undefined ? {} : { at: spanOf(doubt.place) }),
  };
}

function unique(notes: readonly Note[]): Note[] {
  return notes.filter(
    (note, index) =>
      notes.findIndex((other) => other.code === note.code && other.message === note.message) === index,
  );
}

/** Nesting that is kept; deeper values are `unknown`. */
const DEEPEST = 8;

function exportValue(run: Run, value: Value, depth = 0): StaticValue {
  if (depth > DEEPEST) return { kind: 'unknown', reason: 'it is nested too deeply' };
  switch (value.kind) {
    case 'none':
    case 'bool':
    case 'number':
    case 'string':
      return value;
    case 'environment':
      return {
        kind: 'environment',
        name: value.name,
        ...(value.fallback === undefined ? {} : { fallback: exportValue(run, value.fallback, depth + 1) }),
      };
    case 'choice':
      return {
        kind: 'either',
        alternatives: value.options.map((option) => ({
          conditions: option.guards.map((guard) => guard.source),
          byDefault: allHold(option.guards),
          value: exportValue(run, option.value, depth + 1),
        })),
      };
    case 'list': {
      const list = run.list(value);
      if (list === undefined) return { kind: 'unknown', reason: 'it is not known' };
      return {
        kind: 'sequence',
        type: list.type === 'unknown' ? 'list' : list.type,
        elements: list.items
          .filter((item) => item.display === undefined)
          .map((item) => elementOf(run, item, depth + 1)),
      };
    }
    case 'mapping': {
      const mapping = run.mapping(value);
      if (mapping === undefined) return { kind: 'unknown', reason: 'it is not known' };
      return {
        kind: 'mapping',
        entries: [...mapping.entries.values()].map((entry) => {
          const key = exportValue(run, entry.key, depth + 1);
          const found = exportValue(run, entry.value, depth + 1);
          return entry.place === undefined
            ? { key, value: found }
            : { key, value: found, at: spanOf(entry.place) };
        }),
      };
    }
    default:
      return { kind: 'unknown', reason: reason(value) };
  }
}

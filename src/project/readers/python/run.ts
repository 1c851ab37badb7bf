import type { SourceFile } from '../text.ts';
import { choose, guarded, shortened, type State, union } from './state.ts';
import type { PythonFile, Syntax } from './syntax.ts';
import type {
  Binding,
  Doubt,
  Guard,
  HeapState,
  Item,
  ListState,
  MappingEntry,
  MappingState,
  Place,
  Value,
} from './values.ts';
import { ENVIRONMENT, allHold, truth, unknown } from './values.ts';

/** Syntax nodes visited; the largest settings module that was seen needs some 20,000. */
const MOST_STEPS = 400_000;

const MOST_ALIASES = 200;

/** Places of one `try` that may fail whose states are kept. */
const MOST_FAILURES = 20;

/** Doubts after which elements that are still listed may be gone. */
const LOSES = new Set([
  'unknown-removal',
  'unknown-assignment',
  'may-be-changed',
  'aliased',
  'loop',
  'unknown-slice',
]);

/** Where the program is: which names it sees. */
export interface Frame {
  /** Scope that a plain assignment binds in. */
  readonly scope: number;
  /** Scope of the module. */
  readonly globals: number;
  readonly module: string;
  readonly file: SourceFile;
  /** Scopes between the two, innermost first. */
  readonly enclosing: readonly number[];
  readonly globalNames: Set<string>;
  /** Scopes of the names that `nonlocal` names. */
  readonly outer?: Map<string, number>;
  /** Is `scope` that of a class body, which functions in it do not see? */
  readonly classBody?: boolean;
  readonly depth: number;
  /** The class of the method that runs. */
  readonly owner?: Value;
}

/** A state that has left the block: it goes on at the end of the loop or of the function. */
interface Left {
  readonly kind: 'return' | 'break' | 'continue';
  readonly state: State;
  readonly value: Value;
}

/** What may raise an exception. */
export interface Failure {
  /** Python source of it. */
  readonly source: string;
  /** Name of the exception's class; `?` where that is not known. */
  readonly exception: string;
  /** What there was when it was raised. */
  readonly state: State;
}

export interface LoadedModule {
  readonly scope: number;
  readonly file: SourceFile;
  /** Makes it known to a state that has not seen it. */
  readonly recall?: (run: Run) => void;
}

export interface Modules {
  /** Path of the module in the tree. */
  find(module: string): { path: string; isPackage: boolean } | undefined;
  parse(path: string): PythonFile | undefined;
  /** Paths in the tree that match a pattern with `*`, relative to the folder of `from`. */
  glob(pattern: string, from: string): string[];
}

/** Thrown where the program is too big to follow; caught where the evaluation began. */
export class TooComplex extends Error {}

/** One evaluation: a module and all that it imports. */
export class Run {
  state: State;
  frame: Frame;
  readonly modules: Modules;
  readonly loaded = new Map<string, LoadedModule>();
  readonly left: Left[] = [];
  /** Did the expression just evaluated depend on something that may be another value in production? */
  soft = false;
  /** What may raise in the `try` that is being run; undefined outside of one, where nothing is kept. */
  mayFail: Failure[] | undefined;
  /** The exception that is being handled. */
  handled = '?';
  readonly environmentDefaults = new Map<string, Value>();
  readonly doubts: Doubt[] = [];
  /** Where all names of a scope were last taken as one value. */
  readonly namesTaken = new Map<number, Place>();
  #identity = 0;
  #steps = 0;

  constructor(state: State, frame: Frame, modules: Modules) {
    this.state = state;
    state.scopes.set(ENVIRONMENT, { names: new Map(), opened: [] });
    this.frame = frame;
    this.modules = modules;
  }

  readonly fresh = (): number => ++this.#identity;

  step(): void {
    if (++this.#steps > MOST_STEPS) throw new TooComplex();
  }

  /** Here an exception may be raised. */
  fails(source: string, exception = '?'): void {
    const { mayFail } = this;
    if (mayFail === undefined) return;
    // a copy for each of very many would fill the memory; the first one that is caught is the one that is used
    const last = mayFail.length < MOST_FAILURES ? undefined : mayFail.at(-1);
    mayFail.push({ source, exception, state: last?.state ?? this.state.fork() });
  }

  place(node: Syntax): Place {
    return { file: node.file, start: node.start, end: node.end };
  }

  // ---- names

  newScope(): number {
    const id = this.fresh();
    this.state.scopes.set(id, { names: new Map(), opened: [] });
    return id;
  }

  bind(scope: number, name: string, value: Value, place: Place, doubts: readonly Doubt[] = []): void {
    this.state.scopes.get(scope)?.names.set(name, { value, place, at: this.fresh(), doubts });
  }

  assign(name: string, value: Value, place: Place): void {
    if (this.list(value)?.once === true) {
      const message = `${name} is an iterator: what it gives depends on when it is used`;
      this.doubt(value, [{ code: 'may-be-changed', message, place }]);
    }
    const scope =
      this.frame.outer?.get(name) ??
      (this.frame.globalNames.has(name) ? this.frame.globals : this.frame.scope);
    this.bind(scope, name, value, place);
  }

  /** From now on any name of the scope may have another value; with `at` Infinity one that is bound later, too. */
  open(scope: number, doubt: Doubt, at = this.fresh()): void {
    const entry = this.state.scopes.get(scope);
    if (entry === undefined) return;
    this.state.scopes.set(scope, {
      names: entry.names,
      opened: [...entry.opened, { at, doubt }],
    });
  }

  /** All names of the scope as one value: `globals()` and the like. */
  namesOf(scope: number, place: Place): Value {
    this.namesTaken.set(scope, place);
    return { kind: 'namespace', scope };
  }

  binding(scope: number, name: string): Binding | undefined {
    return this.state.scopes.get(scope)?.names.get(name);
  }

  /** Why the name in that scope may have another value than the one that was bound last. */
  doubtsOf(scope: number, name: string): readonly Doubt[] {
    const entry = this.state.scopes.get(scope);
    const binding = entry?.names.get(name);
    const later = (entry?.opened ?? []).filter((opening) => opening.at > (binding?.at ?? -1));
    return union(
      binding?.doubts ?? [],
      later.map((opening) => opening.doubt),
    );
  }

  /** The value of a name in one scope, with the doubts about it kept on the list that it is. */
  read(scope: number, name: string): Value | undefined {
    const binding = this.binding(scope, name);
    if (binding === undefined) return undefined;
    const doubts = this.doubtsOf(scope, name);
    if (doubts.length > 0) this.doubt(binding.value, doubts);
    return binding.value;
  }

  doubt(value: Value, doubts: readonly Doubt[]): void {
    const state = value.kind === 'list' || value.kind === 'mapping' ? this.heap(value.ref) : undefined;
    if (
      (value.kind === 'list' || value.kind === 'mapping') &&
      (state?.kind === 'list' || state?.kind === 'mapping')
    ) {
      this.state.heap.set(value.ref, { ...state, doubts: union(state.doubts, doubts) });
    }
  }

  // ---- heap

  heap(ref: number): HeapState | undefined {
    return this.state.heap.get(ref);
  }

  /** Changes a list in place; lists that may be the same one are in doubt from then on. */
  change(ref: number, items: readonly Item[], doubts: readonly Doubt[] = []): void {
    const list = this.heap(ref);
    if (list?.kind !== 'list') return;
    this.state.heap.set(ref, shortened({ ...list, items, doubts: union(list.doubts, doubts) }));
    const reached = new Set(list.aliases);
    for (const alias of reached) {
      const other = this.heap(alias);
      if (other?.kind !== 'list') continue;
      for (const next of reached.size < MOST_ALIASES ? (other.aliases ?? []) : []) reached.add(next);
    }
    reached.delete(ref);
    const message = 'another name of the list is changed, and under some conditions it is the same list';
    for (const alias of reached) this.doubt({ kind: 'list', ref: alias }, [{ code: 'aliased', message }]);
  }

  list(value: Value): ListState | undefined {
    if (value.kind === 'environment' && value.fallback !== undefined) return this.list(value.fallback);
    const state = value.kind === 'list' ? this.heap(value.ref) : undefined;
    return state?.kind === 'list' ? state : undefined;
  }

  mapping(value: Value): MappingState | undefined {
    if (value.kind === 'environment' && value.fallback !== undefined) return this.mapping(value.fallback);
    const state = value.kind === 'mapping' ? this.heap(value.ref) : undefined;
    return state?.kind === 'mapping' ? state : undefined;
  }

  newList(
    type: ListState['type'],
    items: readonly Item[],
    doubts: readonly Doubt[] = [],
  ): Value & { kind: 'list' } {
    const ref = this.fresh();
    this.state.heap.set(ref, shortened({ kind: 'list', type, items, doubts }));
    return { kind: 'list', ref };
  }

  /** What can be gone over once: under a name it may be used up, or see what is changed meanwhile. */
  newIterator(items: readonly Item[], doubts: readonly Doubt[] = []): Value & { kind: 'list' } {
    const value = this.newList('list', items, doubts);
    const list = this.list(value);
    if (list !== undefined) this.state.heap.set(value.ref, { ...list, once: true });
    return value;
  }

  newMapping(entries: ReadonlyMap<string, MappingEntry>, doubts: readonly Doubt[] = []): Value {
    const ref = this.fresh();
    this.state.heap.set(ref, { kind: 'mapping', entries, doubts });
    return { kind: 'mapping', ref };
  }

  item(value: Value, place: Place, guards: readonly Guard[] = []): Item {
    return { id: this.fresh(), value, place, guards };
  }

  /** Elements of something that is iterated; what is not known is one item that stands for many. */
  elements(value: Value, place: Place): { items: readonly Item[]; doubts: readonly Doubt[] } {
    if (value.kind === 'environment') {
      return {
        items: [{ ...this.item(value, place), spread: true }],
        doubts: [{ code: 'environment', message: `entries come from ${value.name}`, place }],
      };
    }
    const list = this.list(value);
    if (list !== undefined) {
      if (list.type !== 'set' || list.items.length < 2) return list;
      const message = 'the order of a set is another one in each process';
      return { items: list.items, doubts: union(list.doubts, [{ code: 'unknown-order', message, place }]) };
    }
    const mapping = this.mapping(value);
    if (mapping !== undefined) {
      return {
        items: [...mapping.entries.values()].map((entry) => this.item(entry.key, entry.place ?? place)),
        doubts: this.entryDoubts(mapping, place),
      };
    }
    if (value.kind === 'string' && value.value.length <= 200) {
      return {
        items: [...value.value].map((letter) => this.item({ kind: 'string', value: letter }, place)),
        doubts: [],
      };
    }
    if (value.kind === 'choice') {
      const parts = value.options.map((option) => {
        const part = this.elements(option.value, place);
        return { ...part, items: part.items.map((item) => guarded(item, option.guards)) };
      });
      return { items: parts.flatMap((part) => part.items), doubts: parts.flatMap((part) => part.doubts) };
    }
    const why = reason(value);
    return {
      items: [{ ...this.item(unknown(why), place), spread: true }],
      doubts: [{ code: 'unknown-entries', message: `entries are not known: ${why}`, place }],
    };
  }

  /** Doubts about which entries a dictionary has. */
  entryDoubts(mapping: MappingState, place: Place): readonly Doubt[] {
    if (![...mapping.entries.values()].some(({ maybe }) => maybe)) return mapping.doubts;
    const message = 'the dictionary has some entries only under conditions';
    return union(mapping.doubts, [{ code: 'unknown-entries', message, place }]);
  }

  /** May entries that are still listed be gone? */
  loses(list: ListState): boolean {
    return list.doubts.some(({ code }) => LOSES.has(code));
  }

  truth(value: Value): boolean | 'unknown' {
    return truth(value, (ref) => {
      const state = this.heap(ref);
      if (state?.kind === 'mapping') {
        if (state.doubts.length > 0) return 'unknown';
        return state.entries.size > 0 && ([...state.entries.values()].some((one) => !one.maybe) || 'unknown');
      }
      if (state?.kind !== 'list' || this.loses(state)) return 'unknown';
      const real = state.items.filter((item) => item.display === undefined);
      if (real.some((item) => item.spread !== true && item.guards.every((guard) => guard.holds === true))) {
        return true;
      }
      return real.length === 0 && state.doubts.length === 0 ? false : 'unknown';
    });
  }

  /** Everything is in doubt: something that cannot be followed ran with the names of the project. */
  doubtAll(doubt: Doubt): void {
    // it goes over everything there is, and functions that call themselves come here very often
    this.#steps += 2000;
    this.step();
    for (const scope of this.state.scopes.keys()) this.open(scope, doubt);
    for (const [ref, { kind }] of this.state.heap) {
      if (kind === 'list' || kind === 'mapping') this.doubt({ kind, ref }, [doubt]);
    }
  }

  choose(a: Value, ifA: readonly Guard[], b: Value, ifB: readonly Guard[]): Value {
    return choose(this.state, this.fresh, [a, ifA], [b, ifB]);
  }
}

/** In words: why the value is not known. */
export function reason(value: Value): string {
  switch (value.kind) {
    case 'unknown':
      return value.reason;
    case 'external':
      return `it comes from ${value.path}`;
    case 'environment':
      return `it comes from ${value.name}`;
    case 'choice':
      return 'it depends on conditions';
    case 'none':
      return 'it is None';
    default:
      return `it is a ${value.kind}`;
  }
}

/** The guard of a test, and its opposite. */
export function guardsOf(source: string, holds: boolean | 'unknown'): [Guard, Guard] {
  const text = source.replace(/\s+/g, ' ').trim();
  const short = text.length > 160 ? `${text.slice(0, 157)}…` : text;
  const opposite = /^not [\w.]+(\([^()]*\))?$/.test(short)
    ? short.slice(4)
    : /^[\w.]+(\([^()]*\))?$/.test(short)
      ? `not ${short}`
      : `not (${short})`;
  const guard: Guard = { source: short, holds };
  const other: Guard = { source: opposite, holds: holds === 'unknown' ? 'unknown' : !holds, opposite: guard };
  guard.opposite = other;
  return [guard, other];
}

/** The guard that holds where not all of them do. */
export function negation(guards: readonly Guard[]): Guard {
  const [guard] = guards;
  if (guards.length === 1 && guard?.opposite !== undefined) return guard.opposite;
  return guardsOf(guards.map(({ source }) => source).join(' and '), allHold(guards))[1];
}

import type { Binding, Doubt, Guard, HeapState, Item, ListState, Scope, Value } from './values.ts';
import { same, unknown } from './values.ts';

/** More than any settings list; beyond it the rest is dropped and said so. */
const MOST_ITEMS = 2000;
const MOST_OPTIONS = 16;

/**
 * All that a Python program has at one moment. Heap entries and bindings are never changed, only replaced, so that a
 * copy of the two maps is a fork of the whole.
 */
export class State {
  readonly heap: Map<number, HeapState>;
  readonly scopes: Map<number, Scope>;
  /** The conditions on the way here. */
  path: readonly Guard[];
  /** Set where control has left: nothing after it runs in this state. */
  done: 'return' | 'raise' | 'break' | 'continue' | undefined;

  constructor() {
    this.heap = new Map();
    this.scopes = new Map();
    this.path = [];
    this.done = undefined;
  }

  fork(guard?: Guard): State {
    const copy = new State();
    for (const [ref, entry] of this.heap) copy.heap.set(ref, entry);
    for (const [id, scope] of this.scopes) {
      copy.scopes.set(id, { names: new Map(scope.names), opened: scope.opened });
    }
    copy.path = guard === undefined ? this.path : [...this.path, guard];
    copy.done = this.done;
    return copy;
  }
}

/** Makes new identities; one for all states of an evaluation. */
export type Fresh = () => number;

/** What is true after a branch when one of two states came out of it: what only one has is guarded by its way there. */
export function merge(one: State, other: State, fresh: Fresh): State {
  let shared = 0;
  while (shared < one.path.length && one.path[shared] === other.path[shared]) shared++;
  return new Merge(one, other, one.path.slice(shared), other.path.slice(shared), fresh).run(
    one.path.slice(0, shared),
  );
}

/** A value that is `a` where `ifA` hold and `b` where `ifB` do; of two lists it is one list with guarded items. */
export function choose(
  state: State,
  fresh: Fresh,
  [a, ifA]: readonly [Value, readonly Guard[]],
  [b, ifB]: readonly [Value, readonly Guard[]],
): Value {
  return new Merge(state, state, ifA, ifB, fresh, state).value(a, b);
}

class Merge {
  readonly one: State;
  readonly other: State;
  readonly ifOne: readonly Guard[];
  readonly ifOther: readonly Guard[];
  readonly fresh: Fresh;
  readonly result: State;

  constructor(
    one: State,
    other: State,
    ifOne: readonly Guard[],
    ifOther: readonly Guard[],
    fresh: Fresh,
    result = new State(),
  ) {
    this.one = one;
    this.other = other;
    this.ifOne = ifOne;
    this.ifOther = ifOther;
    this.fresh = fresh;
    this.result = result;
  }

  run(path: readonly Guard[]): State {
    const { one, other, result } = this;
    result.path = path;
    for (const ref of new Set([...one.heap.keys(), ...other.heap.keys()])) {
      const entry = this.#entry(one.heap.get(ref), other.heap.get(ref));
      if (entry !== undefined) result.heap.set(ref, entry);
    }
    for (const id of new Set([...one.scopes.keys(), ...other.scopes.keys()])) {
      const scope = this.#scope(one.scopes.get(id), other.scopes.get(id));
      if (scope !== undefined) result.scopes.set(id, scope);
    }
    return result;
  }

  #entry(a: HeapState | undefined, b: HeapState | undefined): HeapState | undefined {
    if (a === undefined || b === undefined || a === b) return a ?? b;
    if (a.kind === 'list' && b.kind === 'list') return this.#list(a, b);
    if (a.kind === 'mapping' && b.kind === 'mapping') {
      const entries = new Map(a.entries);
      for (const key of new Set([...a.entries.keys(), ...b.entries.keys()])) {
        const left = a.entries.get(key);
        const right = b.entries.get(key);
        const entry = left ?? right;
        if (entry === undefined || left === right) continue;
        const maybe =
          left === undefined || right === undefined || left.maybe === true || right.maybe === true;
        const value = this.value(left?.value, right?.value);
        entries.set(key, maybe ? { ...entry, value, maybe } : { ...entry, value });
      }
      return { kind: 'mapping', entries, doubts: union(a.doubts, b.doubts) };
    }
    if (a.kind === 'instance' && b.kind === 'instance') {
      const attributes = new Map(a.attributes);
      for (const [name, value] of b.attributes) {
        attributes.set(name, this.value(a.attributes.get(name), value));
      }
      return { kind: 'instance', attributes };
    }
    return a;
  }

  #scope(a: Scope | undefined, b: Scope | undefined): Scope | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    const names = new Map<string, Binding>();
    for (const name of new Set([...a.names.keys(), ...b.names.keys()])) {
      const left = a.names.get(name);
      const right = b.names.get(name);
      const later = (left?.at ?? -1) >= (right?.at ?? -1) ? left : right;
      if (later === undefined) continue;
      if (left === right) {
        names.set(name, later);
        continue;
      }
      names.set(name, {
        value: this.value(left?.value, right?.value),
        place: later.place,
        // the earlier one, so that an opening between the two is not lost
        at: Math.min(left?.at ?? later.at, right?.at ?? later.at),
        doubts: union(left?.doubts ?? [], right?.doubts ?? []),
        ...this.#sometimes(left, right),
      });
    }
    return { names, opened: a.opened === b.opened ? a.opened : [...new Set([...a.opened, ...b.opened])] };
  }

  #sometimes(left: Binding | undefined, right: Binding | undefined): { sometimes?: readonly Guard[] } {
    if (left === undefined) return { sometimes: [...this.ifOther, ...(right?.sometimes ?? [])] };
    if (right === undefined) return { sometimes: [...this.ifOne, ...(left.sometimes ?? [])] };
    if (left.sometimes === undefined && right.sometimes === undefined) return {};
    const common = left.sometimes === right.sometimes ? left.sometimes : undefined;
    return { sometimes: common ?? [{ source: 'it is set', holds: 'unknown' }] };
  }

  value(a: Value | undefined, b: Value | undefined): Value {
    if (a !== undefined && b !== undefined && same(a, b)) return a;
    const left = a?.kind === 'list' ? listIn(this.one, a.ref) : undefined;
    const right = b?.kind === 'list' ? listIn(this.other, b.ref) : undefined;
    if ((left ?? right) !== undefined && (left === undefined || right === undefined)) {
      const rest = left === undefined ? a : b;
      if (rest === undefined || rest.kind === 'none') {
        const origin = a?.kind === 'list' ? a.ref : b?.kind === 'list' ? b.ref : undefined;
        const list = this.#list(left ?? empty(right), right ?? empty(left));
        return origin === undefined ? this.#store(list) : this.#alias(list, [origin]);
      }
    }
    if (left !== undefined && right !== undefined && a?.kind === 'list' && b?.kind === 'list') {
      return this.#alias(this.#list(left, right), [a.ref, b.ref]);
    }
    const options = [...this.#options(a, this.ifOne), ...this.#options(b, this.ifOther)];
    return options.length > MOST_OPTIONS
      ? unknown('it depends on too many conditions')
      : { kind: 'choice', options };
  }

  /** A list that is one of others, depending on conditions. */
  #alias(list: ListState, refs: readonly number[]): Value {
    const merged = this.#store({ ...list, aliases: refs });
    for (const ref of refs) {
      const origin = listIn(this.result, ref);
      if (origin === undefined) continue;
      const aliases = [...(origin.aliases ?? []).slice(-20), merged.ref];
      this.result.heap.set(ref, { ...origin, aliases });
    }
    return merged;
  }

  #store(list: ListState): Value & { kind: 'list' } {
    const ref = this.fresh();
    this.result.heap.set(ref, list);
    return { kind: 'list', ref };
  }

  #options(value: Value | undefined, guards: readonly Guard[]) {
    if (value?.kind === 'choice') {
      return value.options.map((option) => ({ guards: [...guards, ...option.guards], value: option.value }));
    }
    return [{ guards, value: value ?? unknown('it is not set') }];
  }

  #list(a: ListState, b: ListState): ListState {
    return shortened({
      kind: 'list',
      type: a.type === b.type ? a.type : 'unknown',
      aliases: [...new Set([...(a.aliases ?? []), ...(b.aliases ?? [])])],
      items: mergeItems(a.items, b.items, this.ifOne, this.ifOther),
      doubts: union(a.doubts, b.doubts),
    });
  }
}

function listIn(state: State, ref: number): ListState | undefined {
  const entry = state.heap.get(ref);
  return entry?.kind === 'list' ? entry : undefined;
}

function empty(like: ListState | undefined): ListState {
  return { kind: 'list', type: like?.type ?? 'list', items: [], doubts: [] };
}

/** Interleaves two lists that share items, in an order that is right for either; what only one has gets its guards. */
function mergeItems(
  a: readonly Item[],
  b: readonly Item[],
  ifA: readonly Guard[],
  ifB: readonly Guard[],
): Item[] {
  const merged: Item[] = [];
  let start = 0;
  while (isSame(a[start], b[start])) {
    const item = a[start];
    if (item !== undefined) merged.push(item);
    start++;
  }
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && isSame(a[endA - 1], b[endB - 1])) {
    endA--;
    endB--;
  }
  // The longest common subsequence of what is left between the common beginning and end.
  const rows = endA - start;
  const columns = endB - start;
  if (rows * columns > 250_000) {
    for (const item of a.slice(start, endA)) merged.push(guarded(item, ifA));
    for (const item of b.slice(start, endB)) merged.push(guarded(item, ifB));
    return [...merged, ...a.slice(endA)];
  }
  const lengths = new Uint32Array((rows + 1) * (columns + 1));
  const at = (row: number, column: number) => lengths[row * (columns + 1) + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      lengths[row * (columns + 1) + column] = isSame(a[start + row], b[start + column])
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const left = row < rows ? a[start + row] : undefined;
    const right = column < columns ? b[start + column] : undefined;
    if (left !== undefined && right !== undefined && isSame(left, right)) {
      merged.push(left);
      row++;
      column++;
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      merged.push(guarded(left, ifA));
      row++;
    } else if (right !== undefined) {
      merged.push(guarded(right, ifB));
      column++;
    }
  }
  return [...merged, ...a.slice(endA)];
}

function isSame(left: Item | undefined, right: Item | undefined): boolean {
  return (
    left !== undefined &&
    right !== undefined &&
    (left === right ||
      (left.id === right.id && left.guards.length === right.guards.length && equalGuards(left, right)))
  );
}

function equalGuards(left: Item, right: Item): boolean {
  return left.guards.every((guard, index) => guard === right.guards[index]);
}

/** The item, with `guards` before its own. */
export function guarded(item: Item, guards: readonly Guard[]): Item {
  return guards.length === 0 ? item : { ...item, guards: [...guards, ...item.guards] };
}

/** The list, cut off where it is longer than any that is real: what doubles in a loop must not fill the memory. */
export function shortened(list: ListState): ListState {
  if (list.items.length <= MOST_ITEMS) return list;
  const doubt = { code: 'too-long', message: `only the first ${MOST_ITEMS} entries were followed` };
  return { ...list, items: list.items.slice(0, MOST_ITEMS), doubts: union(list.doubts, [doubt]) };
}

/** The doubts of both, each once. */
export function union(one: readonly Doubt[], other: readonly Doubt[]): readonly Doubt[] {
  if (other.length === 0 || one === other) return one;
  if (one.length === 0) return other;
  const all = [...one];
  for (const doubt of other) {
    if (!all.some((known) => known.code === doubt.code && known.message === doubt.message)) all.push(doubt);
  }
  return all;
}

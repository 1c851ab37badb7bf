import type { Guard, Item, Value } from './values.ts';

/**
 * Python counts elements; a list here also holds elements that are only there under conditions, and the places of
 * displays, into which one more element may be written. Everything that counts is here.
 */

/** Does the item count when Python counts elements? Places do not, nor does what is not there by default. */
export function counts(item: Item): boolean {
  return item.display === undefined && item.guards.every((guard) => guard.holds !== false);
}

/** Index in `items` of Python's element `index`, negative ones from the end; undefined where that is not one certain element. */
function offsetAt(items: readonly Item[], index: number): number | undefined {
  const offsets = [...items.keys()].filter((offset) => {
    const item = items[offset];
    return item !== undefined && counts(item);
  });
  const position = index < 0 ? offsets.length + index : index;
  const passed = index < 0 ? offsets.slice(Math.max(position, 0)) : offsets.slice(0, position + 1);
  return passed.some((offset) => items[offset]?.spread === true) ? undefined : offsets[position];
}

/** Python's element `index`; undefined where that is not one certain element. */
export function itemAt(items: readonly Item[], index: number): Item | undefined {
  const offset = offsetAt(items, index);
  return offset === undefined ? undefined : items[offset];
}

/** Where in `items` something that is inserted at `index` goes: before the places in front of that element. */
export function offsetOf(items: readonly Item[], index: number): number {
  const positions: number[] = [];
  for (const [offset, item] of items.entries()) if (counts(item)) positions.push(offset);
  const position = index < 0 ? Math.max(0, positions.length + index) : index;
  if (position === 0) return 0;
  if (position >= positions.length) return items.length;
  let offset = positions[position] ?? items.length;
  const previous = positions[position - 1] ?? -1;
  while (offset - 1 > previous && items[offset - 1]?.display !== undefined) offset--;
  return offset;
}

/** The bounds of a slice as numbers; undefined where one of them is not known. */
export function edgesOf(
  edges: readonly (Value | undefined)[],
): readonly [number | undefined, number | undefined] | undefined {
  const numbers: (number | undefined)[] = [];
  for (const edge of edges) {
    if (edge !== undefined && edge.kind !== 'none' && edge.kind !== 'number') return undefined;
    numbers.push(edge?.kind === 'number' ? edge.value : undefined);
  }
  return [numbers[0], numbers[1]];
}

type Edges = readonly [number | undefined, number | undefined];

/** Which items are within a slice. An entry that is written at a place counts as one more element, there and in the length. */
function inSlice(items: readonly Item[], [from, to]: Edges): boolean[] {
  const length = items.filter((item) => counts(item)).length;
  let position = 0;
  return items.map((item) => {
    const more = item.display === undefined ? 0 : 1;
    const start = from === undefined ? 0 : from < 0 ? Math.max(0, length + more + from) : from;
    const end = to === undefined ? Infinity : to < 0 ? length + more + to : to;
    const inside = position >= start && position < end;
    if (counts(item)) position++;
    return inside;
  });
}

/** `items[from:to]`. */
export function sliceItems(items: readonly Item[], edges: Edges): Item[] {
  const inside = inSlice(items, edges);
  return items.filter((_item, index) => inside[index] === true);
}

/** `items[from:to] = added`. */
export function withoutSlice(items: readonly Item[], edges: Edges, added: readonly Item[]): Item[] {
  const inside = inSlice(items, edges);
  const length = items.filter((item) => counts(item)).length;
  const [from = 0] = edges;
  const start = Math.min(length, from < 0 ? Math.max(0, length + from) : from);
  const at = offsetOf(items, start);
  const keep = (item: Item, index: number) =>
    inside[index] !== true || !(counts(item) || item.display !== undefined);
  return [
    ...items.slice(0, at).filter((item, index) => keep(item, index)),
    ...added,
    ...items.slice(at).filter((item, index) => keep(item, index + at)),
  ];
}

/** Would one more element at a place move what these numbers mean? */
export function shiftsWith(items: readonly Item[], numbers: readonly (number | undefined)[]): boolean {
  return (
    items.some((item) => item.display !== undefined) &&
    numbers.some((number) => number !== undefined && number > 0)
  );
}

/** Places at which a new entry would be the element `index` itself. */
function placesAt(items: readonly Item[], index: number): Set<number> {
  const length = items.filter((item) => counts(item)).length;
  const places = new Set<number>();
  let position = 0;
  for (const [offset, item] of items.entries()) {
    if (item.display !== undefined && position === (index < 0 ? length + 1 + index : index))
      places.add(offset);
    if (counts(item)) position++;
  }
  return places;
}

/** `items[index] = item`; undefined where that is not one certain element. */
export function replaceElement(items: readonly Item[], index: number, item: Item): Item[] | undefined {
  const offset = offsetAt(items, index);
  if (offset === undefined) return undefined;
  const gone = placesAt(items, index);
  return items.with(offset, item).filter((_item, at) => !gone.has(at));
}

/**
 * `items.remove(value)` for the items that are equal to it: in every case the first one that is there goes. Undefined
 * where that depends on more than one earlier one.
 */
export function withoutFirst(items: readonly Item[], isEqual: (item: Item) => boolean): Item[] | undefined {
  const kept: Item[] = [];
  const earlier: Item[] = [];
  let done = false;
  for (const item of items) {
    if (done || item.display !== undefined || !isEqual(item)) {
      kept.push(item);
      continue;
    }
    const before = earlier.filter((other) => !areOpposite(other.guards, item.guards));
    if (before.length > 1) return undefined;
    // it stays where the earlier one was there to be removed
    if (before[0] !== undefined) kept.push({ ...item, guards: [...before[0].guards, ...item.guards] });
    earlier.push(item);
    done = item.guards.length === 0;
  }
  return earlier.length === 0 ? undefined : kept;
}

function areOpposite(one: readonly Guard[], other: readonly Guard[]): boolean {
  return one.some((guard) => guard.opposite !== undefined && other.includes(guard.opposite));
}

/** Does it depend on conditions which element a number means? */
export function isConditional(items: readonly Item[]): boolean {
  return items.some((item) => item.display === undefined && item.guards.length > 0);
}

/** `items.pop(index)`; undefined where that is not one certain element. */
export function withoutElement(
  items: readonly Item[],
  index: number,
): { items: Item[]; removed: Item } | undefined {
  const offset = offsetAt(items, index);
  const removed = offset === undefined ? undefined : items[offset];
  if (removed === undefined) return undefined;
  const gone = placesAt(items, index);
  return { items: items.filter((_item, at) => at !== offset && !gone.has(at)), removed };
}

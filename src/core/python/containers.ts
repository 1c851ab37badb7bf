import { dictEntries, dictLength, records, wordAt, type Entry } from './dicts.ts';
import { floatRepr } from './numbers.ts';
import type { Objects, Reader } from './objects.ts';
import { attempt } from './process.ts';
import { textRepr } from './text.ts';
import { cutMark, withRest, type PythonValue } from './value.ts';

function length({ process: { memory, layout } }: Objects, address: number): number {
  return memory.u64(address + layout.at('varObject.ob_size'));
}

/** The first pointers of an array, as many as a value can show. */
function pointers({ process: { memory }, limits }: Objects, start: number, count: number): number[] {
  const taken = Math.min(count, limits.items);
  const found = [];
  for (let index = 0; index < taken; index += 1) found.push(memory.u64(start + index * 8));
  return found;
}

const readList: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const count = length(objects, address);
  const items = count === 0 ? [] : pointers(objects, memory.u64(address + layout.at('list.items')), count);
  return { type: type.dotted, open: '[', ...objects.items(items, depth, count), close: ']' };
};

const readTuple: Reader = (objects, address, type, depth) => {
  const count = length(objects, address);
  const items = pointers(objects, address + objects.process.layout.at('tuple.items'), count);
  return {
    type: type.dotted,
    open: '(',
    ...objects.items(items, depth, count),
    close: count === 1 ? ',)' : ')',
  };
};

/** The entries of a dict as values, with what is over the limit left out. */
function entriesOf(
  objects: Objects,
  entries: readonly Entry[],
  count: number,
  depth: number,
): Partial<PythonValue> {
  const children = entries.slice(0, objects.limits.items).map(({ key, value }) => ({
    key: objects.value(key, depth + 1),
    value: objects.value(value, depth + 1),
  }));
  return withRest(children, count);
}

function dictContents(objects: Objects, address: number, depth: number): Partial<PythonValue> {
  const { process, limits } = objects;
  const count = dictLength(process, address);
  return entriesOf(objects, dictEntries(process, address, limits.items), count, depth);
}

const readDict: Reader = (objects, address, type, depth) => ({
  type: type.dotted,
  open: '{',
  ...dictContents(objects, address, depth),
  close: '}',
});

const readDefaultDict: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const factory = objects.value(memory.u64(address + layout.at('defaultDict.factory')), depth + 1);
  return {
    type: type.dotted,
    open: `${type.short}(`,
    children: [{ value: factory }, { value: readDict(objects, address, type, depth) }],
    close: ')',
  };
};

/** In the order of its list of nodes, which move_to_end changes and the table does not know. */
function orderedEntries({ process, limits }: Objects, address: number): Entry[] {
  const { memory, layout } = process;
  const values = new Map(dictEntries(process, address).map(({ key, value }) => [key, value]));
  const entries: Entry[] = [];
  let node = attempt(() => memory.u64(address + layout.at('orderedDict.first')), 0);
  while (node !== 0 && entries.length < limits.items) {
    const from = node;
    const key = attempt(() => memory.u64(from + layout.at('orderedDictNode.key')), 0);
    const value = values.get(key);
    if (value === undefined) break;
    // a list that leads back to itself ends
    values.delete(key);
    entries.push({ key, value });
    node = attempt(() => memory.u64(from + layout.at('orderedDictNode.next')), 0);
  }
  return entries;
}

const readOrderedDict: Reader = (objects, address, type, depth) => {
  const { process } = objects;
  const { layout } = process;
  const count = dictLength(process, address);
  const pairs = orderedEntries(objects, address);
  if (count === 0) return { type: type.dotted, text: `${type.short}()` };
  if (layout.minor >= 12) {
    return {
      type: type.dotted,
      open: `${type.short}({`,
      ...entriesOf(objects, pairs, count, depth),
      close: '})',
    };
  }
  const children = pairs.map(({ key, value }): { value: PythonValue } => ({
    value: {
      type: 'tuple',
      open: '(',
      children: [{ value: objects.value(key, depth + 1) }, { value: objects.value(value, depth + 1) }],
      close: ')',
    },
  }));
  return { type: type.dotted, open: `${type.short}([`, ...withRest(children, count), close: '])' };
};

/** Counts are what the program adds up: floats too. */
function countOf(objects: Objects, address: number): number {
  const { memory, layout, types } = objects.process;
  return types.isNative(address, 'float')
    ? attempt(() => memory.f64(address + layout.at('float.value')), NaN)
    : objects.number(address);
}

export const readCounter: Reader = (objects, address, type, depth) => {
  const { process } = objects;
  const count = dictLength(process, address);
  if (count === 0) return { type: type.dotted, text: `${type.short}()` };
  if (count > objects.limits.counted) {
    const entries = dictEntries(process, address, objects.limits.items);
    const open = `<${type.dotted} of ${count}, not sorted {`;
    return { type: type.dotted, open, ...entriesOf(objects, entries, count, depth), close: '}>' };
  }
  const entries = dictEntries(process, address);
  const counts = new Map(entries.map((entry) => [entry, countOf(objects, entry.value)]));
  // most_common(): a stable sort, the largest first
  entries.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || 0);
  return {
    type: type.dotted,
    open: `${type.short}({`,
    ...entriesOf(objects, entries, count, depth),
    close: '})',
  };
};

function setItems(objects: Objects, address: number): { items: number[]; count: number } {
  const { memory, layout } = objects.process;
  const count = memory.u64(address + layout.at('set.used'));
  const slots = memory.u64(address + layout.at('set.mask')) + 1;
  const table = memory.u64(address + layout.at('set.table'));
  const size = layout.at('setEntry.size');
  // An emptied slot holds the address of a dummy, with the hash -1: Objects/setobject.c.
  const items = [];
  const wanted = Math.min(count, objects.limits.items);
  for (const { bytes, at } of records(objects.process, table, slots, size)) {
    if (items.length >= wanted) break;
    const key = wordAt(bytes, at);
    if (key !== 0 && !(bytes.readInt32LE(at + 8) === -1 && bytes.readInt32LE(at + 12) === -1))
      items.push(key);
  }
  return { items, count };
}

const readSet: Reader = (objects, address, type, depth) => {
  const { items, count } = setItems(objects, address);
  if (count === 0) return { type: type.dotted, text: `${type.short}()` };
  if (type.native && type.name === 'set') {
    return { type: type.dotted, open: '{', ...objects.items(items, depth, count), close: '}' };
  }
  return { type: type.dotted, open: `${type.short}({`, ...objects.items(items, depth, count), close: '})' };
};

const DEQUE_BLOCK = 64;

/** The addresses of the items of a deque, at most as many as a value can show. */
function dequeItems(objects: Objects, address: number, count: number): number[] {
  const { memory, layout } = objects.process;
  const items = [];
  let block = memory.u64(address + layout.at('deque.leftblock'));
  let index = memory.u64(address + layout.at('deque.leftindex'));
  const wanted = Math.min(count, objects.limits.items);
  while (items.length < wanted && index <= DEQUE_BLOCK) {
    if (index === DEQUE_BLOCK) {
      block = memory.u64(block + layout.at('dequeBlock.right'));
      index = 0;
    }
    items.push(memory.u64(block + layout.at('dequeBlock.data') + index * 8));
    index += 1;
  }
  return items;
}

const readDeque: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const count = length(objects, address);
  const most = memory.i64(address + layout.at('deque.maxlen'));
  const close = most >= 0 ? `], maxlen=${most})` : '])';
  return {
    type: type.dotted,
    open: `${type.short}([`,
    ...objects.items(dequeItems(objects, address, count), depth, count),
    close,
  };
};

function readView(part: 'keys' | 'values' | 'items'): Reader {
  return (objects, address, type, depth) => {
    const { process, limits } = objects;
    const dict = process.memory.u64(address + process.layout.at('dictView.dict'));
    const count = dictLength(process, dict);
    const ordered = process.types.is(process.types.of(dict), 'collections.OrderedDict');
    const entries = ordered
      ? orderedEntries(objects, dict).slice(0, limits.items)
      : dictEntries(process, dict, limits.items);
    const frame = { open: `${ordered && type.native ? 'odict' : 'dict'}_${part}([`, close: '])' };
    if (part !== 'items') {
      const addresses = entries.map((entry) => (part === 'keys' ? entry.key : entry.value));
      const items = objects.items(addresses, depth, count);
      if (part === 'keys') return { type: type.dotted, ...frame, ...items };
      const children = items.children?.map((child, at) => {
        const of = objects.text(entries[at]?.key);
        return of === undefined ? child : { ...child, of };
      });
      return { type: type.dotted, ...frame, ...items, children: children ?? [] };
    }
    const children = entries.map(({ key, value }) => ({
      value: {
        type: 'tuple',
        open: '(',
        children: [{ value: objects.value(key, depth + 1) }, { value: objects.value(value, depth + 1) }],
        close: ')',
      },
    }));
    return { type: type.dotted, ...frame, ...withRest(children, count) };
  };
}

const readRange: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const [start, stop, step] = ['start', 'stop', 'step'].map(
    (name) => objects.value(memory.u64(address + layout.at(`range.${name}`)), 1).text ?? '?',
  );
  return {
    type: type.dotted,
    text: step === '1' ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`,
  };
};

const readSlice: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const parts = ['start', 'stop', 'step'].map((name) => memory.u64(address + layout.at(`slice.${name}`)));
  return { type: type.dotted, open: 'slice(', ...objects.items(parts, depth), close: ')' };
};

const readProxy: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const inner = objects.value(memory.u64(address + layout.at('mappingProxy.mapping')), depth + 1);
  return { type: type.dotted, open: 'mappingproxy(', children: [{ value: inner }], close: ')' };
};

const readNamespace: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const dict = memory.u64(address + layout.at('namespace.dict'));
  const count = dictLength(objects.process, dict);
  const pairs = dictEntries(objects.process, dict, objects.limits.items).map(({ key, value }) => ({
    name: objects.text(key) ?? '?',
    value,
  }));
  // sorted until 3.9: Objects/namespaceobject.c
  if (objects.process.layout.minor < 9) pairs.sort((a, b) => (a.name < b.name ? -1 : 1));
  const name = type.native ? 'namespace' : type.short;
  return { type: type.dotted, open: `${name}(`, ...objects.named(pairs, depth, count), close: ')' };
};

/** array.array; the numbers as far as the type code is known. */
const readArray: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const description = memory.u64(address + layout.at('array.description'));
  const count = length(objects, address);
  // In read-only pages: not there without the module's file.
  const code = attempt(
    () => String.fromCharCode(memory.u8(description + layout.at('arrayDescription.typecode'))),
    '?',
  );
  const size = ARRAY_SIZES[code];
  if (size === undefined)
    return { type: type.dotted, text: `array('${code}', <${count} items>)`, truncated: true };
  if (count === 0) return { type: type.dotted, text: `array('${code}')` };
  const isText = code === 'u' || code === 'w';
  const shown = Math.min(count, isText ? objects.limits.characters : objects.limits.items);
  const bytes = memory.bytes(memory.u64(address + layout.at('array.items')), shown * size);
  const numbers = [];
  for (let at = 0; at < bytes.length; at += size) numbers.push(arrayItem(bytes, at, code, size));
  const cut = shown < count ? cutMark(count - shown) : '';
  const text = isText
    ? textRepr(numbers.join(''), numbers) + cut
    : `[${numbers.join(', ')}${cut === '' ? '' : `, ${cut}`}]`;
  const value: PythonValue = { type: type.dotted, text: `${type.short}('${code}', ${text})` };
  return cut === '' ? value : { ...value, truncated: true };
};

const ARRAY_SIZES: Record<string, number> = {
  b: 1,
  B: 1,
  u: 4,
  w: 4,
  h: 2,
  H: 2,
  i: 4,
  I: 4,
  l: 8,
  L: 8,
  q: 8,
  Q: 8,
  f: 4,
  d: 8,
};

function arrayItem(bytes: Buffer, at: number, code: string, size: number): string {
  if (code === 'u' || code === 'w') return String.fromCodePoint(Math.min(bytes.readUInt32LE(at), 0x10ffff));
  if (code === 'f') return floatRepr(bytes.readFloatLE(at));
  if (code === 'd') return floatRepr(bytes.readDoubleLE(at));
  if (size === 8)
    return String(code === code.toUpperCase() ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at));
  return String(code === code.toUpperCase() ? bytes.readUIntLE(at, size) : bytes.readIntLE(at, size));
}

export const CONTAINER_READERS: readonly (readonly [string, Reader])[] = [
  ['list', readList],
  ['tuple', readTuple],
  ['dict', readDict],
  ['collections.defaultdict', readDefaultDict],
  ['collections.OrderedDict', readOrderedDict],
  ['set', readSet],
  ['frozenset', readSet],
  ['collections.deque', readDeque],
  ['dict_keys', readView('keys')],
  ['dict_values', readView('values')],
  ['dict_items', readView('items')],
  ['odict_keys', readView('keys')],
  ['odict_values', readView('values')],
  ['odict_items', readView('items')],
  ['range', readRange],
  ['slice', readSlice],
  ['mappingproxy', readProxy],
  ['types.SimpleNamespace', readNamespace],
  ['array.array', readArray],
];

/** They show the name of a subclass themselves, as `repr` does. */
export const NAMED_CONTAINERS: readonly Reader[] = [
  readDefaultDict,
  readOrderedDict,
  readSet,
  readDeque,
  readNamespace,
  readArray,
];

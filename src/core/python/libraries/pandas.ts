import { attributes } from '../attributes.ts';
import type { Objects, Reader } from '../objects.ts';
import { dateText, offsetOf } from '../dates.ts';
import { attempt } from '../process.ts';
import type { PythonType } from '../types.ts';
import { repr, type PythonChild, type PythonValue } from '../value.ts';
import type { Library, StrReader } from './library.ts';
import { arrayValue, elements, viewOf, type View } from './numpy.ts';

const MOST_WORDS = 64;
const MOST_ROWS = 20;
const MOST_COLUMNS = 1_000_000;
// sizeof(PyDateTime_DateTime) and sizeof(PyDateTime_Delta), then the table of methods of the Cython class
const AFTER_MOMENT = 56;
const AFTER_DURATION = 48;

/** What the fields of a Cython class point to: it has no description of them, but they are known by what they are. */
function pointers(
  objects: Objects,
  address: number,
  type: PythonType,
): { value: number; type: PythonType }[] {
  const { memory, types } = objects.process;
  const found = [];
  for (let at = 16; at < Math.min(type.basicSize, MOST_WORDS * 8); at += 8) {
    const value = attempt(() => memory.u64(address + at), 0);
    const kind = value === 0 ? undefined : attempt(() => types.of(value), undefined);
    if (kind !== undefined) found.push({ value, type: kind });
  }
  return found;
}

/** A field by its name, where the class is Python, else by what it is. */
function field(
  objects: Objects,
  address: number,
  name: string,
  is: (type: PythonType) => boolean,
): number | undefined {
  const type = objects.process.types.of(address);
  return (
    objects.attribute(address, name) ??
    pointers(objects, address, type).find(({ type: each }) => is(each))?.value
  );
}

const isNamed =
  (name: string) =>
  (type: PythonType): boolean =>
    type.native && type.dotted === name;

/** The arrays that a column, an index or a series is made of: NumPy's, or in a class of pandas. */
function isArray(objects: Objects): (type: PythonType) => boolean {
  const { types } = objects.process;
  return (type) =>
    types.is(type, 'numpy.ndarray') ||
    types.order(type).some(({ short }) => short === 'NDArrayBacked' || short === 'ExtensionArray');
}

/** The NumPy array in it, and what pandas calls the class around it. */
function unwrapped(objects: Objects, address: number): { view: View; around: PythonType | undefined } {
  const { types } = objects.process;
  const type = types.of(address);
  if (types.is(type, 'numpy.ndarray')) return { view: viewOf(objects, address), around: undefined };
  const inner =
    field(objects, address, '_ndarray', (each) => types.is(each, 'numpy.ndarray')) ??
    objects.attribute(address, '_data');
  if (inner === undefined || !types.is(types.of(inner), 'numpy.ndarray'))
    throw new Error('an array of another kind');
  const view = viewOf(objects, inner);
  // of `Int64` and `boolean`: what is missing
  const mask = objects.attribute(address, '_mask');
  return {
    view: mask === undefined ? view : { ...view, mask: { flags: viewOf(objects, mask), shown: '<NA>' } },
    around: type,
  };
}

/** An array as a value; of one with classes or labels also what they are. */
function shown(objects: Objects, address: number, depth: number): PythonValue {
  const array = attempt(() => {
    const { view, around } = unwrapped(objects, address);
    const value = arrayValue(objects, view, 'numpy.ndarray', depth);
    return around === undefined ? value : extension(objects, address, around, value, depth);
  }, undefined);
  return array ?? objects.value(address, depth + 1);
}

function extension(
  objects: Objects,
  address: number,
  type: PythonType,
  array: PythonValue,
  depth: number,
): PythonValue {
  const children: PythonChild[] = [{ value: array }];
  const categories = type.short === 'Categorical' ? categoriesOf(objects, address, type) : undefined;
  if (categories !== undefined)
    children.push({ name: 'categories', value: shownIndex(objects, categories, depth) });
  return { type: type.dotted, open: `<${type.dotted} `, children, close: '>' };
}

function categoriesOf(objects: Objects, address: number, type: PythonType): number | undefined {
  const dtype = pointers(objects, address, type).find(({ type: each }) => each.short === 'CategoricalDtype');
  return dtype === undefined ? undefined : objects.attribute(dtype.value, '_categories');
}

function shownIndex(objects: Objects, address: number, depth: number): PythonValue {
  const type = objects.process.types.of(address);
  return { ...readIndex(objects, address, type, depth), type: type.dotted };
}

/** Of a `MultiIndex` the length and the names of its levels; what is in them is not read. */
const readLevels: Reader = (objects, address, type, depth) => {
  const [codes, names] = ['_codes', '_names'].map((name) => objects.attribute(address, name));
  const [first] = objects.list(codes ?? 0);
  if (first === undefined || names === undefined)
    return { type: '', text: `<${type.dotted}>`, truncated: true };
  const length = attempt(() => unwrapped(objects, first).view.shape[0] ?? '?', '?');
  return {
    type: '',
    open: `<${type.dotted} `,
    children: [
      { name: 'length', value: { type: 'int', text: String(length) } },
      { name: 'names', value: objects.value(names, depth + 1) },
    ],
    close: '>',
    truncated: true,
  };
};

const readIndex: Reader = (objects, address, type, depth) => {
  const range = objects.attribute(address, '_range');
  if (range !== undefined) {
    const [start, stop, step] = ['start', 'stop', 'step'].map(
      (name) => objects.value(objects.word(range, `range.${name}`), depth + 1).text ?? '?',
    );
    return { type: '', text: `${type.short}(start=${start}, stop=${stop}, step=${step})` };
  }
  const data = objects.attribute(address, '_data');
  const name = objects.attribute(address, '_name');
  const named = name !== undefined && !objects.process.types.isNative(name, 'NoneType');
  if (data === undefined) return readLevels(objects, address, type, depth);
  return {
    type: '',
    open: `<${type.dotted} `,
    children: [
      ...(named ? [{ name: 'name', value: objects.value(name, depth + 1) }] : []),
      { value: shown(objects, data, depth) },
    ],
    close: '>',
  };
};

interface Manager {
  blocks: number[];
  axes: number[];
}

function managerOf(objects: Objects, address: number): Manager | undefined {
  const manager = objects.attribute(address, '_mgr') ?? objects.attribute(address, '_data');
  if (manager === undefined) return undefined;
  const blocks = field(objects, manager, 'blocks', isNamed('tuple'));
  const axes = field(objects, manager, 'axes', isNamed('list'));
  if (blocks === undefined || axes === undefined) return undefined;
  return { blocks: objects.tuple(blocks), axes: objects.list(axes) };
}

/** The values of a block, and which columns they are. */
function blockOf(objects: Objects, address: number): { values: number; places: number[] } {
  const values = field(objects, address, 'values', isArray(objects));
  const placement = field(objects, address, '_mgr_locs', (type) => type.short === 'BlockPlacement');
  if (values === undefined || placement === undefined) throw new Error('a block of another kind');
  return { values, places: attempt(() => placesOf(objects, placement), []) };
}

function placesOf(objects: Objects, placement: number): number[] {
  const type = objects.process.types.of(placement);
  const slice = field(objects, placement, '_as_slice', isNamed('slice'));
  if (slice !== undefined && objects.process.types.isNative(slice, 'slice')) {
    const [start = 0, stop = 0, step] = ['start', 'stop', 'step'].map((name) =>
      objects.number(objects.word(slice, `slice.${name}`)),
    );
    const by = Number.isNaN(step) ? 1 : (step ?? 1);
    return Array.from(
      { length: Math.max(0, Math.min(MOST_COLUMNS, Math.ceil((stop - start) / by))) },
      (_, at) => start + at * by,
    );
  }
  const array = pointers(objects, placement, type).find(({ type: each }) => isNamed('numpy.ndarray')(each));
  if (array === undefined) return [];
  const list = elements(objects, viewOf(objects, array.value), 0, { items: MOST_COLUMNS });
  return (list.children ?? []).map(({ value }) => Number(value.text));
}

/** The labels of an index, as far as they can be shown. */
function labels(objects: Objects, index: number, count: number, depth: number): PythonValue[] {
  const range = objects.attribute(index, '_range');
  if (range !== undefined)
    return Array.from({ length: count }, (_, at) => ({ type: 'int', text: String(at) }));
  const data = objects.attribute(index, '_data');
  if (data === undefined) return [];
  return attempt(() => {
    const list = elements(objects, unwrapped(objects, data).view, depth, { items: count });
    return (list.children ?? []).map(({ value }) => value);
  }, []);
}

/** Shape, index, and every column by its label, of which the first rows. */
const readFrame: Reader = (objects, address, type, depth) => {
  const manager = managerOf(objects, address);
  const [columns, index] = manager?.axes ?? [];
  if (manager === undefined || columns === undefined || index === undefined)
    return { type: '', text: `<${type.dotted}>`, truncated: true };
  const found: { place: number; value: PythonValue }[] = [];
  let rows: number | undefined;
  let count = 0;
  for (const block of manager.blocks) {
    const { values, places } = blockOf(objects, block);
    const array = attempt(() => unwrapped(objects, values), undefined);
    count += places.length;
    rows ??= array?.view.shape.at(-1);
    places.forEach((place, at) => {
      if (found.length >= objects.limits.items) return;
      const value =
        array === undefined
          ? objects.value(values, depth + 1)
          : columnValue(objects, { values, ...array }, at, depth);
      found.push({ place, value });
    });
  }
  const names = labels(objects, columns, count, depth);
  found.sort((a, b) => a.place - b.place);
  const children: PythonChild[] = [
    {
      name: 'shape',
      value: {
        type: 'tuple',
        text: `(${rows ?? lengthOf(objects, index)}, ${count})`,
      },
    },
    { name: 'index', value: shownIndex(objects, index, depth) },
    ...found.map(({ place, value }) => ({
      key: names[place] ?? { type: 'int', text: String(place) },
      value,
    })),
  ];
  const frame: PythonValue = { type: '', open: `<${type.dotted} `, children, close: '>' };
  return found.length < count ? { ...frame, truncated: true, leftOut: count - found.length } : frame;
};

interface Block {
  values: number;
  view: View;
  around: PythonType | undefined;
}

function columnValue(
  objects: Objects,
  { values, view, around }: Block,
  at: number,
  depth: number,
): PythonValue {
  const { shape, strides, data } = view;
  const column =
    shape.length < 2
      ? view
      : { ...view, data: data + at * (strides[0] ?? 0), shape: shape.slice(1), strides: strides.slice(1) };
  const list = elements(objects, column, depth, { items: MOST_ROWS });
  const name = around === undefined ? '' : `${around.short} `;
  const array: PythonValue = {
    type: 'numpy.ndarray',
    open: `${column.element.name}[`,
    children: list.children ?? [],
    close: ']',
    ...(list.leftOut === undefined ? {} : { truncated: true, leftOut: list.leftOut }),
  };
  return name === '' || around === undefined ? array : extension(objects, values, around, array, depth);
}

function lengthOf(objects: Objects, index: number): number | string {
  const data = objects.attribute(index, '_data');
  if (data === undefined) {
    const range = objects.attribute(index, '_range');
    if (range === undefined) return '?';
    const [start = 0, stop = 0, step = 1] = ['start', 'stop', 'step'].map((name) =>
      objects.number(objects.word(range, `range.${name}`)),
    );
    return Math.max(0, Math.ceil((stop - start) / step));
  }
  return attempt(() => unwrapped(objects, data).view.shape[0] ?? '?', '?');
}

const readSeries: Reader = (objects, address, type, depth) => {
  const manager = managerOf(objects, address);
  const [index] = manager?.axes ?? [];
  const [block] = manager?.blocks ?? [];
  const name = new Map(attributes(objects.process, address, type).map((each) => [each.name, each.value])).get(
    '_name',
  );
  if (index === undefined || block === undefined)
    return { type: '', text: `<${type.dotted}>`, truncated: true };
  const { values } = blockOf(objects, block);
  const named = name !== undefined && !objects.process.types.isNative(name, 'NoneType');
  return {
    type: '',
    open: `<${type.dotted} `,
    children: [
      ...(named ? [{ name: 'name', value: objects.value(name, depth + 1) }] : []),
      { name: 'index', value: shownIndex(objects, index, depth) },
      { value: shown(objects, values, depth) },
    ],
    close: '>',
  };
};

function two(value = 0): string {
  return String(value).padStart(2, '0');
}

const readNotATime: Reader = () => ({ type: '', text: 'NaT' });
const readNotAvailable: Reader = () => ({ type: '', text: '<NA>' });

/** A datetime with nanoseconds. */
const readTimestamp: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const data = memory.bytes(address + layout.at('datetime.data'), 10);
  const micro = data.readUIntBE(7, 3);
  const nano = nanoseconds(objects, address + AFTER_MOMENT, micro);
  const fraction =
    nano === 0
      ? micro === 0
        ? ''
        : String(micro).padStart(6, '0')
      : String(micro * 1000 + nano).padStart(9, '0');
  const date = `${String(data.readUInt16BE(0)).padStart(4, '0')}-${two(data[2])}-${two(data[3])}`;
  const text = `${date} ${two(data[4])}:${two(data[5])}:${two(data[6])}${fraction === '' ? '' : `.${fraction}`}`;
  const moment = { value: { type: 'str', text: `'${text}'` } };
  if (memory.u8(address + layout.at('datetime.hastzinfo')) === 0)
    return { type: '', open: `${type.short}(`, children: [moment], close: ')' };
  const zone = objects.value(memory.u64(address + layout.at('datetime.tzinfo')), depth + 1);
  const offset = offsetOf(repr(zone));
  if (offset !== undefined) {
    const name = dateText('zone', repr(zone)) ?? offset;
    return { type: '', text: `${type.short}('${text}${offset.replaceAll(':', '')}', tz='${name}')` };
  }
  return { type: '', open: `${type.short}(`, children: [moment, { name: 'tz', value: zone }], close: ')' };
};

/** `_value` counts nanoseconds, if its microseconds are those of the date: only then it says what is below them. */
function nanoseconds({ process: { memory } }: Objects, address: number, micro: number): number {
  return attempt(() => {
    const value = memory.bytes(address, 8).readBigInt64LE(0);
    const inSecond = Number(((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    return Math.floor(inSecond / 1000) === micro ? inSecond % 1000 : 0;
  }, 0);
}

const readTimedelta: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const [days, seconds, micro] = ['days', 'seconds', 'microseconds'].map((name) =>
    memory.i32(address + layout.at(`timedelta.${name}`)),
  ) as [number, number, number];
  const nano = nanoseconds(objects, address + AFTER_DURATION, micro);
  const fraction =
    nano === 0
      ? micro === 0
        ? ''
        : String(micro).padStart(6, '0')
      : String(micro * 1000 + nano).padStart(9, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const sign = days < 0 ? '+' : '';
  return {
    type: '',
    text: `${type.short}('${days} days ${sign}${clock}${fraction === '' ? '' : `.${fraction}`}')`,
  };
};

/** Without a zone: with one, `str` says its offset. */
const inQuotes: StrReader = (texts, address) => /^\w+\('([^']*)'\)$/.exec(texts.repr(address))?.[1];

export const PANDAS: Library = {
  reprs: {
    'pandas.DataFrame': readFrame,
    'pandas.core.frame.DataFrame': readFrame,
    'pandas.Series': readSeries,
    'pandas.core.series.Series': readSeries,
    'pandas.Index': readIndex,
    'pandas.core.indexes.base.Index': readIndex,
    'pandas._libs.tslibs.nattype._NaT': readNotATime,
    'pandas._libs.missing.NAType': readNotAvailable,
    'pandas.api.typing.NAType': readNotAvailable,
    'pandas._libs.tslibs.timestamps._Timestamp': readTimestamp,
    'pandas._libs.tslibs.timedeltas._Timedelta': readTimedelta,
  },
  texts: {
    'pandas._libs.tslibs.timestamps._Timestamp': inQuotes,
    'pandas._libs.tslibs.timedeltas._Timedelta': inQuotes,
    'pandas._libs.tslibs.nattype._NaT': () => 'NaT',
    'pandas._libs.missing.NAType': () => '<NA>',
    'pandas.api.typing.NAType': () => '<NA>',
  },
  named: [readFrame, readSeries, readIndex, readNotATime, readNotAvailable, readTimestamp, readTimedelta],
};

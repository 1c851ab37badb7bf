import { dictEntries } from '../dicts.ts';
import { complexRepr, floatRepr } from '../numbers.ts';
import type { Objects, Reader } from '../objects.ts';
import { attempt, type Process } from '../process.ts';
import { bytesRepr, charactersIn, textRepr } from '../text.ts';
import type { PythonType } from '../types.ts';
import { cutMark, repr, withRest, type PythonChild, type PythonValue } from '../value.ts';
import { template, type Library, type StrReader } from './library.ts';

/** PyArrayObject_fields, numpy/core/include/numpy/ndarraytypes.h; the same since NumPy 1.7. */
const ARRAY = { data: 16, dimensions: 24, shape: 32, strides: 40, type: 56 };
const MOST_DIMENSIONS = 64;
const MOST_BYTES = 1 << 20;
// NPY_MIN_INT64: not a time
const NOT_A_TIME = -(2n ** 63n);
/** NPY_DATETIMEUNIT */
const UNITS = ['Y', 'M', 'W', 'B', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as', 'generic'];
const PER_SECOND: Readonly<Record<string, bigint>> = {
  s: 1n,
  ms: 1000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
  ps: 10n ** 12n,
  fs: 10n ** 15n,
  as: 10n ** 18n,
};
const SECONDS: Readonly<Record<string, bigint>> = { W: 604_800n, D: 86_400n, h: 3600n, m: 60n };

/** What an element is. */
interface ElementType {
  /** Address of the dtype object. */
  address: number;
  /** `i`, `u`, `f`, `c`, `b`, `O`, `S`, `U`, `M`, `m`, `V`. */
  kind: string;
  size: number;
  bigEndian: boolean;
  /** `int64`, `<U3`, `datetime64[ns]`. */
  name: string;
  /** Of times: how many of which unit. */
  unit?: { name: string; count: number };
  fields?: { name: string; type: ElementType; offset: number }[];
}

/** A part of the memory that is an array. */
export interface View {
  data: number;
  shape: readonly number[];
  strides: readonly number[];
  element: ElementType;
  /** An array of bools of the same shape: where it is set, `shown` is printed instead of what lies there. */
  mask?: { flags: View; shown: string };
}

/** `2` and `2.5` of 2.5.1: the major version decides where a dtype has its fields. */
function versionOf(objects: Objects): { major: number; minor: number } {
  const [version] = objects.process.types.inModule('numpy', '__version__');
  const [major = 2, minor = 0] = (objects.text(version) ?? '2').split('.').map(Number);
  return { major, minor };
}

/** Reads an array object. Throws where it cannot be one. */
export function viewOf(objects: Objects, address: number): View {
  const { memory } = objects.process;
  const dimensions = memory.i32(address + ARRAY.dimensions);
  if (dimensions < 0 || dimensions > MOST_DIMENSIONS) throw new Error('not an array');
  const words = (start: number): number[] =>
    Array.from({ length: dimensions }, (_, index) => memory.i64(start + index * 8));
  return {
    data: memory.u64(address + ARRAY.data),
    shape: dimensions === 0 ? [] : words(memory.u64(address + ARRAY.shape)),
    strides: dimensions === 0 ? [] : words(memory.u64(address + ARRAY.strides)),
    element: elementType(objects, memory.u64(address + ARRAY.type)),
  };
}

/** `PyArray_Descr`: NumPy 2 has wider flags and sizes, and so everything behind them further on. */
function elementType(objects: Objects, address: number, depth = 0): ElementType {
  const { memory } = objects.process;
  const late = versionOf(objects).major >= 2;
  const [kind = '?', , order] = memory.bytes(address + 24, 3).toString('latin1');
  const size = late ? memory.i64(address + 40) : memory.i32(address + 32);
  const bigEndian = order === '>';
  const bits = size * 8;
  const base: ElementType = { address, kind, size, bigEndian, name: '?' };
  if (kind === 'M' || kind === 'm') {
    // PyArray_DatetimeDTypeMetaData: four words of NpyAuxData, then the unit
    const metadata = memory.u64(address + (late ? 112 : 80));
    const unit = { name: UNITS[memory.i32(metadata + 32)] ?? '?', count: memory.i32(metadata + 36) };
    const shown = unit.name === 'generic' ? '' : `[${unit.count === 1 ? '' : unit.count}${unit.name}]`;
    return { ...base, unit, name: `${kind === 'M' ? 'datetime64' : 'timedelta64'}${shown}` };
  }
  const fields = kind === 'V' && depth < 4 ? fieldsOf(objects, address, late, depth) : [];
  if (fields.length > 0) {
    const shown = fields.map(({ name, type }) => `(${textRepr(name)}, '${type.name}')`);
    return { ...base, fields, name: `[${shown.join(', ')}]` };
  }
  const words: Record<string, string> = {
    b: 'bool',
    i: `int${bits}`,
    u: `uint${bits}`,
    f: `float${bits}`,
    c: `complex${bits}`,
    O: 'object',
    S: `S${size}`,
    U: `<U${size / 4}`,
    V: `void${bits}`,
    T: 'StringDType()',
  };
  const name = words[kind] ?? kind;
  return { ...base, name: bigEndian && /[iufc]/.test(kind) ? `>${kind}${size}` : name };
}

function fieldsOf(
  objects: Objects,
  address: number,
  late: boolean,
  depth: number,
): NonNullable<ElementType['fields']> {
  const { memory } = objects.process;
  const dict = memory.u64(address + (late ? 96 : 48));
  const names = new Set(
    objects.tuple(memory.u64(address + (late ? 104 : 56))).map((each) => objects.text(each)),
  );
  const fields = attempt(() => dictEntries(objects.process, dict), []).flatMap(({ key, value }) => {
    const [type, offset] = objects.tuple(value);
    const name = objects.text(key);
    const at = objects.number(offset);
    return type === undefined || name === undefined || Number.isNaN(at)
      ? []
      : [{ name, type: elementType(objects, type, depth + 1), offset: at }];
  });
  // a title of a field is a second key
  return fields.filter(({ name }) => names.has(name));
}

/** One row of the first dimension. */
function partOf({ data, shape, strides, element, mask }: View, index: number): View {
  const part = {
    data: data + index * (strides[0] ?? 0),
    shape: shape.slice(1),
    strides: strides.slice(1),
    element,
  };
  return mask === undefined ? part : { ...part, mask: { ...mask, flags: partOf(mask.flags, index) } };
}

/** The elements as nested lists, `left` of them in all. */
export function elements(
  objects: Objects,
  view: View,
  depth: number,
  left = { items: objects.limits.items },
): PythonValue {
  const { data, shape, element, mask } = view;
  const [length] = shape;
  if (length === undefined) {
    left.items -= 1;
    if (mask !== undefined && attempt(() => objects.process.memory.u8(mask.flags.data), 1) !== 0)
      return { type: element.name, text: mask.shown };
    return attempt(() => elementValue(objects, data, element, depth), {
      type: '?',
      text: '?',
      truncated: true,
    });
  }
  const children: PythonChild[] = [];
  for (let index = 0; index < length && left.items > 0; index += 1) {
    children.push({ value: elements(objects, partOf(view, index), depth, left) });
  }
  const list: PythonValue = { type: 'list', open: '[', children, close: ']' };
  return children.length < length ? { ...list, truncated: true, leftOut: length - children.length } : list;
}

/** One element as Python would show what `item()` gives. */
function elementValue(objects: Objects, address: number, type: ElementType, depth: number): PythonValue {
  const { memory } = objects.process;
  const plain = (text: string): PythonValue => ({ type: type.name, text });
  if (type.kind === 'O') return objects.value(memory.u64(address), depth + 1);
  if (type.fields !== undefined) {
    const children = type.fields.slice(0, objects.limits.items).map((field) => ({
      name: field.name,
      value: elementValue(objects, address + field.offset, field.type, depth + 1),
    }));
    return { type: 'tuple', open: '(', ...withRest(children, type.fields.length), close: ')' };
  }
  if (type.kind === 'S') {
    const [bytes, mark] = trimmed(objects, address, type.size, 1);
    return {
      type: 'bytes',
      string: bytes.toString('latin1'),
      text: `b${bytesRepr(bytes)}${mark}`,
      ...(mark === '' ? {} : { truncated: true }),
    };
  }
  if (type.kind === 'U') {
    const [bytes, mark] = trimmed(objects, address, type.size, 4);
    const { text, characters } = charactersIn(bytes, 4);
    return {
      type: 'str',
      string: text,
      text: `${textRepr(text, characters)}${mark}`,
      ...(mark === '' ? {} : { truncated: true }),
    };
  }
  const own = memory.bytes(address, type.size);
  const bytes = type.bigEndian ? Buffer.from(own).reverse() : own;
  if (type.kind === 'b') return plain(bytes[0] === 0 ? 'False' : 'True');
  if (type.kind === 'M' || type.kind === 'm') return plain(timeText(type, bytes.readBigInt64LE(0)));
  if (type.kind === 'i' || type.kind === 'u') return plain(String(integer(bytes, type.kind === 'i')));
  const [real, imaginary] =
    type.kind === 'c' ? [bytes.subarray(0, type.size / 2), bytes.subarray(type.size / 2)] : [bytes];
  const first = real === undefined ? undefined : float(real);
  const second = imaginary === undefined ? undefined : float(imaginary);
  if (first === undefined || (type.kind !== 'f' && second === undefined))
    return { ...plain(`<${type.name} not read>`), truncated: true };
  const { major, minor } = versionOf(objects);
  const text = (size: number) => (value: number) =>
    floatText(value, size, major > 2 || (major === 2 && minor >= 3));
  return plain(
    second === undefined ? text(type.size)(first) : complexRepr(first, second, text(type.size / 2)),
  );
}

/** A text without the zeros that fill it up, and the mark of what is over the limit. */
function trimmed(objects: Objects, address: number, size: number, width: number): [Buffer, string] {
  const { characters } = objects.limits;
  const bytes = objects.process.memory.bytes(address, Math.min(size, MOST_BYTES));
  let end = bytes.length;
  while (end >= width && bytes.subarray(end - width, end).every((byte) => byte === 0)) end -= width;
  const left = end / width - characters;
  const known = size <= MOST_BYTES ? left : undefined;
  const mark = left > 0 ? cutMark(known, width === 1 ? 'bytes' : 'characters') : '';
  return [bytes.subarray(0, Math.min(end, characters * width)), mark];
}

function integer(bytes: Buffer, signed: boolean): number | bigint {
  if (bytes.length === 8) return signed ? bytes.readBigInt64LE(0) : bytes.readBigUInt64LE(0);
  return signed ? bytes.readIntLE(0, bytes.length) : bytes.readUIntLE(0, bytes.length);
}

/** Undefined for a long double, which has more digits than can be shown. */
function float(bytes: Buffer): number | undefined {
  if (bytes.length === 8) return bytes.readDoubleLE(0);
  if (bytes.length === 4) return bytes.readFloatLE(0);
  if (bytes.length !== 2) return undefined;
  const half = bytes.readUInt16LE(0);
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The float16 nearest to a number: ten bits behind the first one, and no exponent below -14. */
function nearestHalf(value: number): number {
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  return Math.round(value / step) * step;
}

/**
 * The shortest digits that come back as the same value of that size: `0.1` of a float32. As of NumPy 2.3 with an exponent
 * from where not every integer has digits of its own (scalartypes.c.src).
 */
function floatText(value: number, size: number, early: boolean): string {
  if (size === 8 || !Number.isFinite(value) || value === 0) return floatRepr(value);
  const most = early ? (size === 4 ? 1e6 : 1e3) : 1e16;
  const withExponent = Math.abs(value) < 1e-4 || Math.abs(value) >= most;
  for (let digits = 1; digits < 10; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if ((size === 4 ? Math.fround(short) : nearestHalf(short)) === value)
      return floatRepr(short, withExponent);
  }
  return floatRepr(value, withExponent);
}

/** A time as NumPy writes it, in the unit that it has. */
function timeText({ kind, unit }: ElementType, value: bigint): string {
  if (value === NOT_A_TIME) return "'NaT'";
  if (kind === 'm') return String(value);
  return `'${dateText(value * BigInt(unit?.count ?? 1), unit?.name ?? '?')}'`;
}

function dateText(amount: bigint, unit: string): string {
  if (unit === 'Y') return yearText(1970n + amount);
  if (unit === 'M') {
    const years = floorDivide(amount, 12n);
    return `${yearText(1970n + years)}-${String(amount - years * 12n + 1n).padStart(2, '0')}`;
  }
  const per = PER_SECOND[unit];
  if (per === undefined && SECONDS[unit] === undefined) return `${amount} ${unit}`;
  const seconds = per === undefined ? amount * (SECONDS[unit] ?? 0n) : floorDivide(amount, per);
  // The calendar repeats every 400 years, of 146,097 days: any year is shown as one that JavaScript's dates have.
  const cycles = floorDivide(seconds, 146_097n * 86_400n);
  const within = new Date(Number(seconds - cycles * 146_097n * 86_400n) * 1000);
  const iso = within.toISOString().slice(4);
  const short = { W: 6, D: 6, h: 9, m: 12 }[unit] ?? 15;
  const rest =
    per === undefined || per === 1n
      ? ''
      : String(amount - seconds * per).padStart(String(per).length - 1, '0');
  const year = yearText(BigInt(within.getUTCFullYear()) + 400n * cycles);
  return `${year}${iso.slice(0, short)}${rest === '' ? '' : `.${rest}`}`;
}

/** `%04d`: the sign is one of the four. */
function yearText(year: bigint): string {
  return year < 0n ? `-${String(-year).padStart(3, '0')}` : String(year).padStart(4, '0');
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** Shape and dtype first: the elements are what a page cuts off. */
export function arrayValue(objects: Objects, view: View, name: string, depth: number): PythonValue {
  const items = view.shape.length === 1 ? `${view.shape[0]},` : view.shape.join(', ');
  return {
    type: 'numpy.ndarray',
    open: `<${name} `,
    children: [
      { name: 'shape', value: { type: 'tuple', text: `(${items})` } },
      { name: 'dtype', value: { type: 'numpy.dtype', text: quotedName(view.element) } },
      { value: elements(objects, view, depth) },
    ],
    close: '>',
  };
}

/** As in `dtype='<U3'`, `dtype=int64`. */
function quotedName({ name }: ElementType): string {
  return /^\w+$|^\[\(/.test(name) ? name : `'${name}'`;
}

const readArray: Reader = (objects, address, type, depth) =>
  arrayValue(objects, viewOf(objects, address), type.dotted, depth);

/** The mask is an array of its own, or `nomask`, a single False; that of a structured array is one of records. */
const readMaskedArray: Reader = (objects, address, type, depth) => {
  const view = viewOf(objects, address);
  const held = objects.attribute(address, '_mask');
  const kind = held === undefined ? '' : objects.process.types.of(held).dotted;
  if (/^numpy\.bool_?$/.test(kind)) return arrayValue(objects, view, type.dotted, depth);
  const flags = held === undefined || kind !== 'numpy.ndarray' ? undefined : viewOf(objects, held);
  if (flags?.element.kind !== 'b' || flags.shape.join() !== view.shape.join())
    return { type: '', text: `<${type.dotted}>`, truncated: true };
  return arrayValue(objects, { ...view, mask: { flags, shown: '--' } }, type.dotted, depth);
};

/** `numpy.ma.masked`, of which there is one. */
const readMasked: Reader = () => ({ type: '', text: 'masked' });

const readType: Reader = (objects, address) => {
  const { name } = elementType(objects, address);
  return { type: '', text: name.startsWith('[') ? `dtype(${name})` : `dtype('${name}')` };
};

const LONG_NAMES: Readonly<Record<string, readonly [string, number]>> = {
  bool: ['b', 1],
  bool_: ['b', 1],
  half: ['f', 2],
  single: ['f', 4],
  double: ['f', 8],
  intc: ['i', 4],
  uintc: ['u', 4],
  intp: ['i', 8],
  uintp: ['u', 8],
  longlong: ['i', 8],
  ulonglong: ['u', 8],
};
const KINDS: Readonly<Record<string, string>> = { int: 'i', uint: 'u', float: 'f', complex: 'c' };

/** A scalar has its value behind the header of the object. */
const readScalar: Reader = (objects, address, type, depth) => {
  const native = type.bases.find((each) => each.native) ?? type;
  const late = versionOf(objects).major >= 2;
  const element = scalarType(objects.process, native, address);
  if (element === undefined) return { type: '', text: `<${type.dotted}>`, truncated: true };
  const value = elementValue(objects, address + 16, element, depth);
  const name = native.name;
  if (element.unit !== undefined)
    value.text = `${value.text ?? '?'}${unitOf(element, value.text === "'NaT'", versionOf(objects))}`;
  if (element.kind === 'b')
    return { type: '', text: late ? `np.${value.text ?? '?'}_` : (value.text ?? '?') };
  const called = late ? 'np' : 'numpy';
  if (!late && element.kind !== 'M' && element.kind !== 'm') return value;
  const inner = value.text ?? '?';
  return { ...value, text: `${called}.${name}(${/^\(.*\)$/.test(inner) ? inner.slice(1, -1) : inner})` };
};

/** What follows in the `repr` of a time: its unit, where its text does not say it. */
function unitOf(
  { kind, unit }: ElementType,
  noTime: boolean,
  says: { major: number; minor: number },
): string {
  if (unit === undefined) return '';
  const count = unit.count === 1 ? '' : String(unit.count);
  // what is no time has no text that would say it
  const late = kind === 'M' && noTime && (says.major > 2 || (says.major === 2 && says.minor >= 4));
  const said = unit.name === 'generic' || (kind === 'M' && count === '' && unit.name !== 'h');
  return said && !late ? '' : `,'${count}${unit.name}'`;
}

const LONG_UNITS: Readonly<Record<string, string>> = {
  Y: 'years',
  M: 'months',
  W: 'weeks',
  D: 'days',
  h: 'hours',
  m: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  ps: 'picoseconds',
  fs: 'femtoseconds',
  as: 'attoseconds',
  generic: 'generic time units',
};

/** `str` of a scalar: what lies between the brackets of its `repr`, and of a duration the unit in full. */
const scalarText: StrReader = ({ objects }, address, type) => {
  const native = type.bases.find((each) => each.native) ?? type;
  const element = scalarType(objects.process, native, address);
  if (element === undefined) return undefined;
  const { text, truncated } = elementValue(objects, address + 16, element, 0);
  if (text === undefined || truncated === true) return undefined;
  if (element.kind === 'M' || text === "'NaT'") return text.slice(1, -1);
  if (element.kind !== 'm') return text;
  const value = BigInt(text) * BigInt(element.unit?.count ?? 1);
  return `${value} ${LONG_UNITS[element.unit?.name ?? ''] ?? '?'}`;
};

const textBase = ({ name }: PythonType): string => (name === 'bytes_' ? 'bytes' : 'str');

/** `np.str_('a')`, of a text that is a str or bytes too. */
const readTextScalar: Reader = (objects, address, type) => {
  const value = objects.asBase(address, textBase(type)) ?? { type: '' };
  return versionOf(objects).major < 2 ? value : { ...value, text: `np.${type.name}(${value.text ?? '?'})` };
};

function scalarType({ memory }: Process, type: PythonType, address: number): ElementType | undefined {
  const base = { address: 0, bigEndian: false, name: type.name };
  if (type.name === 'datetime64' || type.name === 'timedelta64') {
    const unit = { name: UNITS[memory.i32(address + 24)] ?? '?', count: memory.i32(address + 28) };
    return { ...base, kind: type.name === 'datetime64' ? 'M' : 'm', size: 8, unit };
  }
  const [, word = '', bits] = /^([a-z]+)(\d+)$/.exec(type.name) ?? [];
  const kind = KINDS[word];
  const [known, size] = LONG_NAMES[type.name] ?? (kind === undefined ? [] : [kind, Number(bits) / 8]);
  return known === undefined || size === undefined ? undefined : { ...base, kind: known, size };
}

const SCALARS = [
  ...Object.keys(LONG_NAMES),
  ...[8, 16, 32, 64].flatMap((bits) => [`int${bits}`, `uint${bits}`]),
  ...[16, 32, 64, 128].map((bits) => `float${bits}`),
  ...[64, 128, 256].map((bits) => `complex${bits}`),
  'datetime64',
  'timedelta64',
];

export const NUMPY: Library = {
  reprs: {
    'numpy.ndarray': readArray,
    'numpy.ma.MaskedArray': readMaskedArray,
    'numpy.ma.core.MaskedArray': readMaskedArray,
    'numpy.ma.MaskedConstant': readMasked,
    'numpy.ma.core.MaskedConstant': readMasked,
    'numpy.dtype': readType,
    'numpy.str_': readTextScalar,
    'numpy.bytes_': readTextScalar,
    ...Object.fromEntries(SCALARS.map((name) => [`numpy.${name}`, readScalar])),
  },
  named: [readArray, readMaskedArray, readMasked, readType, readScalar],
  texts: {
    ...Object.fromEntries(SCALARS.map((name) => [`numpy.${name}`, scalarText])),
    'numpy.str_': ({ objects }, address) => objects.text(address),
    'numpy.bytes_': ({ objects }, address) => repr(objects.asBase(address, 'bytes') ?? { type: '' }),
    'numpy.ma.MaskedConstant': () => '--',
    'numpy.ma.core.MaskedConstant': () => '--',
    'numpy.exceptions.AxisError': axisText,
    'numpy.AxisError': axisText,
  },
};

function axisText(...given: Parameters<NonNullable<Library['texts']>[string]>): string | undefined {
  const [texts, address] = given;
  const [axis, message] = ['axis', '_msg'].map((name) => texts.objects.attribute(address, name));
  if (message !== undefined && (axis === undefined || texts.isNone(axis))) return texts.str(message);
  const front = message === undefined || texts.isNone(message) ? '' : `${texts.str(message)}: `;
  const text = template('axis {axis} is out of bounds for array of dimension {ndim}')(...given);
  return text === undefined ? undefined : `${front}${text}`;
}

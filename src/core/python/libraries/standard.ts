import { attributes } from '../attributes.ts';
import { readCounter } from '../containers.ts';
import { dictEntries } from '../dicts.ts';
import { decimalText } from '../numbers.ts';
import { shortName, type Objects, type Reader } from '../objects.ts';
import { attempt } from '../process.ts';
import { textRepr } from '../text.ts';
import type { PythonType } from '../types.ts';
import type { PythonValue } from '../value.ts';
import type { Library } from './library.ts';

/** What was looked for is not there: the value is shown by its class alone. */
function unread(type: PythonType): PythonValue {
  return { type: type.dotted, text: `<${type.dotted}>`, truncated: true };
}

const readUuid: Reader = (objects, address, type) => {
  const number = objects.attribute(address, 'int');
  const value = number === undefined ? undefined : objects.value(number, 1).text;
  if (value === undefined || !/^\d+$/.test(value)) return unread(type);
  const digits = BigInt(value).toString(16).padStart(32, '0');
  const text = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, '$1-$2-$3-$4-$5');
  return { type: type.dotted, string: text, text: `${shortName(type)}('${text}')` };
};

const readFraction: Reader = (objects, address, type, depth) => {
  const parts = ['_numerator', '_denominator'].map((name) => objects.attribute(address, name) ?? 0);
  return { type: type.dotted, open: `${shortName(type)}(`, ...objects.items(parts, depth), close: ')' };
};

/** pathlib keeps parts up to 3.11, then the words that it was made of; joined only when it was asked for. */
const readPath: Reader = (objects, address, type) => {
  const { process } = objects;
  const there = new Map(attributes(process, address, type).map(({ name, value }) => [name, value]));
  const words = (name: string): string[] => {
    const list = there.get(name);
    if (list === undefined) return [];
    return (objects.value(list, 1).children ?? []).map((child) => child.value.string ?? '?');
  };
  const root = `${objects.text(there.get('_drv')) ?? ''}${objects.text(there.get('_root')) ?? ''}`;
  let text = objects.text(there.get('_str')) ?? objects.text(there.get('_raw_path'));
  if (text === undefined && there.has('_raw_paths')) text = joinPath(words('_raw_paths'));
  if (text === undefined && there.has('_parts')) {
    const parts = words('_parts');
    text = root === '' ? parts.join('/') : root + parts.slice(1).join('/');
  }
  if (text === undefined) return unread(type);
  const shown = textRepr(
    text === '' ? '.' : type.short.includes('Windows') ? text.replaceAll('\\', '/') : text,
  );
  return { type: type.dotted, string: text, text: `${shortName(type)}(${shown})` };
};

function joinPath(words: readonly string[]): string {
  let joined = '';
  for (const word of words) {
    if (word.startsWith('/')) joined = word;
    else if (word !== '')
      joined = joined === '' || joined.endsWith('/') ? joined + word : `${joined}/${word}`;
  }
  return joined.length > 1 ? joined.replace(/\/+$/, '').replaceAll(/\/+/g, '/') : joined;
}

const readEnum: Reader = (objects, address, type, depth) => {
  const name = objects.text(objects.attribute(address, '_name_')) ?? flagNames(objects, address, type);
  const value = objects.attribute(address, '_value_');
  return {
    type: '',
    open: `<${shortName(type)}${name === '' ? '' : '.'}${name}: `,
    children: value === undefined ? [] : [{ value: objects.value(value, depth + 1) }],
    close: '>',
  };
};

function isIn(value: number, bits: bigint): boolean {
  return (bits & BigInt(value)) === BigInt(value);
}

/** A combination of flags without a name of its own; up to 3.10 its `repr` names its parts: Lib/enum.py, _decompose. */
function flagNames(objects: Objects, address: number, type: PythonType): string {
  const { layout, types } = objects.process;
  if (layout.minor >= 11) return '';
  const valueOf = (member: number): number => objects.number(objects.attribute(member, '_value_'));
  const whole = valueOf(address);
  if (Number.isNaN(whole)) return '?';
  const map = types.attribute(type, '_value2member_map_') ?? 0;
  const members = attempt(() => dictEntries(objects.process, map), [])
    .map(({ value }) => ({ name: objects.text(objects.attribute(value, '_name_')), value: valueOf(value) }))
    .filter(({ value }) => value !== 0 && !Number.isNaN(value));
  const parts = members.filter(({ name, value }) => name !== undefined && isIn(value, BigInt(whole)));
  // as of 3.9 bits without a name are shown only where no name covers them
  const rest =
    layout.minor === 8
      ? BigInt(whole)
      : parts.reduce((bits, { value }) => bits & ~BigInt(value), BigInt(whole));
  // of a negative value only names are
  if (whole > 0)
    parts.push(
      ...members.filter(
        ({ name, value }) => name === undefined && Number.isInteger(Math.log2(value)) && isIn(value, rest),
      ),
    );
  parts.sort((a, b) => b.value - a.value);
  if (parts.length > 1 && parts[0]?.value === whole) parts.shift();
  return parts.length === 0 ? String(whole) : parts.map(({ name, value }) => name ?? String(value)).join('|');
}

/** `collections.UserDict` and its like: what they hold. */
function readWrapped(attribute: string): Reader {
  return (objects, address, type, depth) => {
    const held = objects.attribute(address, attribute);
    return held === undefined ? unread(type) : { ...objects.value(held, depth + 1) };
  };
}

const readChainMap: Reader = (objects, address, type, depth) => {
  const maps = objects.attribute(address, 'maps');
  const children = maps === undefined ? [] : (objects.value(maps, depth + 1).children ?? []);
  return { type: type.dotted, open: `${shortName(type)}(`, children, close: ')' };
};

function readAddress(length: 4 | 6): Reader {
  return (objects, address, type) => {
    const text = addressText(objects, address, length);
    return text === undefined ? unread(type) : { type: type.dotted, text: `${shortName(type)}('${text}')` };
  };
}

function addressText(objects: Objects, address: number, length: 4 | 6): string | undefined {
  const held = objects.attribute(address, '_ip');
  const value = held === undefined ? undefined : objects.value(held, 1).text;
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  const number = BigInt(value);
  if (length === 4) return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
  const zone = objects.text(objects.attribute(address, '_scope_id'));
  const groups = number.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  const short = groups.map((group) => group.replace(/^0+(?=.)/, ''));
  const runs = [...short.join(':').matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].sort(
    (a, b) => b[0].length - a[0].length,
  );
  const [longest] = runs;
  const text = short.join(':');
  const compressed =
    longest === undefined
      ? text
      : `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
  return zone === undefined ? compressed : `${compressed}%${zone}`;
}

function readNetwork(length: 4 | 6): Reader {
  return (objects, address, type) => {
    // an interface is an address itself
    const base = objects.attribute(address, 'network_address') ?? address;
    const text = addressText(objects, base, length);
    const prefix = objects.number(objects.attribute(address, '_prefixlen'));
    if (text === undefined || Number.isNaN(prefix)) return unread(type);
    return { type: type.dotted, text: `${shortName(type)}('${text}/${prefix}')` };
  };
}

/** Lib/_pydatetime.py, _get_class_module: it says that it is `datetime`. */
function inDatetime({ module, name }: PythonType): string {
  return `${module === '_pydatetime' ? 'datetime' : module}.${name}`;
}

// Lib/_pydatetime.py: the fields of `datetime` written in Python, `hour` after `_hour`.
function readPythonDate(fields: readonly string[], optional: readonly string[]): Reader {
  return (objects, address, type, depth) => {
    const number = (name: string): number => objects.number(objects.attribute(address, `_${name}`));
    const parts = fields.map(number);
    const rest = optional.map(number);
    while (rest.length > 0 && rest.at(-1) === 0) rest.pop();
    if ([...parts, ...rest].some(Number.isNaN)) return unread(type);
    const front = `${inDatetime(type)}(${[...parts, ...rest].join(', ')}`;
    const fold = number('fold') === 1 ? ', fold=1' : '';
    const zone = objects.attribute(address, '_tzinfo');
    const shown = zone === undefined ? undefined : objects.value(zone, depth + 1);
    if (shown === undefined || shown.text === 'None') return { type: '', text: `${front}${fold})` };
    // Lib/_pydatetime.py writes the zone before the fold, Modules/_datetimemodule.c after it
    return { type: '', open: `${front}, `, children: [{ name: 'tzinfo', value: shown }], close: `${fold})` };
  };
}

const readPythonDelta: Reader = (objects, address, type) => {
  const parts = ['days', 'seconds', 'microseconds'].map((name) => ({
    name,
    value: objects.number(objects.attribute(address, `_${name}`)),
  }));
  if (parts.some(({ value }) => Number.isNaN(value))) return unread(type);
  const shown = parts.filter(({ value }) => value !== 0).map(({ name, value }) => `${name}=${value}`);
  return { type: '', text: `${inDatetime(type)}(${shown.length === 0 ? '0' : shown.join(', ')})` };
};

const readPythonZone: Reader = (objects, address, type, depth) => {
  const [offset, name] = ['_offset', '_name'].map((each) => objects.attribute(address, each));
  if (offset === undefined) return unread(type);
  const shown = objects.value(offset, depth + 1);
  const named = name !== undefined && !objects.process.types.isNative(name, 'NoneType');
  if (!named && shown.text === 'datetime.timedelta(0)') return { type: '', text: 'datetime.timezone.utc' };
  const items = named ? [offset, name] : [offset];
  return { type: '', open: `${inDatetime(type)}(`, ...objects.items(items, depth), close: ')' };
};

/** Lib/_pydecimal.py: sign, digits as a str, and an exponent that is a letter for what is no number. */
const readPythonDecimal: Reader = (objects, address, type) => {
  const sign = objects.number(objects.attribute(address, '_sign'));
  const digits = objects.text(objects.attribute(address, '_int'));
  const exponent = objects.attribute(address, '_exp');
  const letter = objects.text(exponent);
  if (digits === undefined || Number.isNaN(sign) || exponent === undefined) return unread(type);
  const minus = sign === 1 ? '-' : '';
  if (letter === 'F') return { type: '', text: `Decimal('${minus}Infinity')` };
  if (letter !== undefined)
    return {
      type: '',
      text: `Decimal('${minus}${letter === 'N' ? 's' : ''}NaN${digits.replace(/^0$/, '')}')`,
    };
  const number = objects.number(exponent);
  if (Number.isNaN(number)) return unread(type);
  return { type: '', text: `Decimal('${decimalText(sign === 1, digits, number)}')` };
};

const readDate = readPythonDate(['year', 'month', 'day'], []);
const readDateTime = readPythonDate(['year', 'month', 'day', 'hour', 'minute'], ['second', 'microsecond']);
const readTime = readPythonDate(['hour', 'minute'], ['second', 'microsecond']);
const [readIp4, readIp6, readNet4, readNet6] = [
  readAddress(4),
  readAddress(6),
  readNetwork(4),
  readNetwork(6),
];

/** Lib/typing.py: `typing.ClassVar` */
const readSpecialForm: Reader = (objects, address, type) => {
  const name = objects.text(objects.attribute(address, '_name'));
  return name === undefined ? unread(type) : { type: '', text: `typing.${name}` };
};

/** What the standard library writes in Python. */
export const STANDARD: Library = {
  reprs: {
    'uuid.UUID': readUuid,
    'fractions.Fraction': readFraction,
    'pathlib.PurePath': readPath,
    'pathlib._local.PurePath': readPath,
    'enum.Enum': readEnum,
    'enum.Flag': readEnum,
    'enum.IntFlag': readEnum,
    'collections.Counter': readCounter,
    'typing._SpecialForm': readSpecialForm,
    'collections.ChainMap': readChainMap,
    'collections.UserDict': readWrapped('data'),
    'collections.UserList': readWrapped('data'),
    'collections.UserString': readWrapped('data'),
    'ipaddress.IPv4Address': readIp4,
    'ipaddress.IPv6Address': readIp6,
    'ipaddress.IPv4Interface': readNetwork(4),
    'ipaddress.IPv6Interface': readNetwork(6),
    'ipaddress.IPv4Network': readNet4,
    'ipaddress.IPv6Network': readNet6,
    'datetime.date': readDate,
    'datetime.datetime': readDateTime,
    'datetime.time': readTime,
    'datetime.timedelta': readPythonDelta,
    'datetime.timezone': readPythonZone,
    '_pydatetime.date': readDate,
    '_pydatetime.datetime': readDateTime,
    '_pydatetime.time': readTime,
    '_pydatetime.timedelta': readPythonDelta,
    '_pydatetime.timezone': readPythonZone,
    'decimal.Decimal': readPythonDecimal,
    '_pydecimal.Decimal': readPythonDecimal,
  },
  named: [
    readSpecialForm,
    readCounter,
    readUuid,
    readFraction,
    readPath,
    readEnum,
    readChainMap,
    readIp4,
    readIp6,
    readNet4,
    readNet6,
    readDate,
    readDateTime,
    readTime,
    readPythonDelta,
    readPythonZone,
  ],
};

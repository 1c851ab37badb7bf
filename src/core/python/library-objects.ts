import { attributes } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { decimalText } from './numbers.ts';
import { hex, shortName, type Objects, type Reader } from './objects.ts';
import { attempt } from './process.ts';
import { textRepr } from './text.ts';
import type { PythonType } from './types.ts';
import type { PythonValue } from './value.ts';

// Modules/_datetimemodule.c: a year in two bytes, big-endian, then a byte each; microseconds in three.
const readDate: Reader = ({ process: { memory, layout } }, address, type) => {
  const data = memory.bytes(address + layout.at('date.data'), 4);
  return {
    type: type.dotted,
    text: `datetime.${type.name}(${data.readUInt16BE(0)}, ${data[2]}, ${data[3]})`,
  };
};

const readDateTime: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const data = memory.bytes(address + layout.at('datetime.data'), 10);
  const parts = [data.readUInt16BE(0), ...data.subarray(2, 6)];
  pushSeconds(parts, data[6] ?? 0, data.readUIntBE(7, 3));
  return withZone(objects, address, type, parts, 'datetime', depth);
};

const readTime: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const data = memory.bytes(address + layout.at('time.data'), 6);
  const parts = [...data.subarray(0, 2)];
  pushSeconds(parts, data[2] ?? 0, data.readUIntBE(3, 3));
  return withZone(objects, address, type, parts, 'time', depth);
};

function pushSeconds(parts: number[], second: number, microsecond: number): void {
  if (microsecond !== 0) parts.push(second, microsecond);
  else if (second !== 0) parts.push(second);
}

function withZone(
  objects: Objects,
  address: number,
  type: PythonType,
  parts: readonly number[],
  structure: 'datetime' | 'time',
  depth: number,
): PythonValue {
  const { memory, layout } = objects.process;
  const front = `datetime.${type.name}(${parts.join(', ')}`;
  const fold = memory.u8(address + layout.at(`${structure}.fold`)) === 1 ? ', fold=1' : '';
  if (memory.u8(address + layout.at(`${structure}.hastzinfo`)) === 0) {
    return { type: type.dotted, text: `${front}${fold})` };
  }
  const zone = objects.value(memory.u64(address + layout.at(`${structure}.tzinfo`)), depth + 1);
  return {
    type: type.dotted,
    open: `${front}${fold}, `,
    children: [{ name: 'tzinfo', value: zone }],
    close: ')',
  };
}

const readTimeDelta: Reader = ({ process: { memory, layout } }, address, type) => {
  const parts = ['days', 'seconds', 'microseconds']
    .map((name) => `${name}=${memory.i32(address + layout.at(`timedelta.${name}`))}`)
    .filter((part) => !part.endsWith('=0'));
  return { type: type.dotted, text: `datetime.${type.name}(${parts.length === 0 ? '0' : parts.join(', ')})` };
};

const readTimeZone: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const offset = memory.u64(address + layout.at('timezone.offset'));
  const name = memory.u64(address + layout.at('timezone.name'));
  const shown = objects.value(offset, depth + 1);
  if (shown.text === 'datetime.timedelta(0)' && name === 0)
    return { type: type.dotted, text: 'datetime.timezone.utc' };
  const items = name === 0 ? [offset] : [offset, name];
  return { type: type.dotted, open: 'datetime.timezone(', ...objects.items(items, depth), close: ')' };
};

// Flags of libmpdec: MPD_NEG, MPD_INF, MPD_NAN, MPD_SNAN; 19 decimal digits in a word.
const readDecimal: Reader = ({ process: { memory, layout } }, address, type) => {
  const flags = memory.u8(address + layout.at('decimal.flags'));
  const negative = (flags & 1) !== 0;
  let text: string;
  if ((flags & 2) !== 0) text = negative ? '-Infinity' : 'Infinity';
  else if ((flags & 12) !== 0) text = `${negative ? '-' : ''}${(flags & 8) === 0 ? '' : 's'}NaN`;
  else {
    const words = Math.min(memory.u64(address + layout.at('decimal.length')), 300);
    const data = memory.bytes(memory.u64(address + layout.at('decimal.data')), words * 8);
    let digits = '';
    for (let at = words - 1; at >= 0; at -= 1)
      digits += String(data.readBigUInt64LE(at * 8)).padStart(19, '0');
    const coefficient = digits.replace(/^0+(?=.)/, '');
    text = decimalText(negative, coefficient, memory.i64(address + layout.at('decimal.exponent')));
  }
  return { type: type.dotted, text: `${type.name}('${text}')` };
};

const readUuid: Reader = (objects, address, type) => {
  const number = objects.attribute(address, 'int');
  const value = number === undefined ? undefined : objects.value(number, 1).text;
  if (value === undefined || !/^\d+$/.test(value))
    return { type: type.dotted, text: `<uuid.UUID at ${hex(address)}>` };
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
  return {
    type: type.dotted,
    string: text ?? '',
    text: `${shortName(type)}(${textRepr(text === '' ? '.' : (text ?? '?'))})`,
  };
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

/** As Django shows it; all that it holds is in the report's `request`, not once more in every frame. */
const readDjangoRequest: Reader = (objects, address, type) => {
  const there = new Map(attributes(objects.process, address, type).map(({ name, value }) => [name, value]));
  const method = objects.text(there.get('method'));
  const path = objects.text(there.get('path'));
  if (method === undefined || path === undefined) return { type: type.dotted, text: `<${shortName(type)}>` };
  const meta = there.get('META') ?? 0;
  const entry = attempt(() => dictEntries(objects.process, meta, 1000), []).find(
    ({ key }) => objects.text(key, 32) === 'QUERY_STRING',
  );
  const query = objects.text(entry?.value) ?? '';
  const full = query === '' ? path : `${path}?${query}`;
  // A str of its own, so that the redaction sees the query.
  return {
    type: type.dotted,
    open: `<${shortName(type)}: ${method} `,
    children: [{ value: { type: 'str', string: full, text: textRepr(full) } }],
    close: '>',
  };
};

export const LIBRARY_READERS: readonly (readonly [string, Reader])[] = [
  ['datetime.date', readDate],
  ['datetime.datetime', readDateTime],
  ['datetime.time', readTime],
  ['datetime.timedelta', readTimeDelta],
  ['datetime.timezone', readTimeZone],
  ['decimal.Decimal', readDecimal],
  ['uuid.UUID', readUuid],
  ['fractions.Fraction', readFraction],
  ['django.http.request.HttpRequest', readDjangoRequest],
  ['pathlib.PurePath', readPath],
  ['pathlib._local.PurePath', readPath],
];

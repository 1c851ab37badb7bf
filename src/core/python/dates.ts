import { decimalText } from './numbers.ts';
import { nameInC, type Objects, type Reader } from './objects.ts';
import type { PythonType } from './types.ts';
import type { PythonValue } from './value.ts';

const MOST_WORDS = 300;

// Modules/_datetimemodule.c: a year in two bytes, big-endian, then a byte each; microseconds in three.
const readDate: Reader = ({ process: { memory, layout } }, address, type) => {
  const data = memory.bytes(address + layout.at('date.data'), 4);
  return {
    type: type.dotted,
    text: `${nameInC(type)}(${data.readUInt16BE(0)}, ${data[2]}, ${data[3]})`,
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
  const front = `${nameInC(type)}(${parts.join(', ')}`;
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
  return { type: type.dotted, text: `${nameInC(type)}(${parts.length === 0 ? '0' : parts.join(', ')})` };
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
const readDecimal: Reader = ({ process: { memory, layout } }, address) => {
  const flags = memory.u8(address + layout.at('decimal.flags'));
  const sign = (flags & 1) === 0 ? '' : '-';
  if ((flags & 2) !== 0) return { type: '', text: `Decimal('${sign}Infinity')` };
  const length = memory.u64(address + layout.at('decimal.length'));
  if (length > MOST_WORDS) return { type: '', text: `<Decimal of ${length * 19} digits>`, truncated: true };
  const data = memory.bytes(memory.u64(address + layout.at('decimal.data')), length * 8);
  let digits = '';
  for (let at = length - 1; at >= 0; at -= 1)
    digits += String(data.readBigUInt64LE(at * 8)).padStart(19, '0');
  const coefficient = digits.replace(/^0+(?=.)/, '');
  if ((flags & 12) !== 0) {
    const payload = coefficient === '0' ? '' : coefficient;
    return { type: '', text: `Decimal('${sign}${(flags & 8) === 0 ? '' : 's'}NaN${payload}')` };
  }
  const text = decimalText(sign === '-', coefficient, memory.i64(address + layout.at('decimal.exponent')));
  return { type: '', text: `Decimal('${text}')` };
};

/**
 * `str` of what `repr` shows of a date, time or duration, in C or in Python; undefined where the zone has rules that are not
 * read here.
 */
export function dateText(kind: 'date' | 'time' | 'duration' | 'zone', shown: string): string | undefined {
  if (kind === 'zone') return zoneText(shown);
  const inside = /\w\((.*)\)>?$/.exec(shown)?.[1];
  if (inside === undefined) return undefined;
  if (kind === 'duration') return durationText(inside);
  const zone = /tzinfo=(.*)/.exec(inside)?.[1];
  const offset = zone === undefined ? '' : offsetOf(zone);
  const numbers = inside
    .replace(/,? ?(fold|tzinfo)=.*/, '')
    .split(', ')
    .map(Number);
  if (offset === undefined || numbers.some(Number.isNaN)) return undefined;
  const clock = (hour?: number, minute?: number, second?: number, micro = 0): string =>
    `${two(hour)}:${two(minute)}:${two(second)}${micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`}${offset}`;
  const [first, second, third, ...rest] = numbers;
  if (kind === 'time') return clock(first, second, third, rest[0]);
  const date = `${String(first).padStart(4, '0')}-${two(second)}-${two(third)}`;
  return rest.length === 0 ? date : `${date} ${clock(rest[0], rest[1], rest[2], rest[3])}`;
}

/** `+01:00` of a `datetime.timezone(…)`; undefined where the zone has rules. */
export function offsetOf(zone: string): string | undefined {
  if (zone.startsWith('datetime.timezone.utc')) return '+00:00';
  const inside = /^datetime\.timezone\(datetime\.timedelta\(([^)]*)\)/.exec(zone)?.[1];
  if (inside === undefined) return undefined;
  const [days, seconds, micro] = durationParts(inside);
  const total = (days * 86_400 + seconds) * 1_000_000 + micro;
  const [whole, fraction] = [Math.floor(Math.abs(total) / 1_000_000), Math.abs(total) % 1_000_000];
  const rest = whole % 60 === 0 && fraction === 0 ? '' : `:${two(whole % 60)}`;
  const below = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`;
  return `${total < 0 ? '-' : '+'}${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}${rest}${below}`;
}

/** The name that it was given, or else `UTC+01:00`. */
function zoneText(shown: string): string | undefined {
  const named = /\), (['"])(.*)\1\)$/.exec(shown)?.[2];
  // an escape is not undone here
  if (named !== undefined) return named.includes('\\') ? undefined : named;
  const offset = offsetOf(shown);
  return offset === undefined ? undefined : offset === '+00:00' ? 'UTC' : `UTC${offset}`;
}

function durationParts(inside: string): [number, number, number] {
  const part = (name: string): number => Number(new RegExp(`\\b${name}=(-?\\d+)`).exec(inside)?.[1] ?? 0);
  return [part('days'), part('seconds'), part('microseconds')];
}

function two(value = 0): string {
  return String(value).padStart(2, '0');
}

function durationText(inside: string): string {
  const [days, seconds, micro] = durationParts(inside);
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`;
  const front = days === 0 ? '' : `${days} day${Math.abs(days) === 1 ? '' : 's'}, `;
  return `${front}${clock}${fraction}`;
}

/** The types of `_datetime` and `_decimal`; what is written in Python is in `libraries/`. */
export const DATE_READERS: readonly (readonly [string, Reader])[] = [
  ['datetime.date', readDate],
  ['datetime.datetime', readDateTime],
  ['datetime.time', readTime],
  ['datetime.timedelta', readTimeDelta],
  ['datetime.timezone', readTimeZone],
  ['decimal.Decimal', readDecimal],
];

/** They show the name of a subclass themselves. */
export const NAMED_DATES: readonly Reader[] = [readDate, readDateTime, readTime, readTimeDelta];

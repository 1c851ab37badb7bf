import { LIMITS } from '../limits.ts';
import type { Process } from './process.ts';
import { cutMark } from './value.ts';

const SURROGATE_AND_UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u;
const NOT_PLAIN_ASCII = /[^ -~]|\\/;

/** What a str holds. */
export interface Characters {
  /** Two surrogates that would become one character in JavaScript are written as Python escapes them. */
  text: string;
  /** The same, character by character as Python has them. */
  characters: Iterable<string>;
}

interface Place {
  length: number;
  /** Bytes of a character: 1, 2 or 4. */
  width: 1 | 2 | 4;
  /** Address of the first one. */
  data: number;
}

/** The characters of a str object, at most `most` of them; `length` is what it really has. */
export function readText(
  { memory, layout }: Pick<Process, 'memory' | 'layout'>,
  address: number,
  most: number,
): Characters & { length: number } {
  const { length, width, data } = charactersOf({ memory, layout }, address);
  const bytes = memory.bytes(data, Math.min(length, most) * width);
  return { ...charactersIn(bytes, width), length };
}

/** What a str object holds; what is longer ends with `… 17 more characters`. */
export function shownText(
  process: Pick<Process, 'memory' | 'layout'>,
  address: number,
  most: number = LIMITS.characters,
): string {
  const { text, length } = readText(process, address, most);
  return length > most ? text + cutMark(length - most, 'characters') : text;
}

/** One character of a str object, wherever it is. */
export function codePointAt(
  process: Pick<Process, 'memory' | 'layout'>,
  address: number,
  index: number,
): number {
  const { length, width, data } = charactersOf(process, address);
  if (!(index >= 0 && index < length)) throw new Error('no such character');
  return process.memory.bytes(data + index * width, width).readUIntLE(0, width);
}

function charactersOf({ memory, layout }: Pick<Process, 'memory' | 'layout'>, address: number): Place {
  const length = memory.u64(address + layout.at('ascii.length'));
  // struct { interned, kind:3, compact:1, ascii:1, … } in every version, behind the length and the hash; free-threaded 3.14
  // and later have a whole byte for `interned`: Include/cpython/unicodeobject.h.
  const stateAt = layout.at('ascii.length') + 16;
  const state = memory.u32(address + stateAt) >>> (layout.at('ascii.kind') - stateAt * 8);
  const kind = state & 7;
  const compact = (state >>> 3) & 1;
  const ascii = (state >>> 4) & 1;
  const data =
    compact === 1
      ? address + layout.at(ascii === 1 ? 'ascii.size' : 'compactUnicode.size')
      : memory.u64(address + layout.at('unicode.data'));
  if (kind !== 1 && kind !== 2 && kind !== 4) throw new Error('not a str');
  return { length, width: kind, data };
}

/** Latin-1, UCS-2 or UCS-4 units: to Python two surrogates side by side are two characters. */
export function charactersIn(bytes: Buffer, width: 1 | 2 | 4): Characters {
  if (width === 1) {
    const text = bytes.toString('latin1');
    return { text, characters: text };
  }
  const characters: string[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) {
    const point = width === 2 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
    characters.push(String.fromCodePoint(point > 0x10ffff ? 0xfffd : point));
  }
  const joins = (at: number): boolean =>
    /^[\uD800-\uDBFF]$/.test(characters[at] ?? '') && /^[\uDC00-\uDFFF]$/.test(characters[at + 1] ?? '');
  const text = characters
    .map((each, at) => (joins(at) || joins(at - 1) ? escape(each.charCodeAt(0)) : each))
    .join('');
  return { text, characters };
}

/** A str as `repr` shows it: Objects/unicodeobject.c, unicode_repr. */
export function textRepr(text: string, characters: Iterable<string> = text): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  if (!NOT_PLAIN_ASCII.test(text)) {
    return quote === '"' || !text.includes("'")
      ? quote + text + quote
      : `'${text.replaceAll("'", String.raw`\'`)}'`;
  }
  let shown = quote;
  for (const character of characters) {
    const point = character.codePointAt(0) ?? 0;
    if (character === quote || character === '\\') shown += `\\${character}`;
    else if (character === '\n') shown += String.raw`\n`;
    else if (character === '\r') shown += String.raw`\r`;
    else if (character === '\t') shown += String.raw`\t`;
    else if (point >= 32 && point < 127) shown += character;
    else if (point < 127 || SURROGATE_AND_UNPRINTABLE.test(character)) shown += escape(point);
    else shown += character;
  }
  return shown + quote;
}

function escape(point: number): string {
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, '0')}`;
  return `\\U${point.toString(16).padStart(8, '0')}`;
}

/** Bytes as `repr` shows them, with the quotes but without the `b`: Objects/bytesobject.c, PyBytes_Repr. */
export function bytesRepr(bytes: Buffer): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const code = quote.charCodeAt(0);
  shownBytes ??= Array.from({ length: 256 }, (_, byte) => shownByte(byte));
  let shown = quote;
  for (const byte of bytes) shown += byte === code ? `\\${quote}` : (shownBytes[byte] ?? '');
  return shown + quote;
}

/** What each byte is shown as, but for the quote: 2,000 of them take 0.3 ms with it, 2 without. */
let shownBytes: readonly string[] | undefined;

function shownByte(byte: number): string {
  if (byte === 0x5c) return '\\\\';
  if (byte === 9) return String.raw`\t`;
  if (byte === 10) return String.raw`\n`;
  if (byte === 13) return String.raw`\r`;
  if (byte < 32 || byte >= 127) return `\\x${byte.toString(16).padStart(2, '0')}`;
  return String.fromCharCode(byte);
}

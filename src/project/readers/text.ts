import { isUtf8 } from 'node:buffer';
import type { Span } from '../project.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin-1';

/** The text of a file with all that is needed to write the very same bytes again. */
export interface Text {
  /** Without the byte order mark; line ends as they are. */
  text: string;
  encoding: Encoding;
  bom: boolean;
}

const UTF8_BOM = [0xef, 0xbb, 0xbf];

/**
 * Decodes bytes so that `encodeText(decodeText(bytes))` is `bytes` again, whatever they are: UTF-8 (with or without a
 * byte order mark), UTF-16 with one, else latin-1, in which every byte is a character.
 */
export function decodeText(bytes: Uint8Array): Text {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length % 2 === 0 && buffer[0] === 0xff && buffer[1] === 0xfe) {
    return { text: buffer.toString('utf16le', 2), encoding: 'utf-16le', bom: true };
  }
  if (buffer.length % 2 === 0 && buffer[0] === 0xfe && buffer[1] === 0xff) {
    // swap16 works in place
    const swapped = Buffer.from(buffer.subarray(2)).swap16();
    return { text: swapped.toString('utf16le'), encoding: 'utf-16be', bom: true };
  }
  const bom = UTF8_BOM.every((byte, index) => buffer[index] === byte);
  if (!isUtf8(buffer)) return { text: buffer.toString('latin1'), encoding: 'latin-1', bom: false };
  return { text: buffer.toString('utf8', bom ? UTF8_BOM.length : 0), encoding: 'utf-8', bom };
}

/** The bytes of a text in its encoding; undefined where a character does not exist in it. */
export function encodeText({ text, encoding, bom }: Text): Uint8Array | undefined {
  switch (encoding) {
    case 'utf-8':
      return Buffer.concat([Buffer.from(bom ? UTF8_BOM : []), Buffer.from(text, 'utf8')]);
    case 'utf-16le':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(bom ? `\ufeff${text}` : text, 'utf16le').swap16();
    case 'latin-1':
      for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return undefined;
      return Buffer.from(text, 'latin1');
  }
}

/** A decoded file of the repository. */
export class SourceFile implements Text {
  readonly path: string;
  readonly text: string;
  readonly encoding: Encoding;
  readonly bom: boolean;
  #lineStarts: number[] | undefined;

  constructor(path: string, bytes: Uint8Array) {
    const { text, encoding, bom } = decodeText(bytes);
    this.path = path;
    this.text = text;
    this.encoding = encoding;
    this.bom = bom;
  }

  /** The span of the code units from `start` up to, not including, `end`. Lines end with LF, CRLF or CR. */
  span(start: number, end: number): Span {
    const from = this.#position(start);
    const to = this.#position(end);
    return {
      file: this.path,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      start,
      end,
    };
  }

  #position(offset: number): { line: number; column: number } {
    const starts = (this.#lineStarts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const end of text.matchAll(/\r\n|\n|\r/g)) starts.push(end.index + end[0].length);
  return starts;
}

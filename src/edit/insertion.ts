import { MagicString } from 'magic-string';
import { lineEnding } from './text-style.ts';

/** Text that is put into a file; nothing of the file itself is changed or taken away. */
export interface Insertion {
  /** UTF-16 code unit of the decoded text, before any insertion, that it goes in front of. */
  at: number;
  text: string;
  /** For a closing bracket: index of the insertion that ends with the opening one. */
  closes?: number;
}

/** Lines (each ended by LF) at the end of a text, after so many empty lines, with the text's own line ends. */
export function atEnd(text: string, lines: string, emptyLines: number): Insertion {
  const end = lineEnding(text);
  const start = text === '' ? '' : (/[\r\n]$/.test(text) ? '' : end) + end.repeat(emptyLines);
  return { at: text.length, text: start + lines.replaceAll('\n', end) };
}

/** The text with every insertion made, and where each of them then stands, in the order given. */
export function insertAll(
  text: string,
  insertions: readonly Insertion[],
): { text: string; positions: number[] } {
  const edited = new MagicString(text);
  for (const insertion of insertions) edited.appendLeft(insertion.at, insertion.text);
  const positions = insertions.map((insertion, index) => {
    let position = insertion.at;
    for (const [other, { at, text: added }] of insertions.entries()) {
      if (at < insertion.at || (at === insertion.at && other < index)) position += added.length;
    }
    return position;
  });
  return { text: edited.toString(), positions };
}

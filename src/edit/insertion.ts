import { MagicString } from 'magic-string';

/** Text that is put into a file; nothing of the file itself is changed or taken away. */
export interface Insertion {
  /** UTF-16 code unit of the decoded text, before any insertion, that it goes in front of. */
  at: number;
  text: string;
  /** For a closing bracket: index of the insertion that ends with the opening one. */
  closes?: number;
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

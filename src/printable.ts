/**
 * Characters that move a terminal's cursor, start an escape sequence or reorder the text around them: C0, DEL, C1
 * (U+009B is a CSI to some terminals), line and paragraph separators, bidirectional controls (CVE-2021-42574), and
 * halves of surrogate pairs, which no encoding can write.
 */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- these are what it is for
  /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** `text` with every character that could act on a terminal written as Python writes it: `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escapeCharacter);
}

/** Like `printable`, but line ends and tabs stay. */
export function printableLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(UNPRINTABLE, (character) =>
      character === '\n' || character === '\t' ? character : escapeCharacter(character),
    );
}

/** The same document, with those characters as JSON's own escapes: it can be shown by `cat`. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll(UNPRINTABLE, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return String.raw`\t`;
  if (character === '\r') return String.raw`\r`;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A word in single quotes, as a POSIX shell reads it back: nothing in it has a meaning (POSIX.1-2024, XCU 2.2.2). */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Characters that move a terminal's cursor, start an escape sequence or reorder the text around them: C0, DEL, C1
 * (U+009B is a CSI to some terminals), line and paragraph separators, bidirectional controls (CVE-2021-42574), what is not
 * seen (soft hyphens, zero width characters, tags, which can hide a text in another one), and halves of surrogate pairs,
 * which no encoding can write.
 */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- these are what it is for
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|\u034F|\uDB40[\uDC00-\uDFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

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
    character === '\n' ? character : character.split('').map(unitEscape).join(''),
  );
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return String.raw`\t`;
  if (character === '\r') return String.raw`\r`;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (character.length === 1) return unitEscape(character);
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}

/** One UTF-16 code unit, as JSON and Python write it. */
function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A word in single quotes, as a POSIX shell reads it back: nothing in it has a meaning (POSIX.1-2024, XCU 2.2.2). */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

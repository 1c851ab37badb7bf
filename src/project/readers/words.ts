import type { JoinedText } from './joined-text.ts';

/** A word of a command line; `start` and `end` are where it stands in the text it was read from, quotes included. */
export interface Word {
  text: string;
  start: number;
  end: number;
  source: JoinedText;
}

const ESCAPES: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** Splits a line as systemd does (systemd.service(5), COMMAND LINES): quotes of both kinds, escapes of C in both and outside. */
export function systemdWords(source: JoinedText): Word[] {
  const { text } = source;
  const words: Word[] = [];
  let index = 0;
  while (index < text.length) {
    while (/\s/.test(text[index] ?? '')) index++;
    if (index >= text.length) break;
    const start = index;
    let word = '';
    let quote = '';
    while (index < text.length) {
      const letter = text[index] ?? '';
      if (letter === '\\') {
        const [value, length] = escaped(text.slice(index + 1));
        word += value;
        index += 1 + length;
      } else if (quote !== '') {
        if (letter === quote) quote = '';
        else word += letter;
        index++;
      } else if (letter === '"' || letter === "'") {
        quote = letter;
        index++;
      } else if (/\s/.test(letter)) break;
      else {
        word += letter;
        index++;
      }
    }
    words.push({ text: word, start, end: index, source });
  }
  return words;
}

/** What follows a backslash: its value and how many letters it has. Unknown ones stay as they are. */
function escaped(text: string): [string, number] {
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(text);
  if (code !== null) {
    const hex = code[1] ?? code[2] ?? code[3];
    const value = hex === undefined ? Number.parseInt(code[4] ?? '0', 8) : Number.parseInt(hex, 16);
    if (value <= 0x10ffff) return [String.fromCodePoint(value), code[0].length];
  }
  const letter = text[0] ?? '';
  const simple = ESCAPES[letter];
  return simple === undefined ? [`\\${letter}`, letter.length] : [simple, 1];
}

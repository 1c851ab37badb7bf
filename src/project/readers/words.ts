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

/** A simple command of a shell script, and what separates it from the next one. */
export interface ShellCommand {
  words: Word[];
  /** `;`, `&&`, `||`, `|`, `&`, a line end … or '' at the end. */
  separator: string;
}

const OPERATORS = ['&&', '||', ';;', '|&', ';', '|', '&', '\n', '(', ')'];

/**
 * The simple commands of a shell script or of the text after `sh -c`. Expansions stay as they are written; here-documents
 * and redirections are left out. A script is not understood by this, only cut up: loops and conditions are words.
 */
export function shellCommands(source: JoinedText): ShellCommand[] {
  const { text } = source;
  const commands: ShellCommand[] = [];
  let words: Word[] = [];
  let index = 0;
  let heredoc: string | undefined;
  const finish = (separator: string) => {
    if (words.length > 0) commands.push({ words, separator });
    words = [];
  };
  while (index < text.length) {
    const letter = text[index] ?? '';
    if (letter === '\\' && /^\\(\r\n|\n)/.test(text.slice(index, index + 3))) {
      index += text[index + 1] === '\r' ? 3 : 2;
    } else if (letter === '\n' || letter === '\r') {
      finish('\n');
      index++;
      if (heredoc !== undefined) {
        index = afterHeredoc(text, index, heredoc);
        heredoc = undefined;
      }
    } else if (/\s/.test(letter)) {
      index++;
    } else if (letter === '#') {
      while (index < text.length && text[index] !== '\n') index++;
    } else {
      const redirection = /^(?:\d*|&)(?:<<-?|>>|>&|<&|>\||[<>])(?![(])\s*/.exec(
        text.slice(index, index + 16),
      );
      const operator = OPERATORS.find((one) => text.startsWith(one, index));
      if (redirection !== null) {
        index += redirection[0].length;
        const target = shellWord(text, index);
        if (redirection[0].includes('<<')) heredoc = target.text;
        index = Math.max(target.end, index);
      } else if (operator !== undefined) {
        finish(operator);
        index += operator.length;
      } else {
        const word = shellWord(text, index);
        words.push({ text: word.text, start: index, end: word.end, source });
        index = Math.max(word.end, index + 1);
      }
    }
  }
  finish('');
  return commands;
}

function afterHeredoc(text: string, from: number, delimiter: string): number {
  for (let start = from; start < text.length;) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    if (text.slice(start, stop).trim() === delimiter) return stop;
    start = stop + 1;
  }
  return text.length;
}

function shellWord(text: string, from: number): { text: string; end: number } {
  let word = '';
  let index = from;
  while (index < text.length) {
    const letter = text[index] ?? '';
    if (letter === "'") {
      const end = text.indexOf("'", index + 1);
      const stop = end < 0 ? text.length : end;
      word += text.slice(index + 1, stop);
      index = stop + 1;
    } else if (letter === '"') {
      index++;
      while (index < text.length && text[index] !== '"') {
        if (text[index] === '\\' && /[$`"\\\n]/.test(text[index + 1] ?? '')) {
          index++;
          if (text[index] !== '\n') word += text[index] ?? '';
          index++;
          continue;
        }
        const expansion = expansionAt(text, index);
        word += text.slice(index, expansion);
        index = expansion;
      }
      index++;
    } else if (letter === '\\') {
      if (text[index + 1] !== '\n') word += text[index + 1] ?? '';
      index += 2;
    } else if (letter === '$' || letter === '`') {
      const end = expansionAt(text, index);
      word += text.slice(index, end);
      index = end;
    } else if (/[\s;&|()<>]/.test(letter)) break;
    else {
      word += letter;
      index++;
    }
  }
  return { text: word, end: Math.min(index, text.length) };
}

/** The end of what begins at `index`: one character, or a whole `${…}`, `$(…)` or `` `…` ``. */
function expansionAt(text: string, index: number): number {
  if (text[index] === '`') {
    const end = text.indexOf('`', index + 1);
    return end < 0 ? text.length : end + 1;
  }
  const open = text[index] === '$' ? text[index + 1] : undefined;
  const close = open === '{' ? '}' : open === '(' ? ')' : undefined;
  if (open === undefined || close === undefined) return index + 1;
  let depth = 0;
  for (let at = index + 1; at < text.length; at++) {
    if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at + 1;
  }
  return text.length;
}

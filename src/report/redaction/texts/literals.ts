import type { PythonChild, PythonValue } from '../../../core/python/value.ts';
import { nameBefore, quotedEnd, type Scan } from './scan.ts';

const DEEPEST = 40;

/** A literal in a text, and where each of its values is. */
export interface Literal {
  value: PythonValue;
  places: Map<PythonValue, { start: number; end: number }>;
  name: string | undefined;
  end: number;
}

/**
 * JSON and the `repr` of containers and dataclasses, as the same tree that a value of the process is: what is a secret
 * there by a name two levels up is one here. Tolerant: it takes what is cut off, comments, and text in between.
 */
export function* literalsIn(scan: Scan): Generator<Literal> {
  const { text } = scan;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x7b && code !== 0x5b && code !== 0x28) continue;
    const places: Literal['places'] = new Map();
    const parser = new Parser(text, places);
    const value = parser.container(at, 0);
    scan.work.spend(parser.at - at);
    const before = text[at - 1];
    const name = before === undefined || before === '\n' ? undefined : nameOf(scan, at);
    yield { value, places, name, end: parser.at };
    at = Math.max(at, parser.at - 1);
  }
}

/** `credentials: {…}`, `credentials = […]`. */
function nameOf(scan: Scan, at: number): string | undefined {
  let from = at;
  while (from > 0 && at - from < 8 && ' \t'.includes(scan.text[from - 1] ?? '-')) from -= 1;
  const joint = scan.text[from - 1];
  return joint === ':' || joint === '=' ? nameBefore(scan, from - 1)?.name : undefined;
}

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

class Parser {
  at = 0;
  readonly #text: string;
  readonly #places: Literal['places'];

  constructor(text: string, places: Literal['places']) {
    this.#text = text;
    this.#places = places;
  }

  container(start: number, depth: number): PythonValue {
    const open = this.#text[start] ?? '';
    const close = CLOSES[open];
    const children: PythonChild[] = [];
    const value: PythonValue = { type: open === '{' ? 'dict' : 'list', open, close: close ?? '', children };
    this.at = start + 1;
    let key: PythonValue | undefined;
    let name: string | undefined;
    let last: PythonValue | undefined;
    const push = (): void => {
      if (last !== undefined)
        children.push({
          ...(key === undefined ? {} : { key }),
          ...(name === undefined ? {} : { name }),
          value: last,
        });
      key = undefined;
      name = undefined;
      last = undefined;
    };
    while (this.at < this.#text.length) {
      const character = this.#text[this.at] ?? '';
      if (character === close) {
        this.at += 1;
        push();
        return this.#placed(value, start);
      }
      if (character === ',' || character === ';') push();
      if (character === ':' && last?.string !== undefined && key === undefined) {
        key = last;
        last = undefined;
      } else if (
        character === '=' &&
        last?.text !== undefined &&
        last.string === undefined &&
        name === undefined
      ) {
        name = last.text;
        last = undefined;
      } else {
        const before = this.at;
        const found = this.#item(character, depth);
        if (found !== undefined) last = found;
        if (this.at > before) continue;
      }
      this.at += 1;
    }
    push();
    return this.#placed({ ...value, truncated: true }, start);
  }

  #item(character: string, depth: number): PythonValue | undefined {
    const start = this.at;
    if (CLOSES[character] !== undefined && depth < DEEPEST) return this.container(start, depth + 1);
    if (character === '"' || character === "'" || character === '\\') {
      // an apostrophe
      if (
        character === "'" &&
        /(?:^|[^A-Za-z])[A-Za-z]{3,20}$/.test(this.#text.slice(Math.max(0, start - 22), start))
      )
        return undefined;
      const quoted = quotedEnd(this.#text, start);
      if (quoted === undefined) return undefined;
      this.at = Math.max(quoted.after, start + 1);
      const string = unescaped(this.#text.slice(quoted.start, quoted.end));
      return this.#placed({ type: 'str', string, text: '' }, quoted.start, quoted.end);
    }
    const bare = /[\w.+-]{1,200}/y;
    bare.lastIndex = start;
    const word = bare.exec(this.#text)?.[0];
    if (word === undefined) return undefined;
    this.at += word.length;
    return this.#placed({ type: /^[-+]?\d+$/.test(word) ? 'int' : 'word', text: word }, start);
  }

  #placed(value: PythonValue, start: number, end = this.at): PythonValue {
    this.#places.set(value, { start, end });
    return value;
  }
}

function unescaped(text: string): string {
  return text.includes('\\')
    ? text.replaceAll(
        /\\(?:u([\da-fA-F]{4})|(.))/gs,
        (_, hex: string | undefined, one: string | undefined) =>
          hex === undefined
            ? one === 'n'
              ? '\n'
              : one === 't'
                ? '\t'
                : one === 'r'
                  ? '\r'
                  : (one ?? '')
            : String.fromCharCode(parseInt(hex, 16)),
      )
    : text;
}

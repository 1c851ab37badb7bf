import type { Located } from '../project.ts';
import type { SourceFile } from './text.ts';

/** A block of HCL (Nomad, Terraform): `type "label" { … }` with its attributes and inner blocks. */
export interface HclBlock {
  type: string;
  labels: readonly string[];
  /** Strings, numbers and booleans as their text; lists as their items that are such. */
  attributes: ReadonlyMap<string, readonly Located<string>[]>;
  blocks: readonly HclBlock[];
}

/** Deeper than any job. */
const MOST_DEPTH = 40;

/** The top-level blocks of an HCL file. Expressions are left out; never throws. */
export function readHcl(file: SourceFile): readonly HclBlock[] {
  return new HclReader(file).block('', [], 0).blocks;
}

class HclReader {
  readonly #file: SourceFile;
  #at = 0;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  block(type: string, labels: readonly string[], depth: number): HclBlock {
    const attributes = new Map<string, Located<string>[]>();
    const blocks: HclBlock[] = [];
    const { text } = this.#file;
    for (;;) {
      this.#skip();
      if (this.#at >= text.length) break;
      if (text[this.#at] === '}') {
        this.#at++;
        break;
      }
      const name = this.#match(/^(?:[A-Za-z_][\w-]*|"(?:[^"\\\n]|\\.)*")/);
      if (name === undefined) {
        this.#at++;
        continue;
      }
      const key = name.replace(/^"|"$/g, '');
      this.#skip();
      const inner: string[] = [];
      for (let label = this.#string(); label !== undefined; label = this.#string()) {
        inner.push(label.value);
        this.#skip();
      }
      if (text[this.#at] === '{' && depth < MOST_DEPTH) {
        this.#at++;
        blocks.push(this.block(key, inner, depth + 1));
      } else if (text[this.#at] === '=') {
        this.#at++;
        this.#skip();
        if (text[this.#at] === '{' && depth < MOST_DEPTH) {
          this.#at++;
          blocks.push(this.block(key, inner, depth + 1));
        } else attributes.set(key, this.#values());
      }
    }
    return { type, labels, attributes, blocks };
  }

  #values(): Located<string>[] {
    const { text } = this.#file;
    if (text[this.#at] !== '[') {
      const value = this.#scalar();
      if (value === undefined) this.#match(/^[^\n]*/);
      return value === undefined ? [] : [value];
    }
    const values: Located<string>[] = [];
    this.#at++;
    for (;;) {
      this.#skip();
      const character = text[this.#at];
      if (character === undefined) break;
      if (character === ']') {
        this.#at++;
        break;
      }
      const value = this.#scalar();
      if (value === undefined) this.#at++;
      else values.push(value);
    }
    return values;
  }

  #scalar(): Located<string> | undefined {
    const string = this.#string();
    if (string !== undefined) return string;
    const start = this.#at;
    const heredoc = this.#match(/^<<-?\w+\r?\n/);
    if (heredoc !== undefined) {
      const delimiter = heredoc.replace(/[<\s-]/g, '');
      const from = this.#at;
      const end = new RegExp(`^[ \\t]*${delimiter}[ \\t]*$`, 'm').exec(this.#file.text.slice(from));
      const to = end === null ? this.#file.text.length : from + end.index;
      this.#at = end === null ? to : to + end[0].length;
      return { value: this.#file.text.slice(from, to), at: this.#file.span(from, to) };
    }
    const word = this.#match(/^(?:-?\d[\d.]*|true|false)\b/);
    return word === undefined ? undefined : { value: word, at: this.#file.span(start, this.#at) };
  }

  #string(): Located<string> | undefined {
    const start = this.#at;
    const raw = this.#match(/^"(?:[^"\\\n]|\\.)*"/);
    if (raw === undefined) return undefined;
    const value = raw
      .slice(1, -1)
      .replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    return { value, at: this.#file.span(start + 1, this.#at - 1) };
  }

  #match(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#file.text.slice(this.#at))?.[0];
    if (found === undefined || found === '') return undefined;
    this.#at += found.length;
    return found;
  }

  /** Passes over blanks, commas and comments. */
  #skip(): void {
    while (this.#match(/^(?:[\s,]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/) !== undefined);
  }
}

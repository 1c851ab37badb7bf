import type { Edit } from '../edits.ts';
import type { NameKind } from '../names.ts';
import type { Work } from '../work.ts';

/** A part of a text that a scanner found: why it is a secret decides whether it is looked for elsewhere, too. */
export interface Found extends Edit {
  kind?: NameKind;
}

/** What the scanners of one text share. */
export class Scan {
  readonly text: string;
  readonly work: Work;
  /** Source code: only what is quoted is a value. */
  readonly literals: boolean;
  readonly found: Found[] = [];
  #next: Map<string, { from: number; at: number }> | undefined;

  constructor(text: string, work: Work, literals = false) {
    this.text = text;
    this.work = work;
    this.literals = literals;
  }

  hide(start: number, end: number, kind?: NameKind): void {
    if (end > start) this.found.push({ start, end, ...(kind === undefined ? {} : { kind }) });
  }

  /** Where `what` is next, from `at`; the end of the text where it is not. Each is searched for once, not from every place. */
  next(what: string, at: number): number {
    this.#next ??= new Map<string, { from: number; at: number }>();
    const known = this.#next.get(what);
    if (known !== undefined && known.from <= at && at <= known.at) return known.at;
    const found = this.text.indexOf(what, at);
    const end = found < 0 ? this.text.length : found;
    this.work.spend(end - at);
    this.#next.set(what, { from: at, at: end });
    return end;
  }

  /** The end of the line that `at` is in. */
  lineEnd(at: number): number {
    const end = this.next('\n', at);
    return end > at && this.text[end - 1] === '\r' && end < this.text.length ? end - 1 : end;
  }
}

const MOST_NAME = 100;

/** The name that ends before `at`: bare, quoted, in brackets, percent-encoded. */
export interface NameBefore {
  name: string;
  start: number;
  /** The quote right after the name: `"password": `. */
  quoted: boolean;
}

/** `password`, `"password"`, `d['password']`, `user[password]`, `user%5Bpassword%5D`, `API Key` before the separator at `at`. */
export function nameBefore({ text, work }: Scan, at: number): NameBefore | undefined {
  let end = at;
  // `?=`, `+=`, `-=`
  if (text[at] === '=' && /[\s\w][?+-]/.test(text.slice(Math.max(0, end - 2), end))) end -= 1;
  for (let skipped = 0; skipped < 16 && isBlank(text[end - 1]); skipped += 1) end -= 1;
  let quote: string | undefined;
  while (end > 0 && `"'\`]\\)`.includes(text[end - 1] ?? ' ') && at - end < 30) {
    if (text[end - 1] !== '\\' && text[end - 1] !== ']' && text[end - 1] !== ')') quote = text[end - 1];
    end -= 1;
  }
  let start = end;
  while (start > 0 && end - start < MOST_NAME && isNameCharacter(text.charCodeAt(start - 1))) start -= 1;
  // `"api key": …` and, at the start of a line, `API Key: …`
  if (quote !== undefined || text[at] === ':') {
    let back = start;
    while (back > 0 && end - back < 40 && /[\w -]/.test(text[back - 1] ?? '\n')) back -= 1;
    const edge = text[back - 1] ?? '\n';
    if (back < start && (quote !== undefined ? edge === quote : edge === '\n')) {
      const phrase = text.slice(back, end).trim();
      if (phrase.split(' ').length <= 4 && !/(?:^| )\d/.test(phrase))
        start = back + text.slice(back, end).indexOf(phrase);
    }
  }
  work.spend(at - start);
  if (start === end) return undefined;
  const raw = text.slice(start, end);
  return { name: plainName(raw), start, quoted: quote !== undefined };
}

function plainName(raw: string): string {
  let name = raw.replace(/^-[DPEe](?=[a-z])/, '');
  if (name.includes('%')) {
    try {
      name = decodeURIComponent(name);
    } catch {
      // a broken escape is a part of the name
    }
  }
  // of user[password] the field is the last
  return name.includes('[') ? name.slice(name.lastIndexOf('[') + 1).replace(/\]+$/, '') || name : name;
}

function isNameCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x25 ||
    code === 0x5b ||
    code === 0x24 ||
    code > 0xa0
  );
}

export function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** A quoted text from `at`, where its quote is, with the backslashes before it where it is inside of another literal. */
export function quotedEnd(
  text: string,
  at: number,
  most = text.length,
): { start: number; end: number; after: number } | undefined {
  let from = at;
  while (text[from] === '\\' && from - at < 16) from += 1;
  const escapes = from - at;
  const quote = text[from];
  if (quote !== '"' && quote !== "'" && quote !== '`') return undefined;
  const triple = escapes === 0 && text.startsWith(quote.repeat(3), from);
  const start = from + (triple ? 3 : 1);
  let run = 0;
  for (let end = start; end < most; end += 1) {
    const character = text[end];
    if (character === '\\') {
      run += 1;
      continue;
    }
    if (character === quote) {
      const ends = escapes === 0 ? run % 2 === 0 : run <= escapes;
      // SQL, ODBC and YAML double a quote that is meant
      if (ends && !triple && text[end + 1] === quote && escapes === 0) {
        const more = text[end + 2];
        if (more !== undefined && /[\w!@#$%^&*?.-]/.test(more) && end > start) {
          end += 1;
          run = 0;
          continue;
        }
      }
      if (ends && (!triple || text.startsWith(quote.repeat(3), end))) {
        return {
          start,
          end: escapes === 0 ? end : end - Math.min(run, escapes),
          after: end + (triple ? 3 : 1),
        };
      }
    }
    run = 0;
  }
  return { start, end: Math.min(most, text.length), after: Math.min(most, text.length) };
}

/** Is there nothing but blanks, a dash or `export` between the start of the line and `at`? */
export function startsLine(text: string, at: number): boolean {
  let from = at;
  const least = Math.max(0, at - 40);
  while (from > least && text[from - 1] !== '\n') from -= 1;
  if (from > 0 && text[from - 1] !== '\n') return false;
  return /^[ \t]*(?:[-*>#;]+[ \t]+|export[ \t]+|set[ \t]+|setx[ \t]+|ENV[ \t]+|ARG[ \t]+|let[ \t]+|const[ \t]+|var[ \t]+|[<>*] )?["']?$/i.test(
    text.slice(from, at),
  );
}

import type { Located, Span } from '../project.ts';
import type { SourceFile } from './text.ts';

export interface Instruction {
  /** In capitals. */
  keyword: string;
  /** Offsets of the arguments in the file's text; continuations and comments inside are part of it. */
  start: number;
  end: number;
  at: Span;
  /** The words of the exec form, where the arguments are a JSON array. */
  exec?: readonly Located<string>[];
  /** Flags such as `--from=build`, already taken off the arguments. */
  flags: readonly string[];
}

export interface Stage {
  /** The image or the stage that it is made from. */
  from: string;
  name?: string;
  instructions: readonly Instruction[];
}

/**
 * The build stages of a Dockerfile, in their order, as BuildKit's parser takes them apart (continuations with the
 * `escape` character, comments between them, here-documents, exec and shell form). Never throws.
 */
export function readDockerfile(file: SourceFile): Stage[] {
  const stages: { from: string; name?: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(file)) {
    if (instruction.keyword === 'FROM') {
      const [from = '', , name] = file.text.slice(instruction.start, instruction.end).trim().split(/\s+/);
      stages.push({ from, ...(name === undefined ? {} : { name }), instructions: [] });
    }
    stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function* instructionsOf(file: SourceFile): Generator<Instruction> {
  const { text } = file;
  const escape = /^(?:#.*\r?\n)*#\s*escape\s*=\s*`/i.test(text) ? '`' : '\\';
  let at = 0;
  while (at < text.length) {
    const head = /^[ \t]*([A-Za-z]+)(?=\s)/.exec(lineFrom(text, at));
    if (head === null) {
      at = nextLine(text, at);
      continue;
    }
    const [whole, word = ''] = head;
    const from = at + whole.length;
    let end = endOfLine(text, at);
    // a line that ends in the escape character goes on; comment lines and empty lines in between do not end it
    while (end < text.length && continues(text.slice(at, end), escape)) {
      at = nextLine(text, end);
      while (at < text.length && /^[ \t]*(?:#.*)?$/.test(lineFrom(text, at))) at = nextLine(text, at);
      end = Math.max(end, Math.min(text.length, endOfLine(text, at)));
      if (at >= text.length) break;
    }
    at = nextLine(text, end);
    const keyword = word.toUpperCase();
    if (keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD') {
      for (const heredoc of text.slice(from, end).matchAll(/<<(-?)["']?(\w+)["']?/g)) {
        const [, tabs, delimiter] = heredoc;
        while (at < text.length) {
          const line = lineFrom(text, at);
          at = nextLine(text, at);
          if ((tabs === '-' ? line.replace(/^\t+/, '') : line) === delimiter) break;
        }
      }
    }
    let start = from + (text.slice(from, end).length - text.slice(from, end).trimStart().length);
    const flags: string[] = [];
    for (;;) {
      const flag = /^--[a-z][\w-]*(?:=\S*)?\s+/.exec(text.slice(start, end));
      if (flag === null || keyword === 'CMD' || keyword === 'ENTRYPOINT') break;
      flags.push(flag[0].trim());
      start += flag[0].length;
    }
    const stop = Math.max(start, start + text.slice(start, end).trimEnd().length);
    const exec = execForm(file, start, stop, escape);
    yield {
      keyword,
      start,
      end: stop,
      at: file.span(from - word.length, stop),
      flags,
      ...(exec === undefined ? {} : { exec }),
    };
  }
}

function continues(line: string, escape: string): boolean {
  return line.trimEnd().endsWith(escape);
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  if (newline === -1) return text.length;
  return newline > from && text[newline - 1] === '\r' ? newline - 1 : newline;
}

function nextLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline === -1 ? text.length : newline + 1;
}

function lineFrom(text: string, from: number): string {
  return text.slice(from, endOfLine(text, from));
}

/** `["a", "b"]`: what does not parse as a JSON array of strings is the shell form (Dockerfile reference, CMD). */
function execForm(
  file: SourceFile,
  start: number,
  end: number,
  escape: string,
): readonly Located<string>[] | undefined {
  const text = file.text.slice(start, end);
  if (!text.startsWith('[')) return undefined;
  const words: Located<string>[] = [];
  let rest = 1;
  for (;;) {
    const gap = new RegExp(`^(?:\\s|${escape === '\\' ? '\\\\' : '`'}\\r?\\n|#[^\\n]*\\n)*`).exec(
      text.slice(rest),
    );
    rest += gap?.[0].length ?? 0;
    if (text[rest] === ']') return words;
    const string = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(rest));
    if (string === null) return undefined;
    try {
      const value: unknown = JSON.parse(string[0]);
      if (typeof value !== 'string') return undefined;
      words.push({ value, at: file.span(start + rest + 1, start + rest + string[0].length - 1) });
    } catch {
      return undefined;
    }
    rest += string[0].length;
    rest += /^\s*,?/.exec(text.slice(rest))?.[0].length ?? 0;
  }
}

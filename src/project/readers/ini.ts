import type { Located } from '../project.ts';
import type { SourceFile } from './text.ts';

/** How a program that reads `[section]` and `key = value` lines reads them. */
export interface IniDialect {
  /** Characters that start a comment line. */
  comments: string;
  /** Characters that start a comment after a blank on a line with a value. */
  inlineComments: string;
  /** What makes a value go on in the next line. */
  continuation: 'indent' | 'backslash' | 'none';
  delimiters: string;
}

/** Python's configparser, as circus and hypercorn's flat TOML need it. */
export const CONFIGPARSER: IniDialect = {
  comments: '#;',
  inlineComments: '',
  continuation: 'indent',
  delimiters: '=:',
};

/** supervisor/options.py: UnhosedConfigParser with inline_comment_prefixes (';', '#'). */
export const SUPERVISORD: IniDialect = { ...CONFIGPARSER, inlineComments: ';#' };

/** uwsgi core/ini.c: no continuation, no comments after a value. */
export const UWSGI: IniDialect = {
  comments: '#;',
  inlineComments: '',
  continuation: 'none',
  delimiters: '=',
};

export interface IniEntry {
  /** Undefined before the first section. */
  section: string | undefined;
  key: Located<string>;
  /** Lines of a continued value are joined by a newline (indent) or a blank (backslash); the span covers all of them. */
  value: Located<string>;
}

export interface IniFile {
  sections: readonly Located<string>[];
  /** In the order of the file, repeated keys included. */
  entries: readonly IniEntry[];
}

/** Reads every line that is a section or an entry; other lines (template tags, garbage) are passed over. */
export function readIni(file: SourceFile, dialect: IniDialect): IniFile {
  const sections: Located<string>[] = [];
  const entries: IniEntry[] = [];
  let section: string | undefined;
  let open: IniEntry | undefined;
  let continues = false;
  for (const { text, start } of linesOf(file.text)) {
    const content = text.trim();
    const first = content[0] ?? '';
    const offset = start + text.indexOf(content);
    if (content === '' || dialect.comments.includes(first) || /^\{[%#]/.test(content)) {
      // comments inside a continued value are left out of it, empty lines end one that goes on by a backslash
      if (content === '') continues = false;
      continue;
    }
    const indented = dialect.continuation === 'indent' && /^[ \t]/.test(text);
    if (open !== undefined && (continues || indented)) {
      const more = endOfValue(content, dialect);
      continues = more.continues;
      open.value = {
        value: `${open.value.value}${dialect.continuation === 'indent' ? '\n' : ' '}${more.value}`,
        at: file.span(open.value.at.start, offset + more.length),
      };
      continue;
    }
    const header = /^\[([^\]\r\n]*)\]/.exec(content);
    if (header !== null) {
      section = (header[1] ?? '').trim();
      sections.push({ value: section, at: file.span(offset, offset + header[0].length) });
      open = undefined;
      continue;
    }
    const delimiter = [...content].findIndex((character) => dialect.delimiters.includes(character));
    if (delimiter <= 0) {
      open = undefined;
      continue;
    }
    const key = content.slice(0, delimiter).trimEnd();
    const raw = content.slice(delimiter + 1);
    const valueOffset = offset + delimiter + 1 + (raw.length - raw.trimStart().length);
    const value = endOfValue(raw.trimStart(), dialect);
    continues = value.continues;
    open = {
      section,
      key: { value: key, at: file.span(offset, offset + key.length) },
      value: { value: value.value, at: file.span(valueOffset, valueOffset + value.length) },
    };
    entries.push(open);
  }
  return { sections, entries };
}

function endOfValue(
  text: string,
  dialect: IniDialect,
): { value: string; length: number; continues: boolean } {
  if (dialect.continuation === 'backslash' && text.endsWith('\\')) {
    const value = text.slice(0, -1).trimEnd();
    return { value, length: value.length, continues: true };
  }
  for (let index = 0; index < text.length; index++) {
    const starts = dialect.inlineComments.includes(text[index] ?? '');
    if (starts && (index === 0 || /\s/.test(text[index - 1] ?? ''))) {
      const value = text.slice(0, index).trimEnd();
      return { value, length: value.length, continues: false };
    }
  }
  return { value: text, length: text.length, continues: false };
}

/** The lines without their ends; LF, CRLF and CR end one. */
export function* linesOf(text: string): Generator<{ text: string; start: number }> {
  let start = 0;
  for (const end of text.matchAll(/\r\n|\n|\r/g)) {
    yield { text: text.slice(start, end.index), start };
    start = end.index + end[0].length;
  }
  if (start < text.length) yield { text: text.slice(start), start };
}

/** A value without the one pair of quotes around it. */
export function unquoted(value: string): string {
  const match = /^(["'])(.*)\1$/s.exec(value);
  return match?.[2] ?? value;
}

import type { Span } from '../project/project.ts';
import type { SourceFile } from '../project/readers/text.ts';
import type { Rule } from './rule.ts';

/** `# pycrash: ignore[PYC007, PYC015] reason`, in whatever comment the file's format has. */
const SILENCE = /(#|;|\/\/|<!--)\s*pycrash:\s*ignore\[([A-Z0-9,\s]*)\][ \t]*(.*)$/;

/** What begins a comment that has a line to itself, and one that stands behind something else. */
interface Comments {
  alone: readonly string[];
  behind: readonly string[];
}

/** By the name of the file; the first that fits. A comment where its format has none would be part of a value. */
const FORMATS: readonly (readonly [RegExp, Comments])[] = [
  [/\.json$/, { alone: [], behind: [] }],
  [/\.xml$/, { alone: ['<!--'], behind: ['<!--'] }],
  [/\.(?:nomad|hcl|tf)$/, { alone: ['#', '//'], behind: ['#', '//'] }],
  // Python, whatever its suffix
  [/gunicorn[^/]*$/, { alone: ['#'], behind: ['#'] }],
  // systemd.syntax(7)
  [/\.(?:service|socket|timer)(?:\.d\/[^/]+\.conf)?$/, { alone: ['#', ';'], behind: [] }],
  // supervisord has ` ;` behind a value; Apache and uWSGI have nothing there
  [/\.(?:conf|ini)$/, { alone: ['#', ';'], behind: [';'] }],
  [/(?:^|[/.])(?:Dockerfile|Containerfile|Procfile)[^/]*$/i, { alone: ['#'], behind: [] }],
  [/(?:)/, { alone: ['#', ';'], behind: ['#', ';'] }],
];

/** Suffixes that a template has behind the one of its format. */
const TEMPLATE = /(?:\.(?:j2|jinja2?|tmpl|tpl|erb|in|example|sample|dist|template))+$/;

export interface Silence {
  file: string;
  rules: readonly string[];
  /** First and last line, from 1, whose findings it silences. */
  lines: readonly [number, number];
  /** Empty where none is given. */
  reason: string;
  /** It is no comment there, but a part of what stands there: it silences nothing. */
  misplaced: boolean;
  at: Span;
}

/** A silence without a reason, or where no comment can be, is a finding of its own, and cannot be silenced. */
export const UNREASONED: Rule = {
  id: 'PYC000',
  slug: 'silenced-without-a-reason',
  level: 'warning',
  summary: 'a finding is silenced without a reason, or where the format of the file has no comments',
  check: () => [],
};

/**
 * The silences of a file. At the end of a line it is for that line; alone on its line it is for the next line that is
 * not a comment, with the lines that continue it: no comment can stand between those of a shell command or of a YAML
 * block scalar.
 */
export function silencesOf(file: SourceFile): Silence[] {
  if (!file.text.includes('pycrash:')) return [];
  const silences: Silence[] = [];
  const lines = linesOf(file);
  const path = file.path.replace(TEMPLATE, '');
  const comments = FORMATS.find(([format]) => format.test(path))?.[1] ?? { alone: [], behind: [] };
  for (const [index, { text, start }] of lines.entries()) {
    const match = SILENCE.exec(text);
    if (match === null) continue;
    const [, opening = '', rules = '', reason = ''] = match;
    const alone = text.slice(0, match.index).trim() === '';
    silences.push({
      file: file.path,
      rules: rules.split(/[\s,]+/).filter((rule) => rule !== ''),
      lines: [index + 1, alone ? lastLineOfNext(lines, index) : index + 1],
      reason: reason.replace(/-->\s*$/, '').trim(),
      misplaced: !comments[alone ? 'alone' : 'behind'].includes(opening),
      at: file.span(start + match.index, start + text.length),
    });
  }
  return silences;
}

/** The lines of a file without their ends (LF, CRLF or CR, as in `SourceFile.span`), and where each begins. */
export function linesOf(file: SourceFile): { text: string; start: number }[] {
  const lines: { text: string; start: number }[] = [];
  let start = 0;
  for (const end of file.text.matchAll(/\r\n|\n|\r|$/g)) {
    lines.push({ text: file.text.slice(start, end.index), start });
    start = end.index + end[0].length;
  }
  return lines;
}

/** Number of the last line, from 1, of the statement behind the comment in line `from` (from 0). */
function lastLineOfNext(lines: readonly { text: string }[], from: number): number {
  const textOf = (index: number) => lines[index]?.text ?? '';
  let at = from + 1;
  while (at < lines.length && /^\s*(?:$|[#;]|\/\/|<!--.*-->\s*$)/.test(textOf(at))) at++;
  if (at === lines.length) return from + 1;
  const indent = indentOf(textOf(at));
  if (/:\s*[|>][-+\d]*\s*$/.test(textOf(at))) {
    while (at + 1 < lines.length && (textOf(at + 1).trim() === '' || indentOf(textOf(at + 1)) > indent)) at++;
  } else {
    while (at + 1 < lines.length && textOf(at).endsWith('\\')) at++;
  }
  return at + 1;
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}

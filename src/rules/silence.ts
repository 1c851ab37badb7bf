import type { Span } from '../project/project.ts';
import type { SourceFile } from '../project/readers/text.ts';
import type { Rule } from './rule.ts';

/** `# pycrash: ignore[PYC007, PYC015] reason`, in whatever comment the file's format has (`#` or `;`). */
const SILENCE = /[#;]\s*pycrash:\s*ignore\[([A-Z0-9,\s]*)\][ \t]*(.*)$/;

export interface Silence {
  file: string;
  rules: readonly string[];
  /** First and last line, from 1, whose findings it silences. */
  lines: readonly [number, number];
  /** Empty where none is given. */
  reason: string;
  at: Span;
}

/** A silence without a reason is a finding of its own, and cannot be silenced. */
export const UNREASONED: Rule = {
  id: 'PYC000',
  slug: 'silenced-without-a-reason',
  level: 'warning',
  summary: 'a finding is silenced without a reason',
  check: () => [],
};

/**
 * The silences of a file. At the end of a line it is for that line; alone on its line it is for the next line that is
 * not a comment, as a systemd unit has no comments behind a value (systemd.syntax(7)).
 */
export function silencesOf(file: SourceFile): Silence[] {
  if (!file.text.includes('pycrash:')) return [];
  const silences: Silence[] = [];
  const lines = linesOf(file);
  for (const [index, { text, start }] of lines.entries()) {
    const match = SILENCE.exec(text);
    if (match === null) continue;
    const alone = text.slice(0, match.index).trim() === '';
    silences.push({
      file: file.path,
      rules: (match[1] ?? '').split(/[\s,]+/).filter((rule) => rule !== ''),
      lines: [index + 1, alone ? nextStatement(lines, index) : index + 1],
      reason: (match[2] ?? '').trim(),
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

function nextStatement(lines: readonly { text: string }[], from: number): number {
  for (let index = from + 1; index < lines.length; index++) {
    const text = (lines[index]?.text ?? '').trim();
    if (text !== '' && !text.startsWith('#') && !text.startsWith(';')) return index + 1;
  }
  return from + 1;
}

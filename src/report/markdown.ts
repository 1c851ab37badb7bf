import { printable, printableLines } from '../printable.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { CrashReport } from './model.ts';
import { headline } from './printed-chain.ts';
import { reportText, size, type TextOptions } from './text.ts';

/** GitHub refuses an issue of more than 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** The report for an issue: a summary, the traceback, and the rest folded. It always fits; longer values are cut at `width`. */
export function reportMarkdown(report: CrashReport, width = 200): string {
  const section = (parts: TextOptions['parts'] & object, locals: 'app' | 'none'): string =>
    sectionText(report, parts, locals, width);
  const [first] = report.exceptions;
  const exception = first?.chain[0];
  const title =
    exception === undefined
      ? `${report.process.signal.name} without an exception`
      : headline(exception).split('\n', 1)[0];
  const inner = exception?.frames.findLast(isApplicationFrame) ?? exception?.frames.at(-1);
  const facts: [string, string][] = [
    ['where', inner === undefined ? '' : `${inner.file}:${inner.line} in ${inner.function}`],
    ['process', `${report.process.pid}, ${report.process.signal.name}, ${report.process.cmdline.join(' ')}`],
    ['python', `${report.python.implementation} ${report.python.version}`],
    [
      'request',
      report.request === undefined
        ? ''
        : `${report.request.method ?? ''} ${report.request.path ?? ''}`.trim(),
    ],
    ['core', `${report.core.path}, ${size(report.core.bytes)}${report.core.truncated ? ', truncated' : ''}`],
    ['fingerprint', report.fingerprint],
  ];
  const head = [
    `### ${code(printable(title ?? ''))}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
  ].join('\n');
  const threads = (): string => folded('Threads', section(['request', 'threads'], 'none'));
  const variants = [
    () => fenced(traceback(report)) + folded('Locals', section(['exceptions'], 'app')) + threads(),
    () => fenced(traceback(report)) + threads(),
    () => fenced(traceback(report)),
  ];
  // From everything to less and less, until it fits.
  for (const variant of variants) {
    const body = variant();
    if (head.length + body.length <= MOST_CHARACTERS) return head + body;
  }
  // The end of a traceback says what was raised and where.
  return head + fenced(traceback(report).slice(-(MOST_CHARACTERS - head.length - 100)));
}

/** The traceback of the exception in flight, without locals. */
function traceback(report: CrashReport): string {
  return sectionText({ ...report, exceptions: report.exceptions.slice(0, 1) }, ['exceptions'], 'none', 200);
}

function sectionText(
  report: CrashReport,
  parts: TextOptions['parts'] & object,
  locals: 'app' | 'none',
  width: number,
): string {
  return reportText(report, { threads: true, locals, width, parts }, (_, shown) => shown).trimEnd();
}

function folded(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${fenced(text)}\n</details>\n`;
}

/** A fence longer than any run of backticks inside, so that nothing in the text can end it. */
function fenced(text: string): string {
  const clean = printableLines(text);
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${clean}\n${fence}\n`;
}

/** Inline code, whatever it contains. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${ticks}${space}${text}${space}${ticks}`;
}

/** In a table a `|` ends the cell even inside of code (GFM 4.10). */
function cell(text: string): string {
  return code(printable(text)).replaceAll('|', String.raw`\|`);
}

import { printable, printableLines } from '../printable.ts';
import { REPORT_LIMITS } from './limits.ts';
import type { CrashReport } from './model.ts';
import { howRead, reportText, size, type TextOptions } from './text.ts';

/** The report for an issue: a summary, the traceback, and the rest folded. It always fits; longer values are cut at `width`. */
export function reportMarkdown(report: CrashReport, width = 200): string {
  const section = (parts: TextOptions['parts'] & object, locals: 'app' | 'none'): string =>
    sectionText(report, parts, locals, width);
  const { core, live } = report;
  const { title, frame } = report.crash;
  const facts: [string, string][] = [
    ['where', frame === undefined ? '' : `${frame.file}:${frame.line} in ${frame.function}`],
    [
      'process',
      `${report.process.pid}, ${live === undefined ? `${report.process.signal.name}, ` : ''}${report.process.cmdline.join(' ')}`,
    ],
    ['python', `${report.python.implementation} ${report.python.version}`.trim()],
    [
      'request',
      report.request === undefined
        ? ''
        : `${report.request.method ?? ''} ${report.request.path ?? ''}`.trim(),
    ],
    live === undefined
      ? ['core', `${core.path}, ${size(core.bytes)}${core.truncated ? ', truncated' : ''}`]
      : ['memory', `${core.path}, ${size(core.bytes)} read, ${howRead(live)}`],
    ['fingerprint', report.fingerprint],
  ];
  const head = [
    `### ${code(printable(title))}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `| ${name} | ${cell(value)} |`),
    '',
  ].join('\n');
  const threads = (): string => folded('Threads', section(['request', 'threads'], 'none'));
  const variants = [
    () => fenced(traceback(report)) + folded('Locals', section(['crash'], 'app')) + threads(),
    () => fenced(traceback(report)) + threads() + left('Locals'),
    () => fenced(traceback(report)) + left('Locals and threads'),
  ];
  // From everything to less and less, until it fits.
  for (const variant of variants) {
    const body = variant();
    if (head.length + body.length <= REPORT_LIMITS.markdownCharacters) return head + body;
  }
  return (
    head +
    fenced(innerPart(report, REPORT_LIMITS.markdownCharacters - head.length - 300)) +
    left('Locals and threads')
  );
}

function left(what: string): string {
  return `\n… ${what} are left out: an issue can have ${REPORT_LIMITS.markdownCharacters} characters.\n`;
}

/** The end of a traceback says what was raised and where; of the frames of a thread the beginning. */
function innerPart(report: CrashReport, most: number): string {
  const text = traceback(report);
  const mark = `… ${text.length - most} more characters`;
  return report.crash.exception === undefined
    ? `${text.slice(0, most)}\n${mark}`
    : `${mark}\n${text.slice(-most)}`;
}

/** The traceback of what crashed, without locals. */
function traceback(report: CrashReport): string {
  return sectionText(report, ['crash'], 'none', 200);
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

import type { LocatedFinding } from '../rules/check-project.ts';
import type { Terminal } from '../terminal.ts';
import type { Output } from './output.ts';
import { summaryOf } from './output.ts';
import { typedCommand } from '../typed-command.ts';

const STYLES = { error: 'red', warning: 'yellow', info: 'cyan', unknown: 'magenta' } as const;

/** The longest part of a source line that is shown; settings can have a whole certificate in one. */
const MOST_COLUMNS = 160;

/** For people: place, level, message, the line with what it is about underlined, and what to write instead. */
export const text: Output = (result, terminal) => {
  const blocks = result.findings.map((finding) => block(finding, terminal));
  return [...blocks, closing(result, terminal)].join('\n');
};

function block(finding: LocatedFinding, terminal: Terminal): string {
  const { at, rule, level, message, help } = finding;
  const place = terminal.style('bold', `${at.file}:${at.line}:${at.column}`);
  const lines = [`${place}: ${terminal.style(STYLES[level], level)} ${visible(message)} [${rule}]`];
  const shown = excerpt(finding);
  if (shown !== undefined) {
    const number = String(at.line);
    const margin = ' '.repeat(number.length);
    lines.push(`${number} | ${shown.line}`, `${margin} | ${terminal.style(STYLES[level], shown.mark)}`);
  }
  const fixable = finding.fix === undefined ? '' : ' (`--fix` does it)';
  return `${[...lines, `  ${terminal.style('green', 'help')}: ${visible(help)}${fixable}`].join('\n')}\n`;
}

/** The line and the marks under it, each code point as one column, tabs as they are. */
function excerpt({ source, at }: LocatedFinding): { line: string; mark: string } | undefined {
  if (source === undefined || source.trim() === '') return undefined;
  const end = at.endLine === at.line ? at.endColumn - 1 : source.length;
  const before = source.slice(0, at.column - 1);
  const marked = Array.from(source.slice(at.column - 1, end)).length;
  if (before.length > MOST_COLUMNS) return undefined;
  const line = source.length > MOST_COLUMNS ? `${source.slice(0, MOST_COLUMNS)}…` : source;
  const room = Math.max(1, Array.from(line).length - Array.from(before).length);
  return {
    line: visible(line),
    mark: `${before.replace(/[^\t]/gu, ' ')}${'^'.repeat(Math.max(1, Math.min(marked, room)))}`,
  };
}

/** Text of a repository must not move the cursor or change colours: control characters are shown, not sent. */
function visible(value: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return value.replace(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}

function closing(result: Parameters<Output>[0], terminal: Terminal): string {
  const summary = summaryOf(result);
  const counts = [
    summary.error > 0 ? terminal.style('red', count(summary.error, 'error')) : '',
    summary.warning > 0 ? terminal.style('yellow', count(summary.warning, 'warning')) : '',
    summary.info > 0 ? `${summary.info} info` : '',
    summary.unknown > 0 ? `${summary.unknown} unknown` : '',
  ].filter((part) => part !== '');
  const left = [
    result.silenced > 0 ? `${result.silenced} silenced` : '',
    result.known > 0 ? `${result.known} in the baseline` : '',
  ].filter((part) => part !== '');
  const fixable = result.findings.filter(({ fix }) => fix !== undefined).length;
  const tail = left.length > 0 ? ` (${left.join(', ')})` : '';
  const hint = fixable > 0 ? `; \`${typedCommand('check --fix')}\` fixes ${fixable}` : '';
  return `${counts.length === 0 ? terminal.style('green', 'no findings') : counts.join(', ')}${tail}${hint}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

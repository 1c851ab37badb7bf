import { reportMarkdown } from '../report/markdown.ts';
import { printable } from '../printable.ts';
import type { Verification } from './verification.ts';

const MARKS = new Map<boolean | 'unknown', string>([
  [true, 'ok'],
  [false, '**failed**'],
  ['unknown', 'unknown'],
]);

/** The steps as a markdown table, and the first core's report folded below: for the job summary of a CI run. */
export function verificationSummary({ ok, server, supervisor, steps, cores }: Verification): string {
  const under = supervisor === 'none' ? server : `${server} under ${supervisor}`;
  const rows = steps.map(
    ({ id, ok: held, detail, seconds }) =>
      `| ${MARKS.get(held)} | ${id} | ${cell(detail)} | ${seconds.toFixed(1)} s |`,
  );
  const report = cores[0]?.report ?? undefined;
  return [
    `## pycrash verify: ${under}, ${ok ? 'every step held' : 'failed'}`,
    '',
    '| | step | | |',
    '| --- | --- | --- | ---: |',
    ...rows,
    '',
    ...(report === undefined
      ? []
      : [
          '<details><summary>the crash, from its core</summary>',
          '',
          reportMarkdown(report),
          '</details>',
          '',
        ]),
  ].join('\n');
}

function cell(text: string): string {
  return printable(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', '<br>');
}

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { verdictOf, type Row, type Verdict } from './verdict.ts';

const PAGE = fileURLToPath(new URL('../../docs/check-against-reality.md', import.meta.url));

/** Compares a kind's section of the page with what was seen; writes it where PYCRASH_WRITE_PAGES=1. */
export function expectSection(kind: string, ran: string, rows: readonly Row[]): void {
  const falseGood = rows.filter((row) => verdictOf(row) === 'false good').map(({ name }) => name);
  const section = sectionOf(ran, rows);
  if (process.env['PYCRASH_WRITE_PAGES'] === '1') writeSection(kind, section);
  expect({ falseGood }).toEqual({ falseGood: [] });
  expect(comparable(sections(readFileSync(PAGE, 'utf8')).get(kind) ?? '')).toBe(comparable(section));
}

/** Prettier aligns the tables; versions are those of the machine that wrote the page. */
function comparable(text: string): string {
  return text.replaceAll(/ {2,}|-{2,}/g, ' ').replace(/^Seen under .*?: /m, '');
}

function sectionOf(ran: string, rows: readonly Row[]): string {
  const count = (verdict: Verdict) => rows.filter((row) => verdictOf(row) === verdict).length;
  const lines = rows.map((row) => {
    return `| ${row.name} | ${row.said.length === 0 ? 'good' : row.said.join(', ')} | ${row.happened} | ${verdictOf(row)} |`;
  });
  return `Seen under ${ran}: ${rows.length} variants, ${count('right')} right, ${count('unknown')} unknown, ${count('false good')} false good, ${count('false bad')} false bad.

| variant | check said | what happened | verdict |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

/** The page's sections by their heading; '' for what stands before the first. */
function sections(page: string): Map<string, string> {
  const [head = '', ...rest] = page.split(/^## /m);
  return new Map([
    ['', head],
    ...rest.map((part): [string, string] => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), `${part.slice(end + 1).trim()}\n`];
    }),
  ]);
}

function writeSection(kind: string, section: string): void {
  const all = sections(readFileSync(PAGE, 'utf8'));
  all.set(kind, section);
  const order = [
    '',
    'systemd',
    'supervisord',
    'runit',
    's6',
    'daemontools',
    'openrc',
    'circus',
    'compose',
    'kubernetes',
  ];
  const sorted = [...all].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const text = sorted.map(([name, body]) => (name === '' ? body : `## ${name}\n\n${body}`)).join('\n');
  writeFileSync(PAGE, text.replaceAll(/\n{3,}/g, '\n\n'));
}

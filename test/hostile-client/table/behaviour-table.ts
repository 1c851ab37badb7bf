import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { BEHAVIOURS, observePair, type Outcome } from './observe-pair.ts';
import { PAIRS, type Pair } from './pairs.ts';

const PAGE = fileURLToPath(new URL('../../../docs/python-module.md', import.meta.url));
const BEGIN = '<!-- behaviour: `npm run fuzz -- client --table` writes this -->';
const END = '<!-- behaviour ends -->';

/** Runs every pair, and writes the table into the page. */
export async function writeBehaviourTable(): Promise<void> {
  const rows = new Map<Pair, string>();
  const waiting = PAIRS.values();
  const work = async (): Promise<void> => {
    for (const pair of waiting) rows.set(pair, rowOf(pair, await observePair(pair)));
  };
  await Promise.all([work(), work(), work(), work()]);
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no ${BEGIN}`);
  const text = `${page.slice(0, begin)}${BEGIN}\n\n${HEAD}\n${PAIRS.map((pair) => rows.get(pair)).join('\n')}\n\n${page.slice(end)}`;
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

const HEAD = [
  `| | ${BEHAVIOURS.map(({ title }) => title).join(' | ')} |`,
  `| --- |${' --- |'.repeat(BEHAVIOURS.length)}`,
].join('\n');

/** A line of the table; `–` where there is nothing of that kind. */
export function rowOf({ shown, python }: Pair, outcomes: readonly Outcome[]): string {
  const name = shown.map((each) => each.replace('==', ' ').replace('.*', '')).join(', ');
  const cells = outcomes.map((outcome) => (outcome === 'aborts' ? '**aborts**' : (outcome ?? '–')));
  return `| ${name} (Python ${python}) | ${cells.join(' | ')} |`;
}

/** The rows that the page has, without the spaces that line them up. */
export function documentedRows(): string[] {
  const page = readFileSync(PAGE, 'utf8');
  return page
    .slice(page.indexOf(BEGIN), page.indexOf(END))
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map((line) => line.replaceAll(/ +/g, ' '))
    .slice(1);
}

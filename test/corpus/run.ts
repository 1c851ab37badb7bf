import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { judge, type Judgement, type Observation, type Verdict } from './judge.ts';
import { observe, oraclePythons, type Tools } from './observe.ts';
import { readTable, rowOf, type Row } from './table.ts';

const USAGE = 'usage: npm run corpus -- DIR [--table FILE] [--only TEXT] [--json]\n';
const VERDICTS: readonly Verdict[] = ['right', 'wrong', 'silent wrong', 'broken', 'unjudged'];

interface Result extends Judgement {
  row: Row | undefined;
  seen: Observation;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    table: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const [directory] = positionals;
if (directory === undefined || !existsSync(directory)) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const root = process.cwd();
const tools: Tools = {
  pycrash: join(root, 'dist/pycrash.js'),
  oracle: join(root, 'test/corpus/oracle.py'),
  compile: join(root, 'test/corpus/compile.py'),
  pythons: oraclePythons(),
};
const rows = values.table === undefined ? [] : readTable(readFileSync(values.table, 'utf8'));
const names = readdirSync(directory)
  .filter((name) => name.includes(values.only) && statSync(join(directory, name)).isDirectory())
  .toSorted();
const results: Result[] = [];
for (const name of names) {
  const row = rowOf(rows, name);
  const seen = await observe(resolve(directory, name), name, row, tools);
  const result = { row, seen, ...judge(row, seen) };
  results.push(result);
  if (!values.json) process.stdout.write(line(result));
}
const counts = Object.fromEntries(
  VERDICTS.map((verdict) => [verdict, results.filter((result) => result.verdict === verdict).length]),
);
const missing = values.only === '' ? rows.filter((row) => !names.some((name) => rowOf([row], name))) : [];
if (values.json) {
  const repositories = results.map(({ row, seen, verdict, reasons }) => ({
    ...seen,
    row: row?.repo,
    verdict,
    reasons,
  }));
  const document = {
    schemaVersion: 1,
    summary: counts,
    missing: missing.map((row) => row.repo),
    repositories,
  };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
} else {
  const summary = VERDICTS.map((verdict) => `${counts[verdict] ?? 0} ${verdict}`).join(', ');
  process.stdout.write(`\n${results.length} repositories: ${summary}\n`);
  for (const row of missing) process.stdout.write(`not there: ${row.repo}\n`);
}
process.exitCode = results.some((result) => ['wrong', 'silent wrong', 'broken'].includes(result.verdict))
  ? 1
  : 0;

/** One line of the table, and its reasons below it. */
function line({ row, seen, verdict, reasons }: Result): string {
  const edited = seen.settingsEdits.length > 0 ? seen.settingsEdits : seen.otherEdits;
  const judged = seen.oracle.filter((answer) => answer.middleware !== undefined).length;
  const loads = seen.loaded.filter(({ watched }) => watched !== undefined).length;
  const cells = [
    verdict.padEnd(12),
    seen.name.padEnd(40),
    (row?.verdict ?? '-').padEnd(18),
    `${seen.milliseconds} ms`.padStart(8),
    `oracle ${judged}/${seen.oracle.length}`.padEnd(12),
    `loads ${loads}/${seen.loaded.length}`.padEnd(10),
    edited.join(', ') || `nothing (exit ${seen.exitCode})`,
  ];
  return `${cells.join('  ')}\n${reasons.map((reason) => `              ${reason}\n`).join('')}`;
}

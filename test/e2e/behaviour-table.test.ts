// docs/python-module.md says what was seen: `npm run fuzz -- client --table` runs all of it, this one the ends of it.
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { documentedRows, rowOf, writeBehaviourTable } from '../hostile-client/table/behaviour-table.ts';
import { BEHAVIOURS, observePair } from '../hostile-client/table/observe-pair.ts';
import { PAIRS } from '../hostile-client/table/pairs.ts';
import { needs } from '../parts.ts';
import { interpreter } from '../python-environment.ts';

const ENDS = PAIRS.filter(({ shown: [framework, server] }) =>
  ['starlette==0.20.*, uvicorn==0.18.*', 'Django==5.2.19, daphne==4.2.3'].includes(`${framework}, ${server}`),
);

beforeAll(async () => {
  if (process.env['PYCRASH_BEHAVIOUR_TABLE'] === 'write') await writeBehaviourTable();
}, 3_600_000);

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

test.for(ENDS)('$shown on Python $python: the documented line is what happens', async (pair, context) => {
  if (interpreter(pair.python) === undefined) context.skip(`needs Python ${pair.python}`);
  expect(documentedRows()).toContain(rowOf(pair, await observePair(pair)));
});

test('every pair has its line, and in each only bugs abort', () => {
  const rows = documentedRows();
  expect(rows.map((row) => row.split(' | ')[0])).toEqual(
    PAIRS.map((pair) => rowOf(pair, []).split(' | ')[0]),
  );
  for (const row of rows) {
    const cells = row.split('|').slice(2, -1);
    const seen = cells.map((cell) => cell.trim());
    expect(seen, row).toEqual(
      BEHAVIOURS.map(({ isBug }, index) => (seen[index] === '–' ? '–' : isBug ? '**aborts**' : 'no')),
    );
  }
});

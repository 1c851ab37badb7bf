import { parseArgs } from 'node:util';
import { randomUnits } from './random-units.ts';
import { unitFiles } from './systemd.ts';
import { runUnits } from './systemd-run.ts';
import { verdictOf, type Row, type Verdict } from './verdict.ts';

// `npm run reality [-- --seed N --units N]`
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    units: { type: 'string', default: '100' },
    only: { type: 'string' },
  },
});
/** Each leaves a core in memory. */
const AT_ONCE = 50;
const all = randomUnits(Number(values.seed), Number(values.units));
const units =
  values.only === undefined ? all : all.filter(({ name }) => values.only?.split(',').includes(name));
const rows: Row[] = [];
for (let from = 0; from < units.length; from += AT_ONCE) {
  const batch = units.slice(from, from + AT_ONCE);
  const ran = await runUnits(batch, 8);
  rows.push(...ran.rows);
  for (const [index, row] of ran.rows.entries()) {
    const verdict = verdictOf(row);
    const unit = batch[index];
    if (unit === undefined || (!verdict.startsWith('false') && values.only === undefined)) continue;
    const files = Object.values(unitFiles(unit, 'PROGRAM')).join('\n');
    const traits = [unit.given, unit.module].map((trait) => trait === true);
    process.stdout.write(
      `${verdict}: ${row.name} (given ${traits[0]}, module ${traits[1]}): said ${row.said.join(', ')}; ${row.happened}\n${files}\n\n`,
    );
  }
  process.stderr.write(`${rows.length} of ${units.length}\n`);
}
const count = (verdict: Verdict) => rows.filter((row) => verdictOf(row) === verdict).length;
process.stdout.write(
  `seed ${values.seed}: ${rows.length} units, ${rows.filter(({ good }) => good).length} good; ${count('right')} right, ${count('unknown')} unknown, ${count('false good')} false good, ${count('false bad')} false bad\n`,
);
process.exitCode = count('false good') > 0 ? 1 : 0;

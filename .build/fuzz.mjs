// `npm run fuzz -- client --table` writes the table of what aborts into docs/python-module.md (test/e2e/behaviour-table.test.ts).
// `npm run fuzz [-- CORES LAYOUTS SEED]`: mutated cores and layout tables, 20,000 and 5,000 where nothing is said.
// `npm run fuzz -- client [--connections N …]`: a hostile client of every example under every server (test/hostile-client/run.ts).
import { rmSync } from 'node:fs';
import { installPackages, root, run } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
const [what, ...others] = process.argv.slice(2);
const isClient = what === 'client';
if (isClient && others.includes('--table')) {
  run(process.execPath, ['.build/bundle.mjs']);
  const words = [
    'vitest',
    'run',
    '--config',
    `${root}test/vitest.config.ts`,
    'test/e2e/behaviour-table.test.ts',
  ];
  run('npx', words, { env: { ...process.env, PYCRASH_BEHAVIOUR_TABLE: 'write' } });
  process.exit(0);
}
// what is beside a program, or above it, is found through import.meta.url
const outfile = isClient ? 'test/hostile-client/run.tmp.mjs' : 'test/e2e/cores/fuzz.tmp.mjs';
process.on('exit', () => rmSync(`${root}${outfile}`, { force: true }));
if (isClient) run(process.execPath, ['.build/bundle.mjs']);
await runProgram(
  isClient ? 'test/hostile-client/run.ts' : 'test/core/fuzz/run.ts',
  outfile,
  isClient ? others : process.argv.slice(2),
);

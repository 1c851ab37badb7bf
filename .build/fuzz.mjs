// `npm run fuzz [-- CORES LAYOUTS SEED]`: mutated cores and layout tables, 20,000 and 5,000 where nothing is said.
import { rmSync } from 'node:fs';
import { installPackages, root } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
// the programs beside make-core.ts are found through import.meta.url
const outfile = 'test/e2e/cores/fuzz.tmp.mjs';
process.on('exit', () => rmSync(`${root}${outfile}`, { force: true }));
await runProgram('test/core/fuzz/run.ts', outfile, process.argv.slice(2));

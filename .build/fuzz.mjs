// `npm run fuzz [-- CORES LAYOUTS SEED]`: mutated cores and layout tables, 20,000 and 5,000 where nothing is said.
import { installPackages, root, run } from './install.mjs';

installPackages();
const { build } = await import('esbuild');
// Node 20 does not read TypeScript; the programs beside make-core.ts are found through import.meta.url.
const outfile = `${root}test/e2e/cores/fuzz.tmp.mjs`;
const { rmSync } = await import('node:fs');
await build({
  entryPoints: [`${root}test/core/fuzz/run.ts`],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'warning',
});
process.on('exit', () => rmSync(outfile, { force: true }));
run(process.execPath, [outfile, ...process.argv.slice(2)]);

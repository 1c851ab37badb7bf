// `npm run bench [-- NAME …]`: runs test/bench/NAME.ts, or all of them. Every figure is a ratio to peers of the same run.

import { existsSync, readdirSync } from 'node:fs';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
installDebianPackages(['gdb', 'python3-venv', 'time', 'valgrind']);
run(process.execPath, ['.build/bundle.mjs']);
// Node 20 reads the whole of that bundle at every start, 30 ms where bare Node takes 21 (nodejs/node#40524): nothing of
// that is ours, and it would hide what is.
if (process.env.NODE_EXTRA_CA_CERTS !== undefined)
  process.stdout.write('without NODE_EXTRA_CA_CERTS, which is set here\n');
delete process.env.NODE_EXTRA_CA_CERTS;
const all = readdirSync(`${root}test/bench`)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
for (const name of names) {
  if (!existsSync(`${root}test/bench/${name}.bench.ts`)) {
    process.stderr.write(`no benchmark ${name}; there are: ${all.join(', ')}\n`);
    process.exit(2);
  }
  process.stdout.write(`\n# ${name}\n`);
  // one folder deep, as src/ and dist/ are, for the paths relative to it
  await runProgram(`test/bench/${name}.bench.ts`, `.cache/${name}.bench.mjs`, [], {
    // src/package-files.ts finds dist/ from where it is itself
    define: { 'import.meta.url': JSON.stringify(`file://${root}src/package-files.ts`) },
  });
}

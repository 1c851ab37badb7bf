// `npm run bench [-- NAME …]`: runs test/bench/NAME.ts, or all of them. Every figure is a ratio to peers of the same run.

import { existsSync, readdirSync } from 'node:fs';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
installDebianPackages(['gdb', 'python3-venv', 'time', 'valgrind']);
run(process.execPath, ['.build/bundle.mjs']);
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

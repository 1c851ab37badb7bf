// `npm run bench [-- NAME …]`: runs test/bench/NAME.ts, or all of them. Every figure is a ratio to peers of the same run.

import { existsSync, readdirSync } from 'node:fs';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

installPackages();
const { build } = await import('esbuild');
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
  // Node 20 does not read TypeScript; one folder deep, as src/ and dist/ are, for the paths relative to it.
  const outfile = `${root}.cache/${name}.bench.mjs`;
  await build({
    entryPoints: [`${root}test/bench/${name}.bench.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
    // src/package-files.ts finds templates/ and dist/ from where it is itself
    define: { 'import.meta.url': JSON.stringify(`file://${root}src/package-files.ts`) },
  });
  process.stdout.write(`\n# ${name}\n`);
  run(process.execPath, [outfile]);
}

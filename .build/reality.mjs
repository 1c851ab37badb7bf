// `npm run reality [-- --seed N --units N]`: systemd units put together by chance, started under a real systemd in
// namespaces of its own, and what `check` says of them (test/reality).
import { installPackages, root, run } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
run(process.execPath, ['.build/bundle.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
await runProgram(`${root}test/reality/run.ts`, '.cache/reality.mjs', process.argv.slice(2));

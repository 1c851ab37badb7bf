// `npm run corpus -- DIR [--table FILE] [--json]`: init, check, init and remove over a copy of each checkout in DIR, and
// a judgement of what they did (test/corpus). Nothing of those repositories is kept.
import { installPackages, root, run } from './install.mjs';

installPackages();
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
run(process.execPath, ['.build/bundle.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
await runProgram(`${root}test/corpus/run.ts`, '.cache/corpus.mjs', process.argv.slice(2));

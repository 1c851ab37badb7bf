// `npm test [-- vitest arguments]`: installs what is missing, builds the bundle, runs every test.
import { installPackages, root, run } from './install.mjs';

installPackages();
run(process.execPath, ['.build/bundle.mjs']);
try {
  run('npx', ['vitest', 'run', '--config', `${root}test/vitest.config.ts`, ...process.argv.slice(2)]);
} catch (error) {
  process.exitCode = error.status ?? 1;
}

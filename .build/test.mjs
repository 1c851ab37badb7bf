// `npm test [-- vitest arguments]`: installs what is missing, builds the bundle, runs the tests. Without the name of one,
// the long ones are left to `npm run test:long` (test/vitest.config.ts says which).
// A test whose part is still missing says so and is listed at the end.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

// The systemd of the tests has a /tmp of its own (test/e2e/verify/private-machine.ts), where a clone would not be seen.
if (root.startsWith('/tmp/')) {
  process.stderr.write(
    `${root} is below /tmp, which the tests replace: clone into another folder, such as ~/pycrash\n`,
  );
  process.exit(2);
}
installPackages();
// test/install-list.test.ts holds every program that a test runs against this list.
const testPackages = JSON.parse(readFileSync(`${root}.build/debian-packages.json`, 'utf8'));
const complete = installDebianPackages(testPackages);
// Python 3.14 and 3.15 live in a folder of their own, which takes root (chroot), and so do OpenRC and the virtual machine
// for what needs a kernel of its own (it shares this machine's files).
if (complete && process.getuid?.() === 0) {
  spawnSync(`${root}.build/forky.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync(`${root}.build/openrc.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync(`${root}.build/machine.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
}
run(process.execPath, ['.build/bundle.mjs']);
const [first, ...rest] = process.argv.slice(2);
const long = first === '--long';
const words = long ? rest : process.argv.slice(2);
process.env['PYCRASH_TESTS'] = long ? 'long' : words.some((word) => !word.startsWith('-')) ? 'all' : 'short';
run('npx', ['vitest', 'run', '--config', `${root}test/vitest.config.ts`, ...words]);

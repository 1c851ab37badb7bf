// `npm run demo`: the main job on examples/django-shop, from init to the report, in a throw-away folder.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

installPackages();
const python = pythonEnvironment();
if (python === undefined) process.exit(3);
// the demo goes on without it, just not under systemd
if (process.getuid?.() === 0) installDebianPackages(['systemd']);
// the test of the demo runs beside others that use dist/
if (process.env.PYCRASH_DEMO_BUILT === undefined) run(process.execPath, ['.build/bundle.mjs']);
// esbuild is one of the packages
const { runProgram } = await import('./program.mjs');
// one folder below the root, as dist/ is
await runProgram('test/demo/shop.ts', '.cache/demo.mjs', [python, ...process.argv.slice(2)]);

/** The interpreter of a virtual environment with what the example requires, made once. */
function pythonEnvironment() {
  const requirements = `${root}examples/django-shop/requirements.txt`;
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = `${root}.cache/demo-${key}`;
  if (existsSync(`${folder}/complete`)) return `${folder}/bin/python`;
  if (!hasEnsurePip() && !installDebianPackages(['python3', 'python3-venv'])) return undefined;
  say('installing Django and gunicorn into .cache …');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const stdio = ['ignore', 'ignore', 2];
  execFileSync('python3', ['-m', 'venv', folder], { stdio });
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements];
  execFileSync(`${folder}/bin/python`, pip, { stdio });
  writeFileSync(`${folder}/complete`, '');
  return `${folder}/bin/python`;
}

/** Debian has venv without pip in python3, and the rest in python3-venv. */
function hasEnsurePip() {
  try {
    execFileSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

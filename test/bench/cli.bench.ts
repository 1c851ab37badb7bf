// The start of the program, and the two commands that people wait for, against bare Node and Django's own check.
// To reach: --version under 1.3 times bare node, check of the example under 2.5 times.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { djangoCheck } from './django-check.ts';
import { compare, printRatios } from './whole-process.ts';

// esbuild puts this file into .cache.
const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
try {
  const shop = join(folder, 'django-shop');
  cpSync(join(ROOT, 'examples/django-shop'), shop, { recursive: true });
  const pycrash = join(ROOT, 'dist/pycrash.js');
  execFileSync('git', ['init', '-q'], { cwd: shop });
  const dryRun = {
    name: 'pycrash init --dry-run',
    command: ['node', pycrash, 'init', '--dry-run', shop],
  } as const;
  const before = compare([{ name: 'node -e 0', command: ['node', '-e', '0'] }, dryRun]);
  execFileSync('node', [pycrash, 'init', '--yes', '--quiet', '--force', shop]);
  printRatios(
    compare([
      { name: 'node -e 0', command: ['node', '-e', '0'] },
      { name: 'pycrash --version', command: ['node', pycrash, '--version'] },
      { name: 'pycrash check', command: ['node', pycrash, 'check', shop] },
      djangoCheck(shop),
    ]),
  );
  printRatios(before);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

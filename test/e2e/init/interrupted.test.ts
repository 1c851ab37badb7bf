import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function shop(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-interrupted-'));
  folders.push(folder);
  const root = join(folder, 'django-shop');
  cpSync(join(ROOT, 'examples/django-shop'), root, { recursive: true });
  git(root, 'init', '-q');
  git(root, 'add', '-A');
  git(root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'start');
  return root;
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8' });
}

/** Is the tree as it was, or as init leaves it? Anything between is neither. */
async function state(root: string): Promise<'before' | 'after' | 'between'> {
  if (git(root, 'status', '--short', '--ignored') === '') return 'before';
  const again = await pycrash(['init', '--dry-run'], { cwd: root });
  return (again.stdout + again.stderr).includes('Nothing to do') ? 'after' : 'between';
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s at any moment: all is written, or nothing',
  async (signal) => {
    const root = shop();
    for (let moment = 0; moment < 6; moment += 1) {
      const child = spawn(process.execPath, [join(ROOT, 'dist/pycrash.js'), 'init', '--yes'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = once(child, 'exit');
      // the first of these come while it reads, the last ones while it writes or looks at the outcome
      const written = moment < 3 ? undefined : once(child.stdout, 'data');
      await Promise.race([written ?? sleep(80 + 60 * moment), ended]);
      if (moment > 3) await sleep(4 * moment);
      child.kill(signal);
      await ended;
      expect(await state(root)).not.toBe('between');
      git(root, 'reset', '-q', '--hard');
      git(root, 'clean', '-q', '-fdx');
    }
  },
);

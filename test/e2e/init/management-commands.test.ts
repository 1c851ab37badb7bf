import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { environmentOf, startProject } from './django-project.ts';

const PAIR = { django: 'django==5.2.*', python: '3.11' } as const;

const COMMANDS = {
  fail: 'raise LookupError("nobody handles this")',
  refuse: 'raise CommandError("wrong usage")',
};

let root: string;
let state: string;
beforeAll(async () => {
  root = startProject(PAIR);
  state = mkdtempSync(join(tmpdir(), 'pycrash-manage-'));
  await pycrash(['init', '--yes', '--force'], { cwd: root });
  const folder = join(root, 'shop/management/commands');
  mkdirSync(folder, { recursive: true });
  for (const [name, statement] of Object.entries(COMMANDS)) {
    const lines = [
      'from django.core.management.base import BaseCommand, CommandError',
      'class Command(BaseCommand):',
      '    def handle(self, *args, **options):',
      `        ${statement}`,
    ];
    writeFileSync(join(folder, `${name}.py`), `${lines.join('\n')}\n`);
  }
  appendFileSync(join(root, 'shop/settings.py'), '\nDEBUG = False\nINSTALLED_APPS += ["shop"]\n');
});
afterAll(() => {
  for (const folder of [root, state]) rmSync(folder, { recursive: true, force: true });
});

function manage(...args: string[]): SpawnSyncReturns<string> {
  const [command, ...words] = environmentOf(PAIR).command('python', ['manage.py', ...args]);
  // no core is needed to see the signal
  return spawnSync('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', command, ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
  });
}

test('a management command that fails aborts, and one that refuses does not', () => {
  const failed = manage('fail');
  expect(failed.signal, failed.stderr).toBe('SIGABRT');
  expect(failed.stderr).toContain('"exception": "builtins.LookupError"');
  const refused = manage('refuse');
  expect(refused).toMatchObject({ signal: null, status: 1 });
  expect(refused.stderr).toContain('CommandError: wrong usage');
});

test('manage.py check names a bad option', () => {
  appendFileSync(join(root, 'shop/settings.py'), '\nPYCRASH = {"MODE": "explode"}\n');
  const { status, stderr } = manage('check');
  expect(stderr).toContain("(pycrash.E003) MODE is one of abort, fork, log, off, not 'explode'.");
  expect(status).toBe(1);
});

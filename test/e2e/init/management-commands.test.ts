import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { spawn } from '@lydell/node-pty';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { pycrash } from '../pycrash.ts';
import { environmentOf, startProject } from './django-project.ts';

const PAIR = { django: 'django==5.2.*', python: '3.11' } as const;

const COMMANDS = {
  consume: 'order = {"cents": 2900}; order["discount"]',
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

// a service that runs a command without an end
test('the core of a command shows its frame with its locals', async () => {
  const work = join(state, 'service');
  mkdirSync(work);
  const [command, ...words] = environmentOf(PAIR).command('python', [join(root, 'manage.py'), 'consume']);
  const { signal, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', command, ...words],
    {
      cwd: work,
      encoding: 'utf8',
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
    },
  );
  expect(signal, stderr).toBe('SIGABRT');
  const core = readdirSync(work).find((file) => file.startsWith('core')) ?? '';
  const { stdout } = await pycrash(['report', join(work, core), '--json'], { cwd: root });
  const [raised] = (JSON.parse(stdout) as CrashReport).exceptions[0]?.chain ?? [];
  expect(raised).toMatchObject({ type: 'KeyError' });
  expect(raised?.frames.at(-1)).toMatchObject({
    file: join(root, 'shop/management/commands/consume.py'),
    line: 4,
    function: 'Command.handle',
    locals: { order: { repr: "{'cents': 2900}" } },
  });
});

test('a command that somebody runs on a terminal does not abort', async () => {
  const [command, ...words] = environmentOf(PAIR).command('python', ['manage.py', 'fail']);
  const ended = await new Promise((resolve) => {
    const terminal = spawn('sh', ['-c', 'ulimit -c 0; "$@"; exit $?', 'sh', command, ...words], {
      cwd: root,
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
    });
    terminal.onExit(resolve);
  });
  expect(ended).toMatchObject({ exitCode: 1 });
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
  // Django lets it through as far as the interpreter's hook
  expect(manage('refuse', '--traceback')).toMatchObject({ signal: null, status: 1 });
});

test('manage.py check names a bad option', () => {
  appendFileSync(join(root, 'shop/settings.py'), '\nPYCRASH = {"MODE": "explode"}\n');
  const { status, stderr } = manage('check');
  expect(stderr).toContain("(pycrash.E003) MODE is one of abort, fork, log, off, not 'explode'.");
  expect(status).toBe(1);
});

import { execa } from 'execa';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { schemaErrors } from '../schema-errors.ts';
import { pycrash } from './pycrash.ts';
import { Example, GOOD, SECRET } from './verify/example.ts';

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop');
});

afterAll(() => shop.remove());

const ALL_GOOD = { ...GOOD, 'wait-status': true, gdb: true, 'lost-requests': true };

test('the shop under gunicorn: every worker aborts twice and every step holds', async (context) => {
  needs(context, 'gdb', 'plain core pattern');
  const { outcome, document, steps, detail } = await shop.verify(SECRET);
  expect(steps, outcome.stderr).toMatchObject(ALL_GOOD);
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ schemaVersion: 1, ok: true, server: 'gunicorn', supervisor: 'none' });
  expect(detail('start')).toContain(
    'gunicorn --workers 2 shop.wsgi:application, shop.settings.production, Django 5.2',
  );
  expect(detail('handled-errors')).toContain(
    'missing 404, forbidden 403, suspicious 400, too-many-fields 400, invalid 400, invalid-serializer 400, no-such-page 404',
  );
  expect(detail('abort')).toBe(
    '2 exceptions in a view and 2 in a streaming body: each of 2 workers aborted twice',
  );
  expect(detail('crash-budget')).toContain('answered with 500 (budget spent: not aborting)');
  expect(document?.cores).toHaveLength(4);
  expect(schemaErrors('verify', document)).toBeNull();
  expect(schemaErrors('report', document?.cores[0]?.report)).toBeNull();
  expect(document?.recoverySeconds).toBeGreaterThan(0);
  expect(shop.changes()).toBe('');
  // the progress of each step is prose, and goes to stderr
  expect(outcome.stderr).toMatch(/^ok +start +\d+\.\d s +\S/m);
});

test('the report of the core has the planted chain, its frames and the planted local', async (context) => {
  needs(context, 'plain core pattern');
  const { document } = await shop.verify(SECRET);
  const report = document?.cores[0]?.report;
  const chain = report?.exceptions[0]?.chain ?? [];
  expect(chain.map(({ type, message, relation }) => ({ type, message, relation }))).toMatchObject([
    { type: 'PlantedError', message: 'pycrash verify planted this', relation: null },
    { type: 'KeyError', relation: 'cause' },
  ]);
  const raising = chain[0]?.frames.at(-1);
  expect(raising).toMatchObject({ function: 'price' });
  expect(raising?.locals['planted_local']?.repr).toMatch(/^'planted-verify-[0-9a-f]{12}-1'$/);
});

test('--env-file gives what the settings module wants', async () => {
  const file = join(shop.folder, 'environment');
  writeFileSync(file, '# secrets\nDJANGO_SECRET_KEY="of the file"\nDJANGO_ALLOWED_HOSTS=shop.test\n');
  const { outcome, steps } = await shop.verify(['--env-file', file]);
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true });
});

test('gthread: all threads of a worker go with it, and the service comes back', async (context) => {
  needs(context, 'plain core pattern');
  const command = 'gunicorn --worker-class gthread --threads 4 --workers 2 shop.wsgi:application';
  const environment = ['--settings', 'shop.settings.production', ...SECRET];
  const { outcome, document, steps } = await shop.verify(['--command', command, ...environment]);
  expect(steps, outcome.stderr).toMatchObject({
    abort: true,
    'core-complete': true,
    recovery: true,
    'crash-budget': true,
  });
  expect(outcome.exitCode).toBe(0);
  expect(document?.cores).toHaveLength(4);
});

test('a repository without crash handling fails, and is told why', async () => {
  const plain = new Example('django-shop');
  try {
    const { outcome, steps, detail } = await plain.verify(SECRET);
    expect(outcome.exitCode).toBe(1);
    expect(steps).toMatchObject({ start: true, 'handled-errors': true, abort: false, 'clean-up': true });
    expect(detail('abort')).toMatch(/was answered with 500 and the process keeps running.*pycrash check/);
  } finally {
    plain.remove();
  }
});

test('a hand-written process_exception ends a worker for a 404: the step says which requests did it', async () => {
  const naive = new Example('django-minimal');
  try {
    const lines = ['import os', '', '', 'class AbortMiddleware:', '    def __init__(self, get_response):'];
    lines.push('        self.get_response = get_response', '', '    def __call__(self, request):');
    lines.push(
      '        return self.get_response(request)',
      '',
      '    def process_exception(self, request, exception):',
    );
    writeFileSync(join(naive.root, 'mysite/aborting.py'), [...lines, '        os.abort()', ''].join('\n'));
    const middleware = '\nMIDDLEWARE += ["mysite.aborting.AbortMiddleware"]\n';
    appendFileSync(join(naive.root, 'mysite/settings.py'), middleware);
    const { outcome, steps, detail } = await naive.verify(['--timeout', '8']);
    expect(steps, outcome.stderr).toMatchObject({ start: true, 'handled-errors': false, 'clean-up': true });
    expect(detail('handled-errors')).toMatch(/missing ECONNRESET, .*invalid 400, .*workers? ended/);
    expect(outcome.exitCode).toBe(1);
  } finally {
    naive.remove();
  }
});

test('the minimal project has DEBUG on: that is said, and with it asked for every step holds, beside a folder named core', async (context) => {
  needs(context, 'plain core pattern', 'core_uses_pid 0');
  const minimal = await Example.initialised('django-minimal');
  try {
    const off = await minimal.verify();
    expect(off.outcome.exitCode).toBe(1);
    expect(off.detail('abort')).toContain('PYCRASH_UNDER_DEBUG=1');
    mkdirSync(join(minimal.root, 'core'));
    writeFileSync(join(minimal.root, 'core/__init__.py'), '');
    const on = await minimal.verify(['--env', 'PYCRASH_UNDER_DEBUG=1']);
    expect(on.steps, on.outcome.stderr).toMatchObject({ abort: true, 'core-present': true, recovery: true });
    expect(on.outcome.exitCode, on.outcome.stderr).toBe(0);
    // in the place of /var/tmp, which is everybody's
    const places = on.document?.cores.map(({ path }) => dirname(path)) ?? [];
    expect(new Set(places)).toEqual(new Set([expect.stringMatching(/\/reports$/)]));
  } finally {
    minimal.remove();
  }
});

test('an application that does not start: its own words, exit code 3', async () => {
  const { outcome, document, detail } = await shop.verify([]);
  expect(outcome.exitCode).toBe(3);
  expect(document?.steps.map(({ id, ok }) => [id, ok])).toEqual([
    ['start', false],
    ['clean-up', true],
  ]);
  expect(detail('start')).toContain("KeyError: 'DJANGO_SECRET_KEY'");
  expect(detail('start')).toContain('pass --env DJANGO_SECRET_KEY=');
  expect(outcome.stderr).toContain("KeyError: 'DJANGO_SECRET_KEY'");
});

test('an address that is taken is named as the reason', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const command = `gunicorn --bind 127.0.0.1:${port} shop.wsgi:application`;
    const { outcome, detail } = await shop.verify([
      '--command',
      command,
      '--settings',
      'shop.settings.production',
      ...SECRET,
    ]);
    expect(outcome.exitCode).toBe(3);
    expect(detail('start')).toMatch(/its address is taken: stop what listens there/);
  } finally {
    server.close();
  }
});

test('no gdb: the step is unknown, and fails only where it is required', async (context) => {
  needs(context, 'plain core pattern');
  const bin = join(shop.folder, 'bin');
  mkdirSync(bin);
  for (const program of ['sh', 'env', 'git']) symlinkSync(`/usr/bin/${program}`, join(bin, program));
  const { outcome, steps, detail } = await shop.verify(['--require', 'gdb,main-process', ...SECRET], {
    PATH: bin,
  });
  expect(steps, outcome.stderr).toMatchObject({ ...ALL_GOOD, gdb: 'unknown' });
  expect(detail('gdb')).toContain('apt-get install gdb');
  expect(outcome.exitCode).toBe(1);
  expect(outcome.stderr).toContain('gdb is required and could not be observed');
  // no supervisor here that would have a main process
  expect(outcome.stderr).toContain('main-process is required and did not run');
});

test('cores piped to an unknown program: unknown, with what would find out', async (context) => {
  needs(context, 'root', 'plain core pattern');
  const pattern = join(shop.folder, 'core_pattern');
  writeFileSync(pattern, '|/opt/ours/take-core %p\n');
  // only verify sees it: the kernel's own setting belongs to everybody
  const bundle = join(import.meta.dirname, '../../dist/pycrash.js');
  const script = 'mount --bind "$1" /proc/sys/kernel/core_pattern; shift; exec "$@"';
  const words = [
    process.execPath,
    bundle,
    'verify',
    '--supervisor=none',
    '--json',
    '--python',
    shop.python,
    ...SECRET,
  ];
  const result = await execa(
    'unshare',
    ['--mount', 'sh', '-ec', script, 'sh', pattern, ...words, '--require', 'core-present', shop.root],
    { reject: false, env: { XDG_STATE_HOME: join(shop.folder, 'state') } },
  );
  const document = JSON.parse(result.stdout) as {
    ok: boolean;
    steps: { id: string; ok: unknown; detail: string }[];
  };
  const step = document.steps.find(({ id }) => id === 'core-present');
  expect(step).toMatchObject({ ok: 'unknown' });
  expect(step?.detail).toContain('/opt/ours/take-core');
  expect(step?.detail).toContain('sysctl -w kernel.core_pattern=core.%p');
  expect(result.exitCode).toBe(1);
});

test('a run that was killed is cleaned up by the next one', async (context) => {
  needs(context, 'linux');
  const state = join(shop.folder, 'killed');
  const bundle = join(import.meta.dirname, '../../dist/pycrash.js');
  const places = join(shop.folder, 'places');
  mkdirSync(places);
  const environment = { XDG_STATE_HOME: state, TMPDIR: places };
  const words = ['verify', '--supervisor=none', '--python', shop.python, ...SECRET, shop.root];
  const running = execa(process.execPath, [bundle, ...words], { env: environment, reject: false });
  let said = '';
  running.stderr.on('data', (part: Buffer) => (said += part.toString()));
  await waitFor(30, () => (said.includes('start ') ? true : undefined));
  running.kill('SIGKILL');
  await running;
  const [place = ''] = readdirSync(places);
  expect(processesOf(place)).not.toEqual([]);
  const next = await pycrash(['verify', '--supervisor=none', '--python', shop.python, shop.root], {
    env: environment,
  });
  expect(next.exitCode).toBe(3);
  expect(readdirSync(places)).toEqual([]);
  expect(processesOf(place)).toEqual([]);
});

test('--keep leaves the cores and the log, readable by nobody else', async (context) => {
  needs(context, 'plain core pattern');
  const { outcome, document, detail } = await shop.verify(['--keep', ...SECRET], { TMPDIR: shop.folder });
  expect(outcome.exitCode).toBe(0);
  const [core] = document?.cores ?? [];
  expect(
    readFileSync(core?.path ?? '')
      .subarray(0, 4)
      .toString('latin1'),
  ).toBe('\u007FELF');
  expect(detail('clean-up')).toContain('kept: ');
});

test.for([
  [['--supervisor', 'upstart'], '--supervisor upstart: there are auto, none, systemd, supervisord'],
  [['--env', 'NOVALUE'], 'NAME=VALUE is wanted'],
  [['--timeout', 'soon'], '--timeout soon is no number of seconds'],
  [['--python', '/no/such/python'], 'there is no /no/such/python'],
] as const)('wrong usage: %s', async ([args, message]) => {
  const outcome = await pycrash(['verify', ...args, shop.root]);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain(message);
});

function processesOf(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(place);
    } catch {
      return false;
    }
  });
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, SECRET } from './verify/example.ts';

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop');
});

beforeEach((context) => needs(context, 'root', 'plain core pattern'));

afterAll(() => shop.remove());

const GOOD = {
  start: true,
  'handled-errors': true,
  abort: true,
  'log-line': true,
  'wait-status': true,
  'core-present': true,
  'core-complete': true,
  'cores-distinct': true,
  report: true,
  recovery: true,
  'main-process': true,
  'start-limit': true,
  'crash-budget': true,
  'clean-up': true,
};

/** What `pycrash unit KIND` prints for the shop where it is deployed, at its place in the repository. */
async function deploy(
  kind: string,
  file: string,
  change: (text: string) => string = (text) => text,
): Promise<void> {
  const command = '/srv/shop/venv/bin/gunicorn --bind 127.0.0.1:8000 shop.wsgi:application';
  const words = ['unit', kind, '--name=shop', '--user=shop', '--working-directory=/srv/shop'];
  const { stdout } = await pycrash([...words, `--command=${command}`]);
  const path = join(shop.root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, change(stdout), { mode: 0o755 });
  onTestFinished(() => rmSync(path));
}

test('supervisord without a configuration in the repository: what `pycrash unit` prints is tested', async (context) => {
  needs(context, 'supervisord');
  const { outcome, document, steps, detail } = await shop.verify(['--supervisor', 'supervisord', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject(GOOD);
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ ok: true, server: 'gunicorn', supervisor: 'supervisord' });
  expect(detail('start')).toContain('what `pycrash unit supervisord` prints in a private supervisord');
  expect(document?.cores.map(({ path }) => path)).toEqual(Array(4).fill('/var/lib/application/core'));
  expect(detail('main-process')).toContain('terminated by SIGABRT (core dumped)');
  expect(shop.changes()).toBe('');
});

test("supervisord with the project's own program, which is not started again: the step and the key are named", async (context) => {
  needs(context, 'supervisord');
  await deploy('supervisord', 'deploy/supervisor/shop.conf', (text) =>
    text.replace('autorestart=true', 'autorestart=false'),
  );
  const { outcome, steps, detail } = await shop.verify(['--supervisor', 'supervisord', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ abort: true, recovery: true, 'main-process': false });
  expect(detail('start')).toContain('deploy/supervisor/shop.conf in a private supervisord');
  expect(detail('main-process')).toMatch(
    /exited: shop \(terminated by SIGABRT.*not started again.*autorestart=/,
  );
  expect(outcome.exitCode).toBe(1);
});

test('supervisord that gives up after a few crashes: the step names the key', async (context) => {
  needs(context, 'supervisord');
  await deploy('supervisord', 'deploy/supervisor/shop.conf', (text) =>
    text.replace(/^startretries=.*$/m, ''),
  );
  const { outcome, steps, detail } = await shop.verify(['--supervisor', 'supervisord', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ 'main-process': true, 'start-limit': false });
  expect(detail('start-limit')).toContain('startretries=');
  expect(outcome.exitCode).toBe(1);
});

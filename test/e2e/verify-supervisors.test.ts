import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, SECRET, SUPERVISED_GOOD } from './verify/example.ts';

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop');
});

beforeEach((context) => needs(context, 'root', 'plain core pattern'));

afterAll(() => shop.remove());

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
  expect(steps, outcome.stderr).toMatchObject(SUPERVISED_GOOD);
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

test("runit with the project's own run script: every step holds", async (context) => {
  needs(context, 'runit');
  await deploy('runit', 'deploy/sv/shop/run');
  const { outcome, document, steps, detail } = await shop.verify(['--supervisor', 'runit', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject(SUPERVISED_GOOD);
  expect(detail('start')).toContain('deploy/sv/shop/run in a private runit');
  expect(document?.cores.map(({ path }) => path)).toEqual(Array(2).fill('/var/lib/shop/core'));
  expect(outcome.exitCode).toBe(0);
});

test('runit without the line on the limit: the main process leaves no core, and the limit is named', async (context) => {
  needs(context, 'runit');
  await deploy('runit', 'deploy/sv/shop/run', (text) => text.replace(/^ulimit .*$/m, ''));
  const { outcome, steps, detail } = await shop.verify(['--supervisor', 'runit', ...SECRET]);
  // the generated module lifts the limit of a worker itself
  expect(steps, outcome.stderr).toMatchObject({ 'core-present': true, 'main-process': false });
  expect(detail('main-process')).toMatch(
    /no core in \/var\/lib\/shop \(core-limit: core limit: soft 0, .*ulimit -c/,
  );
  expect(outcome.exitCode).toBe(1);
});

test('s6 without a service of its own: every step holds, and the death tally says core', async (context) => {
  needs(context, 's6');
  const { outcome, steps, detail } = await shop.verify(['--supervisor', 's6', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject(SUPERVISED_GOOD);
  expect(detail('main-process')).toContain('signal SIGABRT, core of ');
  expect(outcome.exitCode).toBe(0);
});

test('s6 with a finish that ends it for good: that is what the step says', async (context) => {
  needs(context, 's6');
  await deploy('s6', 's6-services/shop/run');
  const finish = join(shop.root, 's6-services/shop/finish');
  writeFileSync(finish, '#!/bin/sh\nexit 125\n', { mode: 0o755 });
  onTestFinished(() => rmSync(finish));
  const { outcome, steps, detail } = await shop.verify(['--supervisor', 's6', ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ recovery: true, 'main-process': false, 'clean-up': true });
  expect(detail('main-process')).toContain('its finish may have said so (in s6: exit code 125)');
  expect(outcome.exitCode).toBe(1);
});

test('s6 with a usage error in run: the service ends again and again, and its own words are shown', async (context) => {
  needs(context, 's6');
  await deploy('s6', 's6-services/shop/run', (text) =>
    text.replace('s6-softlimit -c =', 's6-softlimit -c unlimited'),
  );
  const { outcome, document, detail } = await shop.verify(['--supervisor', 's6', ...SECRET]);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toContain('it ends again and again');
  expect(detail('start')).toContain('s6-softlimit: usage:');
  expect(document?.steps.at(-1)).toMatchObject({ id: 'clean-up', ok: true });
});

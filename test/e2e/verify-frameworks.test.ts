// Flask, FastAPI and Starlette: the examples as `init` leaves them, under their servers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example, GOOD } from './verify/example.ts';

beforeEach((context) => needs(context, 'plain core pattern'));

async function initialised(name: string): Promise<Example> {
  const example = await Example.initialised(name);
  onTestFinished(() => example.remove());
  return example;
}

test('Flask under gunicorn: every step holds, and nothing of the repository is changed', async () => {
  const shop = await initialised('flask-shop');
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'none' });
  expect(detail('start')).toMatch(/gunicorn .*shop:create_app\(\), Flask 3\.\S+ on Python 3\.11/);
  expect(detail('handled-errors')).toBe(
    'missing 404, forbidden 403, suspicious 400, too-many-fields 413, invalid 422, no-such-page 404: every worker lives on',
  );
  expect(document?.cores).toHaveLength(6);
  expect(shop.changes()).toBe('');
});

test('FastAPI under uvicorn: every step holds, after the 500 that Starlette sends first', async () => {
  const shop = await initialised('fastapi-shop');
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject(GOOD);
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'uvicorn', supervisor: 'none' });
  expect(detail('start')).toMatch(/FastAPI \S+ on Python 3\.11/);
  expect(detail('handled-errors')).toContain('missing 404, forbidden 403');
  expect(shop.changes()).toBe('');
});

test('Flask under its own unit, in a private systemd: the main process comes back, too', async (context) => {
  needs(context, 'root', 'systemd');
  const shop = await initialised('flask-shop');
  const { outcome, document, steps } = await shop.verify(['--supervisor', 'systemd']);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'main-process': true, 'start-limit': true });
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'systemd' });
  expect(outcome.exitCode).toBe(0);
});

test.for([
  ['flask-shop', 'shop/__init__.py', 'watch_flask(app)'],
  ['fastapi-shop', 'shop/main.py', 'watch_starlette(app)'],
] as const)('%s without its hook: the step says that the process lives on', async ([name, file, call]) => {
  const shop = await initialised(name);
  const path = join(shop.root, file);
  const wired = readFileSync(path, 'utf8');
  writeFileSync(path, wired.replace(call, 'pass'));
  expect(readFileSync(path, 'utf8')).not.toBe(wired);
  const { outcome, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ start: true, 'handled-errors': true, abort: false });
  expect(detail('abort')).toContain('was answered with 500 and the process lives on');
  expect(outcome.exitCode).toBe(1);
});

test('options for Django are refused', async () => {
  const shop = await initialised('flask-shop');
  const { outcome } = await shop.verify(['--sqlite']);
  expect(outcome.stderr).toContain('--sqlite is for Django, and this is flask');
  expect(outcome.exitCode).toBe(2);
});

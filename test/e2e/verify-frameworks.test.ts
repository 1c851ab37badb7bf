// Frameworks other than Django: the examples as `init` leaves them, under their servers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example, GOOD } from './verify/example.ts';

/** One environment for all of them. */
const PACKAGES = [
  'aiohttp>=3.9',
  'bottle>=0.13',
  'falcon>=4.0',
  'gunicorn>=22',
  'litestar>=2.8',
  'pyramid>=2.0',
  'tornado>=6.4',
  'uvicorn',
];

beforeEach((context) => needs(context, 'plain core pattern'));

async function initialised(name: string): Promise<Example> {
  const packages = /^(?:flask|fastapi)/.test(name) ? [] : PACKAGES;
  const example = await Example.initialised(name, '3.11', undefined, packages);
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

/** Example, server, what `start` says, what `handled-errors` says. */
const OTHERS = [
  [
    'falcon-shop',
    'gunicorn',
    /gunicorn .*shop\.app:create_app\(\), Falcon 4\.\S+ on Python 3\.11\.\d+: 3 workers/,
    'missing 404, forbidden 403, suspicious 400, too-many-fields 413, invalid 400, no-such-page 404',
  ],
  [
    'bottle-shop',
    'gunicorn',
    /gunicorn .*shop\.web:application, Bottle 0\.13\S* on Python 3\.11\.\d+: 3 workers/,
    'missing 404, forbidden 403, suspicious 400, too-many-fields 413, invalid 422, no-such-page 404',
  ],
] as const;

test.for(OTHERS)('%s under %s: every step holds', async ([name, server, start, handled]) => {
  const shop = await initialised(name);
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server, supervisor: 'none' });
  expect(detail('start')).toMatch(start);
  expect(detail('handled-errors')).toBe(`${handled}: every worker lives on`);
  expect(detail('abort')).toContain('3 exceptions in a view and 3 in a streaming body');
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
  ['falcon-shop', 'shop/app.py', 'watch_falcon(app)'],
  ['bottle-shop', 'shop/web.py', 'watch_bottle(application)'],
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

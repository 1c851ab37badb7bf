import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../src/crashtest/address.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import type { Verification } from '../../src/crashtest/verification.ts';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, PAGE } from './verify/example.ts';

const ROUTE = '/crash-4b1e';
const TOKEN = 'of-the-test-'.repeat(4);

let shop: Example;
let server: ChildProcess;
let url: string;
let cores: string;

/** The shop as it is deployed somewhere: pycrash has not started it. */
beforeAll(async () => {
  shop = await Example.initialised('django-shop', '3.11', undefined, ['uvicorn'], ['--with', 'crash-route']);
  const port = await freePort();
  url = `http://localhost:${port}/nothing-here/`;
  cores = join(shop.folder, 'cores');
  mkdirSync(cores);
  writeFileSync(join(shop.root, 'shop/page.py'), PAGE);
  const words = [
    '--bind',
    `127.0.0.1:${port}`,
    '--workers',
    '1',
    '--chdir',
    cores,
    '--pythonpath',
    shop.root,
  ];
  server = start('gunicorn', ...words, 'shop.page:application');
  await waitFor(30, async () => ((await status()) === 200 ? true : undefined));
});

function start(program: string, ...words: string[]): ChildProcess {
  return spawn('prlimit', ['--core=unlimited', join(shop.python, '..', program), ...words], {
    stdio: 'ignore',
    cwd: cores,
    env: {
      ...process.env,
      DJANGO_SECRET_KEY: 'of-the-test',
      PYTHONPATH: shop.root,
      PYCRASH_BUDGET_DIRECTORY: join(shop.folder, `budget-${program}`),
      PYCRASH_BUDGET_PER_FINGERPRINT: '1',
      PYCRASH_CRASH_ROUTE: ROUTE,
      PYCRASH_CRASH_TOKEN: TOKEN,
    },
  });
}

const ASGI_PAGE = [
  'from shop.asgi import application as shop',
  '',
  'async def application(scope, receive, send):',
  '    if scope.get("path") != "/nothing-here/":',
  '        return await shop(scope, receive, send)',
  '    await send({"type": "http.response.start", "status": 200, "headers": []})',
  '    await send({"type": "http.response.body", "body": b"here"})',
  '',
].join('\n');

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
  shop.remove();
});

async function status(init: RequestInit = {}, path = ''): Promise<number | undefined> {
  return fetch(path === '' ? url : new URL(path, url), { redirect: 'manual', ...init }).then(
    (answer) => answer.status,
    () => undefined,
  );
}

async function attach(...words: string[]) {
  const outcome = await pycrash(
    ['verify', '--json', '--timeout', '20', '--attach', url, '--allow-crash', ROUTE, ...words],
    { env: { PYCRASH_CRASH_TOKEN: TOKEN } },
  );
  const document = JSON.parse(outcome.stdout) as Verification;
  const detail = (id: string): string => document.steps.find((step) => step.id === id)?.detail ?? '';
  const steps = Object.fromEntries(document.steps.map(({ id, ok }) => [id, ok]));
  return { outcome, document, steps, detail };
}

test('without the token, by another method, or on another path the route is not there', async () => {
  const wrong = { 'x-pycrash-token': 'x'.repeat(TOKEN.length) };
  const right = { 'x-pycrash-token': TOKEN };
  for (const [path, init] of [
    [ROUTE, { method: 'POST' }],
    [ROUTE, { method: 'POST', headers: wrong }],
    [ROUTE, { headers: right }],
    [`${ROUTE}/`, { method: 'POST', headers: right }],
    ['/', { method: 'POST', headers: right }],
  ] as const) {
    // whatever the application answers to an address that it does not have
    expect(await status(init, path)).toBeLessThan(500);
  }
});

test('a route that the service does not have: the step says what has to be set', async () => {
  const { outcome, steps, detail } = await attach('--allow-crash', '/another');
  expect(steps).toEqual({ start: true, abort: false });
  expect(detail('abort')).toContain('PYCRASH_CRASH_ROUTE and PYCRASH_CRASH_TOKEN');
  expect(outcome.exitCode).toBe(1);
});

test('a deployed service is crashed, comes back, and its core has the frame of that request', async () => {
  const pid = String(server.pid);
  const { outcome, document, steps } = await attach('--pid', pid);
  expect(steps, outcome.stderr).toEqual({
    start: true,
    abort: true,
    recovery: true,
    'core-present': true,
    report: true,
  });
  expect(outcome.exitCode).toBe(0);
  expect(document.cores[0]?.path).toMatch(new RegExp(`^${cores}/core`));
  // its budget is one abort of that kind; a service that logs only is not taken for one that crashed
  const spent = await attach('--cores', cores);
  expect(spent.steps).toEqual({ start: true, abort: false });
  expect(spent.detail('abort')).toContain('answered with 500');
});

test('under ASGI, and with nobody who starts it again: recovery fails, the core is found', async () => {
  writeFileSync(join(shop.root, 'shop/asgi_page.py'), ASGI_PAGE);
  const port = await freePort();
  const uvicorn = start('uvicorn', '--port', String(port), 'shop.asgi_page:application');
  const page = `http://127.0.0.1:${port}/nothing-here/`;
  await waitFor(30, async () => ((await status({}, page)) === 200 ? true : undefined));
  const { outcome, steps } = await attach('--attach', page, '--cores', cores, '--timeout', '3');
  uvicorn.kill('SIGKILL');
  expect(steps, outcome.stderr).toEqual({
    start: true,
    abort: true,
    recovery: false,
    'core-present': true,
    report: true,
  });
  expect(outcome.exitCode).toBe(1);
});

test.for([
  [['--attach', 'http://shop.example.org/', '--allow-crash', '/x'], 'the token would be sent in clear'],
  [['--attach', 'http://localhost:1/'], '--allow-crash has to name its crash route'],
  [['--allow-crash', '/x'], '--allow-crash goes with --attach'],
] as const)('wrong usage: %j', async ([words, message]) => {
  const { exitCode, stderr } = await pycrash(['verify', ...words], { env: { PYCRASH_CRASH_TOKEN: TOKEN } });
  expect([exitCode, stderr.includes(message)]).toEqual([2, true]);
});

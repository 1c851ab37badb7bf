import { once } from 'node:events';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/crashtest/address.ts';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, GOOD, SECRET } from './verify/example.ts';

const SERVERS = ['daphne', 'granian', 'hypercorn', 'uvicorn', 'uwsgi', 'waitress'];

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop', '3.11', undefined, SERVERS);
}, 600_000);

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

afterAll(() => shop.remove());

test.for([
  // the last one: whether its parent is a process of Python, which can be watched
  ['uvicorn', 'shop.asgi:application', true],
  ['granian', 'shop.wsgi:application', true],
  ['uwsgi', 'shop.wsgi:application', 'unknown'],
] as const)('%s replaces its workers: every step holds', async ([server, object, watched]) => {
  const { outcome, document, steps, detail } = await shop.verify(['--server', server, ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': watched });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server, supervisor: 'none' });
  expect(detail('start')).toContain(object);
  expect(detail('start')).toMatch(/: 2 workers as \w/);
  expect(document?.cores).toHaveLength(4);
});

test('a server that nothing in the repository names: verify says what to do, and then init wraps asgi.py', async () => {
  const site = new Example('django-minimal', '3.11', undefined, []);
  try {
    site.replace('mysite/settings.py', /DEBUG = True/g, 'DEBUG = False');
    site.replace('mysite/settings.py', /ALLOWED_HOSTS = \[\]/g, "ALLOWED_HOSTS = ['*']");
    await site.init();
    const words = ['--server', 'uvicorn', '--python', shop.python];
    const { steps, detail } = await site.verify(words);
    expect(steps).toMatchObject({ start: true, abort: false });
    expect(detail('abort')).toMatch(
      /streaming body.*mysite\/asgi\.py does not wrap its application\. Name the server in a requirement.*`pycrash upgrade`/,
    );
    appendFileSync(join(site.root, 'requirements.txt'), 'uvicorn\n');
    expect((await pycrash(['upgrade', '--yes', '--force', site.root])).exitCode).toBe(0);
    expect((await site.verify(words)).steps).toMatchObject({ abort: true });
  } finally {
    site.remove();
  }
});

test('daphne is one process: s6 starts it again, as the user that was asked for', async (context) => {
  needs(context, 'root', 's6');
  const words = ['--server', 'daphne', '--supervisor', 's6', '--user', 'daemon'];
  const { outcome, steps, detail } = await shop.verify([...words, ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'main-process': true, 'start-limit': true });
  expect(detail('start')).toContain(': 1 worker as daemon');
  expect(outcome.exitCode).toBe(0);
});

test('hypercorn ends with exit code 0 after a crash: recovery fails, and says so', async () => {
  const words = ['--server', 'hypercorn', '--timeout', '8'];
  const { outcome, document, steps, detail } = await shop.verify([...words, ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true, report: true, recovery: false });
  // which one is chance
  expect(detail('recovery')).toMatch(
    /it ended with exit code (?:0|241), and nothing started it again: that takes a supervisor \(--supervisor\)/,
  );
  expect(document?.cores).toHaveLength(1);
  expect(outcome.exitCode).toBe(1);
});

test('waitress that trusts no proxy redirects to https: the start says so', async () => {
  const command = ['--command', 'waitress-serve shop.wsgi:application'];
  const settings = ['--settings', 'shop.settings.production'];
  const { outcome, detail } = await shop.verify([...command, ...settings, '--timeout', '4', ...SECRET]);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toMatch(/but 301 to https:.*waitress: --trusted-proxy/);
});

test('--url says where a command listens that does not name an address, and what answers 200', async () => {
  const address = '127.0.0.1:18477';
  const command = ['--command', `gunicorn --bind ${address} shop.wsgi:application`];
  const page = ['--url', `http://${address}/no-such-page/`];
  const settings = ['--settings', 'shop.settings.production', '--timeout', '4'];
  const { outcome, steps, detail } = await shop.verify([...command, ...page, ...settings, ...SECRET]);
  expect(steps, outcome.stderr).toMatchObject({ start: false, 'clean-up': true });
  expect(detail('start')).toContain('but 404');
});

/** Writes files of the shop; what is returned removes them, and fails where one was changed. */
function write(files: Readonly<Record<string, string>>): () => void {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(shop.root, name), text, { mode: 0o755 });
  return () => {
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(shop.root, name), 'utf8')).toBe(text);
      rmSync(join(shop.root, name));
    }
  };
}

describe('where a service of the same machine listens', () => {
  const taken: Server[] = [];
  let port: number;
  let path: string;
  let seen = 0;

  beforeAll(async () => {
    path = join(shop.folder, 'shop.sock');
    port = await freePort();
    for (const where of [{ port, host: '127.0.0.1' }, { path }]) {
      const server = createServer((socket) => {
        seen += 1;
        socket.end('deployed');
      });
      taken.push(server);
      await once(server.listen(where), 'listening');
    }
  });

  afterAll(() => {
    for (const server of taken) server.close();
  });

  /** Does each of them still get what is sent there, and did nothing else? */
  async function answers(): Promise<void> {
    const before = seen;
    for (const where of [{ port, host: '127.0.0.1' }, { path }]) {
      const client = connect(where);
      const [answer] = (await once(client, 'data')) as [Buffer];
      expect(String(answer)).toBe('deployed');
    }
    expect([before, seen]).toEqual([0, 2]);
    seen = 0;
  }

  test("uWSGI's file: its sockets are neither bound nor removed, and the file stays as it is", async () => {
    const undo = write({
      'uwsgi.ini': [
        '[uwsgi]',
        'module = shop.wsgi:application',
        'master = true',
        'processes = 2',
        'vacuum = true',
        // as it is deployed
        'chdir = /srv/shop-of-the-test',
        'home = /srv/shop-of-the-test/venv',
        `socket = ${path}`,
        `http-socket = 127.0.0.1:${port}`,
        `stats = 127.0.0.1:${port}`,
        '',
      ].join('\n'),
      Procfile: 'web: uwsgi --ini uwsgi.ini\n',
    });
    const { outcome, document, steps, detail } = await shop.verify(['--server', 'uwsgi', ...SECRET]);
    expect(steps, outcome.stderr).toMatchObject(GOOD);
    expect(document?.server).toBe('uwsgi');
    expect(detail('start')).toMatch(/uwsgi --http-socket 127\.0\.0\.1:\d+ --ini uwsgi\.ini, .*: 2 workers/);
    await answers();
    undo();
  });

  test("hypercorn's file, where a script starts it: it listens where the test wants it", async () => {
    const undo = write({
      'hypercorn.toml': `bind = ["127.0.0.1:${port}", "unix:${path}"]\nworkers = 1\n`,
      'start.sh': '#!/bin/sh\nexec hypercorn --config hypercorn.toml shop.asgi:application\n',
      Procfile: 'web: ./start.sh\n',
    });
    const words = ['--server', 'hypercorn', '--command', './start.sh', '--timeout', '8'];
    const { outcome, steps } = await shop.verify([...words, ...SECRET]);
    expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true, report: true, recovery: false });
    await answers();
    undo();
  });
});

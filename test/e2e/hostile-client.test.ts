// The short form of `npm run fuzz -- client`: nothing that a client sends or leaves undone aborts.
import { join } from 'node:path';
import { beforeAll, beforeEach, test } from 'vitest';
import { KINDS } from '../../src/crashtest/hostile-client/hostile-connection.ts';
import { attack } from '../hostile-client/attack.ts';
import { HOSTED, HostedCopy } from '../hostile-client/hosted.ts';
import { PACKAGES, SERVERS, surfaceOf } from '../hostile-client/servers.ts';
import { told } from '../hostile-client/told.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';

/** Each kind of connection that often. */
const ROUNDS = 4;
const SEED = 1;

/** Every server once, and every example. */
const PAIRS = [
  ['django-minimal', 'daphne'],
  ['django-minimal', 'gunicorn-sync'],
  ['django-channels', 'uvicorn'],
  ['django-shop', 'uwsgi'],
  ['fastapi-shop', 'uvicorn-h11-wsproto'],
  ['fastapi-shop', 'granian-asgi'],
  ['litestar-shop', 'uvicorn-sansio'],
  ['wsgi-shop', 'hypercorn'],
  ['flask-shop', 'gunicorn-gthread'],
  ['falcon-shop', 'gunicorn-gevent'],
  ['pyramid-shop', 'waitress'],
  ['bottle-shop', 'cheroot'],
  ['aiohttp-shop', 'own-server'],
  ['tornado-shop', 'own-server'],
] as const;

let bin = '';

beforeAll(() => {
  bin = join(pythonEnvironment('3.11', PACKAGES).folder, 'bin');
}, 600_000);

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

test.for(PAIRS)(
  '%s under %s: no connection aborts it, and a bug still does',
  { concurrent: true },
  async ([example, name], { onTestFinished: atEnd, expect: expectHere }) => {
    const [hosted, server] = [HOSTED[example], SERVERS[name]];
    if (hosted === undefined || server === undefined)
      throw new Error(`${example}, ${name}: not in the tables`);
    const copy = await HostedCopy.make(hosted, join(bin, 'python'));
    atEnd(() => copy.remove());
    const numbers = Array.from({ length: ROUNDS * Object.keys(KINDS).length }, (_, number) => number);
    const { failures, bugAborted } = await attack(copy, hosted, server, bin, { seed: SEED, numbers });
    const surface = surfaceOf(server, hosted);
    expectHere(failures, told(failures, surface, { seed: SEED, example, server: name })).toEqual([]);
    expectHere(bugAborted).toBe(true);
  },
);

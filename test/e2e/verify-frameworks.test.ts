// Frameworks other than Django: the examples as `init` leaves them, under their servers.
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/crashtest/address.ts';
import { needs } from '../parts.ts';
import { Example, GOOD, requirementsOf } from './verify/example.ts';

/** One environment for all of them: what any of these requires. */
const SHARING = ['aiohttp', 'bottle', 'falcon', 'litestar', 'pyramid', 'tornado', 'wsgi'];
const PACKAGES = SHARING.flatMap((name) => requirementsOf(`${name}-shop`));

beforeEach((context) => needs(context, 'plain core pattern'));

/** Tests that run at the same time pass their own `atEnd`. */
function example(name: string, atEnd = onTestFinished): Example {
  const packages = /^(?:flask|fastapi)/.test(name) ? [] : PACKAGES;
  const shop = new Example(name, '3.11', undefined, packages);
  atEnd(() => shop.remove());
  return shop;
}

async function initialised(name: string, atEnd = onTestFinished): Promise<Example> {
  const shop = example(name, atEnd);
  await shop.init();
  return shop;
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

const STATUSES =
  'missing 404, forbidden 403, suspicious 400, too-many-fields 413, invalid 4xx, no-such-page 404';

/** Example, its server, how many workers its unit is given, what `start` says, status of what does not validate. */
const REPLACING = [
  ['falcon-shop', 'gunicorn', 2, /gunicorn .*shop\.app:create_app\(\), Falcon 4\./, 400],
  ['bottle-shop', 'gunicorn', 1, /gunicorn .*shop\.web:application, Bottle 0\.13/, 422],
  ['pyramid-shop', 'gunicorn', 1, /gunicorn .*--paste \S+\/production\.ini, Pyramid 2\./, 422],
  ['litestar-shop', 'uvicorn', 2, /uvicorn .*shop\.main:app, Litestar 2\./, 400],
] as const;

test.for(REPLACING)(
  '%s under %s, which replaces its workers: every step holds',
  { concurrent: true },
  async ([name, server, workers, start, invalid], { onTestFinished: atEnd }) => {
    const shop = await initialised(name, atEnd);
    shop.replace('deploy/shop.service', /--workers 3/g, `--workers ${workers}`);
    const before = shop.changes();
    const { outcome, document, steps, detail } = await shop.verify();
    expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'cores-distinct': true, 'wait-status': true });
    expect(outcome.exitCode).toBe(0);
    expect(document).toMatchObject({ server, supervisor: 'none' });
    expect(detail('start')).toMatch(start);
    expect(detail('start')).toContain(`: ${workers} worker`);
    expect(detail('handled-errors')).toBe(
      `${STATUSES.replace('4xx', String(invalid))}: every worker lives on`,
    );
    expect(detail('abort')).toMatch(/^(\d) exceptions? in a view and \1 in a streaming body/);
    expect(shop.changes()).toBe(before);
  },
);

test('Falcon for ASGI under uvicorn: every step holds', async () => {
  const shop = example('falcon-shop');
  shop.replace('shop/app.py', /import falcon\n/g, 'import falcon.asgi\n');
  shop.replace('shop/app.py', /falcon\.App/g, 'falcon.asgi.App');
  shop.replace('shop/orders.py', /def on_get/g, 'async def on_get');
  await shop.init();
  shop.replace('deploy/shop.service', /--workers 3/g, '--workers 2');
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'uvicorn', supervisor: 'none' });
  expect(detail('start')).toMatch(/uvicorn .*--factory shop\.app:create_app, Falcon 4\./);
});

test('a WSGI callable of no framework under gunicorn: every step holds', async () => {
  const shop = await initialised('wsgi-shop');
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'none' });
  expect(detail('start')).toMatch(/shop\.wsgi:application, WSGI 1\.0 on Python 3\.11\.\d+: 2 workers/);
  // the answer is the application's own
  expect(detail('handled-errors')).toBe('no-such-page 404: every worker lives on');
  expect(shop.changes()).toBe('');
});

test('an ASGI callable that a factory makes, under uvicorn: every step holds', async () => {
  const shop = example('wsgi-shop');
  shop.replace(
    'shop/events.py',
    /^async def app\(/gm,
    'def create_app():\n    return app\n\n\nasync def app(',
  );
  // its second worker is up long after the first one
  const slowly = ['import os, time', 'if os.path.exists("first") and not os.path.exists("second"):'];
  slowly.push(
    '    os.mkdir("second")',
    '    time.sleep(2)',
    'os.makedirs("first", exist_ok=True)',
    'import json',
  );
  shop.replace('shop/events.py', /^import json$/gm, slowly.join('\n'));
  const start = 'uvicorn --workers 2 --factory shop.events:create_app';
  shop.replace('deploy/wsgi-shop-events.service', /uvicorn shop\.events:app/g, start);
  await shop.init();
  const { outcome, document, steps, detail } = await shop.verify(['--server', 'uvicorn']);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'uvicorn', supervisor: 'none' });
  expect(detail('start')).toMatch(
    /--factory shop\.events:create_app, ASGI 3\.0 on Python 3\.11\.\d+: 2 workers/,
  );
});

test("aiohttp in gunicorn's worker for it: every step holds", async () => {
  const shop = await initialised('aiohttp-shop');
  const words = ['gunicorn', '--worker-class', 'aiohttp.GunicornWebWorker', '"shop.web:create_app()"'];
  const { outcome, document, steps } = await shop.verify(['--command', words.join(' ')]);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'none' });
});

test('aiohttp as its own server ends with its first crash: recovery fails, and says what it takes', async () => {
  const shop = await initialised('aiohttp-shop');
  const { outcome, document, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({
    start: true,
    'handled-errors': true,
    abort: true,
    recovery: false,
  });
  expect(document).toMatchObject({ server: 'aiohttp', supervisor: 'none' });
  expect(detail('start')).toMatch(/python -m shop\.web, aiohttp 3\.\S+ on Python 3\.11\.\d+: 1 worker as/);
  expect(detail('recovery')).toContain(
    'it ended with SIGABRT, and nothing started it again: that takes a supervisor (--supervisor)',
  );
  expect(outcome.exitCode).toBe(1);
});

test('aiohttp as its own server under s6: every step holds', async (context) => {
  needs(context, 'root', 's6');
  const shop = await initialised('aiohttp-shop');
  const { outcome, document, steps, detail } = await shop.verify(['--supervisor', 's6']);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'main-process': true, 'start-limit': true });
  expect(document).toMatchObject({ server: 'aiohttp', supervisor: 's6' });
  expect(detail('abort')).toBe(
    '1 exception in a view and 1 in a streaming body: each of 1 worker aborted twice',
  );
});

test('Tornado under its own unit, at a port that its code names: every step holds', async (context) => {
  needs(context, 'root', 'systemd');
  const shop = await initialised('tornado-shop');
  shop.replace('shop/server.py', /int\(os\.environ\["PORT"\]\)/g, String(await freePort()));
  const { outcome, document, steps, detail } = await shop.verify(['--supervisor', 'systemd']);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'main-process': true, 'start-limit': true });
  expect(document).toMatchObject({ server: 'tornado', supervisor: 'systemd' });
  expect(detail('start')).toMatch(/Tornado 6\.\S+ on Python 3\.11\.\d+: 1 worker as www-data/);
  expect(detail('handled-errors')).toContain('invalid 400, no-such-page 404: every worker lives on');
});

test('Tornado that forks, and starts its processes again: every step holds', async () => {
  const shop = example('tornado-shop');
  shop.replace(
    'shop/server.py',
    /^( +)app\.listen\(.*\)$/gm,
    '$1tornado.httpserver.HTTPServer(app).add_sockets(sockets)',
  );
  shop.replace(
    'shop/server.py',
    /^import tornado\.web$/gm,
    'import tornado.httpserver, tornado.netutil, tornado.web',
  );
  shop.replace(
    'shop/server.py',
    /^( +)asyncio\.run/gm,
    [
      '$1sockets = tornado.netutil.bind_sockets(int(os.environ["PORT"]), "127.0.0.1")',
      '$1tornado.process.fork_processes(2)',
      '$1asyncio.run',
    ].join('\n'),
  );
  await shop.init();
  const { outcome, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'wait-status': true });
  expect(outcome.exitCode).toBe(0);
  expect(detail('start')).toContain(': 2 workers');
});

test('Flask under its own unit, in a private systemd: the main process comes back, too', async (context) => {
  needs(context, 'root', 'systemd');
  const shop = await initialised('flask-shop');
  const { outcome, document, steps } = await shop.verify(['--supervisor', 'systemd']);
  expect(steps, outcome.stderr).toMatchObject({ ...GOOD, 'main-process': true, 'start-limit': true });
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'systemd' });
  expect(outcome.exitCode).toBe(0);
});

/** Example, the file with its hook, what is put in front of the planted routes (a login, a route that matches all), options. */
const WATCHED: readonly (readonly [
  string,
  string,
  (((shop: Example) => void) | undefined)?,
  (readonly string[])?,
])[] = [
  [
    'flask-shop',
    'shop/__init__.py',
    (shop) =>
      shop.replace(
        'shop/__init__.py',
        /^    return app$/gm,
        '    app.before_request(lambda: ("", 401))\n    return app',
      ),
  ],
  ['fastapi-shop', 'shop/main.py'],
  ['falcon-shop', 'shop/app.py'],
  [
    'bottle-shop',
    'shop/web.py',
    (shop) =>
      shop.replace(
        'shop/web.py',
        /^@get\("\/"\)$/gm,
        [
          'application.add_hook("before_request", lambda: abort(401))',
          'get("/<path:path>")(lambda path: "all")',
          '',
          '@get("/")',
        ].join('\n'),
      ),
  ],
  [
    'pyramid-shop',
    'shop/__init__.py',
    (shop) =>
      shop.replace(
        'shop/__init__.py',
        /^( +)config\.add_route\("index"/gm,
        [
          '$1from pyramid.authentication import AuthTktAuthenticationPolicy as Login',
          '$1from pyramid.authorization import ACLAuthorizationPolicy as Rules',
          '$1config.set_authentication_policy(Login("a secret"))',
          '$1config.set_authorization_policy(Rules())',
          '$1config.set_default_permission("admin")',
          '$1config.add_route("all", "/{path:.*}")',
          '$1config.add_route("index"',
        ].join('\n'),
      ),
  ],
  ['aiohttp-shop', 'shop/web.py'],
  ['wsgi-shop', 'shop/wsgi.py'],
  ['wsgi-shop', 'shop/events.py', undefined, ['--server', 'uvicorn']],
  [
    'tornado-shop',
    'shop/server.py',
    (shop) => shop.replace('shop/server.py', /^ +\(r"\/", IndexHandler\),$/gm, '(r"/.*", IndexHandler),'),
  ],
  [
    'litestar-shop',
    'shop/main.py',
    (shop) => {
      shop.replace(
        'shop/main.py',
        /^app = /gm,
        [
          'from litestar.exceptions import NotAuthorizedException',
          'from litestar.middleware import AbstractAuthenticationMiddleware',
          '',
          'class Login(AbstractAuthenticationMiddleware):',
          '    async def authenticate_request(self, connection):',
          '        raise NotAuthorizedException',
          '',
          'app = ',
        ].join('\n'),
      );
      const more = ', middleware=[Login], allowed_hosts=["*.example.org"])';
      shop.replace('shop/main.py', /(?<=\[index, order\])\)/g, more);
    },
  ],
];

test.for(WATCHED)(
  '%s without its hook: the step says that the process keeps running',
  { concurrent: true },
  async ([name, file, putInFront, options], { onTestFinished: atEnd }) => {
    const shop = example(name, atEnd);
    putInFront?.(shop);
    await shop.init();
    shop.replace(
      file,
      /\b(?:watch_\w+|wrap_wsgi)\(|^@wrap_asgi\n(async )/gm,
      (_, async?: string) => async ?? '(',
    );
    const { outcome, steps, detail } = await shop.verify(options);
    expect(steps, outcome.stderr).toMatchObject({ start: true, 'handled-errors': true, abort: false });
    expect(detail('abort')).toContain('was answered with 500 and the process keeps running');
    expect(outcome.exitCode).toBe(1);
  },
);

test('options for Django are refused', async () => {
  const shop = await initialised('flask-shop');
  const { outcome } = await shop.verify(['--sqlite']);
  expect(outcome.stderr).toContain('--sqlite is for Django, and this is flask');
  expect(outcome.exitCode).toBe(2);
});

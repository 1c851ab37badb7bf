import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { needs } from '../parts.ts';
import { interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

/** What aborts; every other row of a program must not, and has the status that stands here. */
const FLASK = {
  aborts: [
    'PROPAGATE_EXCEPTIONS',
    'TESTING, UNDER_TESTS',
    'before',
    'errorhandler(500)',
    'errorhandler(500) with 200',
    'none',
    'stream',
    'teardown',
    'view',
  ],
  others: {
    abort403: '403',
    abort500: '500',
    handled: '418',
    'bad-key': '418',
    ok: '200',
    exit: '',
    missing: '404',
    'lost client': '400',
    'malformed body': '500',
    'errorhandler(Exception)': '500',
    TESTING: '',
    DEBUG: '',
  },
};
const FLASK_EXTENSIONS = {
  aborts: ['restful crash', 'restful view', 'restx crash', 'restx view'],
  others: Object.fromEntries(
    ['restful', 'restx'].flatMap((name) => [
      [`${name} handled`, '418'],
      [`${name} missing`, '404'],
      [`${name} broken`, '500'],
    ]),
  ),
};
const STARLETTE = {
  aborts: ['background', 'exception_handler(Exception)', 'stream', 'sync', 'user', 'view', 'websocket_view'],
  others: {
    http403: '403',
    handled: '418',
    ok: '200',
    missing: '404',
    websocket_gone: '',
    lifespan: '',
    DEBUG: '500',
    'test client': '500',
  },
};
const FASTAPI = {
  aborts: [...STARLETTE.aborts, 'dependency teardown', 'endpoint'].sort(),
  others: { ...STARLETTE.others, 'validation 422': '422' },
};

const FALCON = {
  aborts: ['handler(Exception) with 500', 'middleware', 'serialize', 'stream', 'view'],
  others: {
    http403: '403',
    http500: '500',
    status: '302',
    handled: '418',
    handled_502: '502',
    leave: '',
    ok: '200',
    missing: '404',
    'lost client': '500',
    'malformed body': '500',
    'handler(Exception) with 418': '418',
    'test client': '500',
  },
};
/** It answers nothing by a 500 of its own. */
const FALCON_2 = {
  ...FALCON,
  others: { ...FALCON.others, 'lost client': '', 'malformed body': '', 'test client': '' },
};
const FALCON_ASGI = {
  aborts: ['middleware', 'serialize', 'stream', 'view', 'websocket_view'],
  others: {
    http403: '403',
    http500: '500',
    status: '302',
    handled: '418',
    handled_502: '502',
    ok: '200',
    missing: '404',
    websocket_gone: '',
    'lost client': '',
    lifespan: '',
    'test client': '500',
  },
};
const BOTTLE = {
  aborts: [
    'before',
    'catchall=False',
    'default_app',
    'error(404) fails',
    'error(500)',
    'first',
    'mounted with its own call',
    'number',
    'stream',
    'view',
  ],
  others: {
    http403: '403',
    http500: '500',
    redirect: '303',
    leave: '',
    ok: '200',
    missing: '404',
    'lost client': '500',
    'malformed body': '500',
    'plugin handles': '418',
    debug: '500',
  },
};
const AIOHTTP = {
  aborts: ['crash route', 'elsewhere', 'in a subapp', 'middleware', 'stream', 'view', 'websocket_view'],
  others: {
    http403: '403',
    http500: '500',
    redirect: '302',
    timeout: '504',
    ok: '200',
    missing: '404',
    'crash route, wrong token': '404',
    'middleware handles': '418',
    // these say how the next request fares
    'malformed body': '200',
    'lost in its body': '200',
    'lost in the answer': '200',
    'lost websocket': '200',
    'test client': '500',
  },
};
const TORNADO = {
  aborts: ['async', 'crash route', 'elsewhere', 'own', 'prepare', 'stream', 'view', 'websocket_view'],
  others: {
    http403: '403',
    http500: '500',
    argument: '400',
    finish: '200',
    ok: '200',
    missing: '404',
    'crash route, wrong token': '404',
    'lost in its body': '200',
    'lost in the answer': '200',
    'lost websocket': '200',
    debug: '500',
    'test client': '500',
  },
};
const LITESTAR = {
  aborts: ['before', 'handler of 500', 'middleware', 'stream', 'sync', 'view', 'websocket_view'],
  others: {
    http403: '403',
    http500: '500',
    handled: '418',
    route_handles: '502',
    ok: '200',
    missing: '404',
    websocket_gone: '',
    'validation 400': '400',
    'lost client': '',
    'lost client of a stream': '',
    lifespan: '',
    'handler of Exception with 418': '418',
    DEBUG: '500',
    'test client': '500',
  },
};
const PYRAMID = {
  aborts: [
    '500 with middleware around',
    'callback',
    'middleware around',
    'none',
    'retried in vain',
    'stream',
    'tween',
    'view',
    'view for Exception fails',
    'view for Exception, 500',
  ],
  others: {
    http403: '403',
    http500: '500',
    handled: '418',
    handled_502: '502',
    leave: '',
    ok: '200',
    missing: '404',
    'lost client': '',
    'view for Exception, 418': '418',
    'handled beside it': '418',
    'handled_502 beside it': '502',
    'http500 beside it': '500',
    'ok beside it': '200',
    retried: '200',
    'no view for HTTPException': '',
    attributes: 'True',
    WebTest: '',
    'WebTest, 500': '500',
    reload_templates: '',
  },
};
const WSGI = {
  aborts: ['DispatcherMiddleware', 'ProxyFix', 'class', 'close', 'object', 'stream', 'view'],
  others: {
    handled: '418',
    leave: '',
    ok: '200',
    missing: '404',
    'class ok': '200',
    'wrapped twice': '200',
    'lost client': '200',
    'malformed body': '200',
    attributes: 'application',
    pytest: '',
  },
};
const ASGI = {
  aborts: ['SentryAsgiMiddleware', 'after', 'before accept', 'object', 'view', 'websocket'],
  others: { ok: '200', missing: '404', 'only HTTP': '', lifespan: '', 'lost client': '', attributes: 'True' },
};
const CELERY = {
  aborts: [
    'autoretry in vain',
    'other than throws',
    'retried in vain',
    'soft time limit',
    'task',
    'unpicklable',
  ],
  others: {
    retried: 'RETRY',
    autoretry: 'RETRY',
    throws: 'FAILURE',
    Ignore: 'IGNORED',
    Reject: 'REJECTED',
    exit: '',
    ok: 'SUCCESS',
    eager: 'FAILURE',
    called: 'KeyError',
    'celery.contrib.testing': 'FAILURE',
    'parent of the pool': 'sent',
    'only sends': 'True',
  },
};
/** How often each message was worked on. */
const DRAMATIQ = {
  aborts: [
    'Retries(max_retries=0)',
    'max_retries=0',
    'message',
    'other than throws',
    'retried in vain',
    'retry_when in vain',
    'without Retries',
  ],
  others: {
    throws: '1',
    'throws a tuple': '1',
    Retry: '2',
    'rate limit': '2',
    'handled by a retry': '2',
    'handled by retry_when': '2',
    'handled by Retries(max_retries=2)': '2',
    ok: '1',
    'stub broker': '1',
  },
};
const RQ = {
  aborts: ['by its name', 'job'],
  others: {
    retried: 'queued',
    IGNORE: 'failed',
    ok: 'finished',
    'not watched': 'failed',
    synchronous: 'failed',
  },
};
const CALLS: Record<string, string> = {
  flask: 'watch_flask',
  'flask extensions': 'watch_flask',
  falcon: 'watch_falcon',
  bottle: 'watch_bottle',
  aiohttp: 'watch_aiohttp',
  tornado: 'watch_tornado',
  litestar: 'watch_litestar',
  pyramid: 'watch_pyramid',
  wsgi: 'wrap_wsgi',
  asgi: 'wrap_asgi',
  'falcon asgi': 'watch_falcon_asgi',
  celery: 'watch_celery',
  dramatiq: 'watch_dramatiq',
  rq: 'watch_rq',
};

const PAIRS: [string, PythonVersion, string[], { aborts: string[]; others: Record<string, string> }][] = [
  ['flask', '3.8', ['flask==2.*', 'gunicorn'], FLASK],
  ['flask', '3.13', ['flask==3.*', 'gunicorn'], FLASK],
  ['flask extensions', '3.8', ['flask==2.*', 'flask-restful', 'flask-restx'], FLASK_EXTENSIONS],
  ['flask extensions', '3.12', ['flask==3.*', 'flask-restful', 'flask-restx'], FLASK_EXTENSIONS],
  ['starlette', '3.8', ['fastapi', 'httpx', 'uvicorn'], STARLETTE],
  ['starlette', '3.13', ['fastapi', 'httpx', 'uvicorn'], STARLETTE],
  ['fastapi', '3.8', ['fastapi', 'httpx', 'uvicorn'], FASTAPI],
  ['fastapi', '3.13', ['fastapi', 'httpx', 'uvicorn'], FASTAPI],
  ['falcon', '3.8', ['falcon==2.*', 'gunicorn'], FALCON_2],
  ['falcon', '3.8', ['falcon==3.*', 'gunicorn'], FALCON],
  ['falcon', '3.13', ['falcon==4.*', 'gunicorn'], FALCON],
  ['bottle', '3.8', ['bottle==0.12.*', 'gunicorn'], BOTTLE],
  ['bottle', '3.13', ['bottle==0.13.*', 'gunicorn'], BOTTLE],
  ['aiohttp', '3.8', ['aiohttp==3.8.*'], AIOHTTP],
  ['aiohttp', '3.13', ['aiohttp==3.*', 'gunicorn'], AIOHTTP],
  ['tornado', '3.8', ['tornado==6.1.*'], TORNADO],
  ['tornado', '3.13', ['tornado==6.*'], TORNADO],
  ['litestar', '3.8', ['litestar==2.0.*'], LITESTAR],
  ['litestar', '3.13', ['litestar==2.*', 'uvicorn'], LITESTAR],
  ['pyramid', '3.8', ['pyramid==1.10.*', 'pyramid_retry'], PYRAMID],
  ['pyramid', '3.13', ['pyramid==2.*', 'pyramid_retry', 'gunicorn'], PYRAMID],
  ['wsgi', '3.8', ['werkzeug', 'gunicorn'], WSGI],
  ['wsgi', '3.13', ['werkzeug', 'gunicorn'], WSGI],
  ['asgi', '3.8', ['sentry-sdk'], ASGI],
  ['asgi', '3.13', ['sentry-sdk'], ASGI],
  ['celery', '3.8', ['celery==4.4.*', 'importlib-metadata<5'], CELERY],
  ['celery', '3.13', ['celery[redis]==5.*'], CELERY],
  ['dramatiq', '3.8', ['dramatiq==1.9.*'], DRAMATIQ],
  ['dramatiq', '3.13', ['dramatiq[redis]==2.*'], DRAMATIQ],
  ['rq', '3.8', ['rq==1.10.*'], RQ],
  ['rq', '3.13', ['rq==3.*'], RQ],
  ['falcon asgi', '3.8', ['falcon==3.*'], FALCON_ASGI],
  ['falcon asgi', '3.13', ['falcon==4.*', 'gunicorn'], FALCON_ASGI],
];

let folder: string;
beforeAll(() => {
  folder = renderedModule();
});
afterAll(() => removeFolder(folder));

describe.each(PAIRS)('%s on Python %s, %j', (framework, version, requirements, expected) => {
  test('aborts on what nobody handled, and on nothing else', async (context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    const call = CALLS[framework] ?? 'watch_starlette';
    if (framework === 'rq') needs(context, 'redis-server');
    const job = framework in { celery: 1, dramatiq: 1, rq: 1 };
    const http = framework === 'aiohttp' || framework === 'tornado';
    const wsgi = ['flask', 'flask extensions', 'falcon', 'bottle', 'pyramid', 'wsgi'].includes(framework);
    writeFileSync(
      join(folder, 'abort_on_exception.py'),
      renderGeneratedModule({
        framework,
        wsgi,
        asgi: !wsgi && !http && !job,
        calls: [call],
        needed: ['crash-route', 'threads', 'tasks'],
      }),
    );
    const environment = pythonEnvironment(version, requirements);
    const { stdout, stderr } = await python(environment, folder, ['frameworks_behaviour.py', framework], {
      PYCRASH_BUDGET: '1000',
      PYCRASH_BUDGET_PER_FINGERPRINT: '1000',
      ...(framework === 'rq' ? { PYCRASH_IGNORE: 'builtins.BlockingIOError' } : {}),
    });
    const rows = JSON.parse(stdout || JSON.stringify(stderr)) as Record<string, [boolean, string]>;
    const aborted = Object.keys(rows).filter((name) => rows[name]?.[0]);
    expect(aborted.sort()).toEqual(expected.aborts);
    const others = Object.entries(rows).flatMap(([name, [aborts, status]]) =>
      aborts ? [] : [[name, status]],
    );
    expect(Object.fromEntries(others)).toEqual(expected.others);
  });

  test('is imported without a warning', async (context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    const program = 'import abort_on_exception; print("fine")';
    expect(
      await python(pythonEnvironment(version, requirements), folder, ['-W', 'error', '-c', program]),
    ).toMatchObject({ stdout: 'fine', stderr: '' });
  });
});

test.for<[PythonVersion, string[]]>([
  ['3.8', ['connexion[flask]==2.14.*', 'flask<2.3', 'werkzeug<2.3', 'setuptools<80']],
  ['3.13', ['connexion[flask]==3.*']],
])('the Flask application of Connexion aborts: Python %s, %j', async ([version, requirements], context) => {
  if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
  writeFileSync(
    join(folder, 'abort_on_exception.py'),
    renderGeneratedModule({
      framework: 'flask',
      wsgi: true,
      asgi: false,
      calls: ['watch_flask'],
    }),
  );
  const outcome = await python(pythonEnvironment(version, requirements), folder, ['connexion_view.py'], {
    PYCRASH_BUDGET: '1000',
  });
  expect(outcome.stdout).toMatch(/^\/ok 200/);
  expect(outcome.stdout).not.toContain('/crash');
  expect(outcome.signal).toBe('SIGABRT');
});

import { describe, expect, test } from 'vitest';
import type { StartCommand } from '../../../src/project/project.ts';
import { service, services } from '../tree.ts';
import { project } from '../whole-project.ts';

/** What a start command says, read as a Procfile's line. */
function started(line: string, files: Record<string, string> = {}): StartCommand {
  const { command } = service({ Procfile: `web: ${line}\n`, ...files });
  if (command === undefined) throw new Error('no command');
  return command.value;
}

function options(command: StartCommand): Record<string, string> {
  return Object.fromEntries([...command.options].map(([name, { value }]) => [name, value]));
}

function core(files: Record<string, string>): string | undefined {
  return service(files).command?.value.abort?.core;
}

describe('servers', () => {
  test.each([
    ['uvicorn --host 0.0.0.0 a:b', 'uvicorn', 'a:b', { host: '0.0.0.0' }],
    ['uvicorn a:b --proxy-headers --workers=4', 'uvicorn', 'a:b', { 'proxy-headers': 'true', workers: '4' }],
    ['python3 -m uvicorn --factory a:make', 'uvicorn', 'a:make', { factory: 'true' }],
    ['/venv/bin/python -X dev /venv/bin/uvicorn a:b', 'uvicorn', 'a:b', {}],
    ['hypercorn -b :80 -w2 a:b', 'hypercorn', 'a:b', { bind: ':80', workers: '2' }],
    [
      'daphne -b 0.0.0.0 -p 8001 a.asgi:application',
      'daphne',
      'a.asgi:application',
      { bind: '0.0.0.0', port: '8001' },
    ],
    ['granian --interface asgi a:b --workers 2', 'granian', 'a:b', { interface: 'asgi', workers: '2' }],
    ['waitress-serve --listen=*:80 --call a:make', 'waitress', 'a:make', { listen: '*:80', call: 'true' }],
    [
      'uwsgi --http :80 -M -p 4 -w a:b',
      'uwsgi',
      'a:b',
      { http: ':80', master: 'true', processes: '4', module: 'a:b' },
    ],
    ['gunicorn -w 2 -k gevent a:b', 'gunicorn', 'a:b', { workers: '2', 'worker-class': 'gevent' }],
    [
      'celery -A shop worker -P gevent -l info',
      'celery',
      'shop',
      { app: 'shop', pool: 'gevent', loglevel: 'info' },
    ],
    [
      'rq worker -n 1 --exception-handler a.b --exception-handler c.abort_on_exception.d high low',
      'rq',
      undefined,
      { 'num-workers': '1', 'exception-handler': 'c.abort_on_exception.d' },
    ],
    ['python -m rq.cli worker-pool --num-workers=3', 'rq', undefined, { 'num-workers': '3' }],
    ['rqworker -u redis://x', 'rq', undefined, { url: 'redis://x' }],
    ['dramatiq shop.tasks shop.mail -p 2 -t4', 'dramatiq', 'shop.tasks', { processes: '2', threads: '4' }],
    ['python -m dramatiq --threads 1 shop:broker', 'dramatiq', 'shop:broker', { threads: '1' }],
    ['python manage.py runserver 0:80 --noreload', 'runserver', undefined, { noreload: 'true' }],
    ['FLASK_APP=shop flask run --host=0.0.0.0', 'flask run', 'shop', { host: '0.0.0.0' }],
    [
      'python -m aiohttp.web -H 0.0.0.0 -P 80 a:make',
      'aiohttp',
      'a:make',
      { hostname: '0.0.0.0', port: '80', factory: 'true' },
    ],
    ['LITESTAR_APP=a:b litestar run -W 2', 'uvicorn', 'a:b', { 'web-concurrency': '2', workers: '2' }],
    ['litestar --app a:b run', 'uvicorn', 'a:b', { app: 'a:b' }],
    ['fastapi run app/main.py --workers 4', 'uvicorn', 'app.main:app', { workers: '4' }],
    ['python -m fastapi dev -e a:b', 'uvicorn', 'a:b', { entrypoint: 'a:b', reload: 'true' }],
    ['pserve production.ini', 'pserve', 'production.ini', {}],
    ['quart --app a:b run -h 0.0.0.0', 'quart run', 'a:b', { app: 'a:b', host: '0.0.0.0' }],
    ['QUART_APP=a:b python -m quart run --reload', 'quart run', 'a:b', { reload: 'true' }],
    ['sanic a:b -H 0.0.0.0 -w 4', 'sanic', 'a:b', { host: '0.0.0.0', workers: '4' }],
    [
      'python -m sanic a.b:make --factory --dev',
      'sanic',
      'a.b:make',
      { factory: 'true', dev: 'true', reload: 'true' },
    ],
    ['cherryd -c prod.conf -i shop.app', 'cherryd', undefined, { config: 'prod.conf', import: 'shop.app' }],
    [
      'twist web --wsgi shop.wsgi.application --port tcp:80',
      'twisted',
      'shop.wsgi:application',
      { wsgi: 'shop.wsgi.application', port: 'tcp:80' },
    ],
    ['twistd -n web --wsgi=a.b', 'twisted', 'a:b', { nodaemon: 'true', wsgi: 'a.b' }],
    [
      'mod_wsgi-express start-server shop/wsgi.py --processes 4',
      'mod_wsgi-express',
      'shop/wsgi.py',
      { processes: '4' },
    ],
    [
      'mod_wsgi-express start-server --application-type module a.b',
      'mod_wsgi-express',
      'a.b:application',
      { 'application-type': 'module' },
    ],
    ['python manage.py runmodwsgi --port 80', 'mod_wsgi-express', undefined, { port: '80' }],
    ['python manage.py run_gunicorn -w 3 0.0.0.0:80', 'gunicorn', '0.0.0.0:80', { workers: '3' }],
    ['python manage.py rungranian --workers 2', 'granian', undefined, { workers: '2' }],
    ['python manage.py runsslserver --noreload', 'runserver', undefined, { noreload: 'true' }],
    ['python manage.py run_huey -k process', 'huey', undefined, { 'worker-type': 'process' }],
    ['python manage.py procrastinate worker -q a', 'procrastinate', undefined, { queues: 'a' }],
    ['arq a.WorkerSettings', 'arq', 'a.WorkerSettings', {}],
    ['huey_consumer.py a.b -w 2 -k process', 'huey', 'a.b', { workers: '2', 'worker-type': 'process' }],
    ['python -m huey.bin.huey_consumer a.b', 'huey', 'a.b', {}],
    ['procrastinate --app a.b worker -c 4', 'procrastinate', 'a.b', { app: 'a.b', concurrency: '4' }],
    ['taskiq worker a:b -w 3 --fs-discover', 'taskiq', 'a:b', { workers: '3', 'fs-discover': 'true' }],
    ['streamlit run app.py --server.port 80', 'streamlit', undefined, { 'server.port': 'true' }],
    ['gunicorn -c python:conf.g a:b', 'gunicorn', 'a:b', { config: 'python:conf.g' }],
    ['WEB_CONCURRENCY=5 gunicorn a:b', 'gunicorn', 'a:b', { workers: '5' }],
    ['WEB_CONCURRENCY=5 gunicorn -w 2 a:b', 'gunicorn', 'a:b', { workers: '2' }],
  ])('%s', (line, server, application, expected) => {
    const command = started(line);
    expect([command.server, command.application, options(command)]).toEqual([server, application, expected]);
  });

  test.each([
    ['waitress#main\nlisten = *:80', 'pserve x.ini', 'waitress', { listen: '*:80' }, 'SIGABRT'],
    [
      'gunicorn\nworkers = 3',
      'python -m pyramid.scripts.pserve x.ini',
      'gunicorn',
      { workers: '3' },
      'nothing',
    ],
    ['PasteScript#wsgiutils', 'pserve x.ini', 'pserve', {}, 'unknown'],
  ])("PasteDeploy's server %j: %s", (use, line, server, expected, seen) => {
    const file = `[server:other]\nuse = egg:other\n[server:main]\nuse = egg:${use}\n`;
    const command = started(line, { 'x.ini': file });
    expect(command).toMatchObject({ server, application: 'x.ini', abort: { supervisorSees: seen } });
    expect(options(command)).toEqual({ use: `egg:${use.replace(/\n.*/, '')}`, ...expected });
  });

  test.each([
    [{ 'main.py': 'api = FastAPI()\n' }, 'fastapi run', 'main:api'],
    [{ 'app/main.py': 'shop = fastapi.FastAPI()\n' }, 'fastapi run', 'app.main:shop'],
    [{ 'pyproject.toml': '[tool.fastapi]\nentrypoint = "a.b:c"\n' }, 'fastapi run', 'a.b:c'],
    [{ 'shop/__init__.py': 'app: FastAPI = FastAPI()\n' }, 'fastapi run ./shop', 'shop:app'],
    [{ 'application.py': '' }, 'litestar run', 'application:app'],
  ])('%j: %s serves %s', (files, line, application) => {
    expect(started(line, files)).toMatchObject({ server: 'uvicorn', application });
  });

  // each was seen: docs/servers.md, and the versions in src/project/servers
  test.each([
    ['quart --app a:b run', 'SIGABRT', 'supervisor', 'server'],
    ['sanic a:b', 'nothing', 'nobody', 'worker'],
    ['sanic a:b --single-process', 'SIGABRT', 'supervisor', 'server'],
    ['cherryd -i a', 'SIGABRT', 'supervisor', 'server'],
    ['twist web --wsgi a.b', 'SIGABRT', 'supervisor', 'server'],
    ['mod_wsgi-express start-server a.py', 'nothing', 'server', 'worker'],
    ['arq a.B', 'SIGABRT', 'supervisor', 'server'],
    ['huey_consumer a.b', 'SIGABRT', 'supervisor', 'server'],
    ['huey_consumer a.b -k process', 'nothing', 'server', 'request'],
    ['huey_consumer a.b -k process -C', 'nothing', 'nobody', 'request'],
    ['procrastinate -a a.b worker', 'SIGABRT', 'supervisor', 'server'],
    ['taskiq worker a:b', 'nothing', 'server', 'worker'],
    ['streamlit run a.py', 'SIGABRT', 'supervisor', 'server'],
    ['uwsgi --emperor /etc/uwsgi/vassals', 'nothing', 'server', 'worker'],
    ['gunicorn -k egg:gunicorn#sync a:b', 'nothing', 'server', 'request'],
    ['gunicorn -k gunicorn.workers.sync.SyncWorker --threads 2 a:b', 'nothing', 'server', 'worker'],
    ['gunicorn -k aiohttp.GunicornWebWorker a:b', 'nothing', 'server', 'worker'],
  ])('an abort under %s: its supervisor sees %s', (line, supervisorSees, respawnedBy, lost) => {
    expect(started(line).abort).toMatchObject({ supervisorSees, respawnedBy, lost });
  });

  test('users and folders that they change to, and the settings', () => {
    const web = service({
      Procfile: 'web: mod_wsgi-express start-server --user app --working-directory /srv/shop shop/wsgi.py\n',
    });
    expect([web.user?.value, web.workingDirectory?.value, web.command?.value.abort?.core]).toEqual([
      'app',
      '/srv/shop',
      'kernel-forbids',
    ]);
    const managed = 'web: python manage.py --settings=shop.settings run_gunicorn\n';
    expect(service({ Procfile: managed }).settingsModule?.value).toBe('shop.settings');
    expect(core({ Procfile: 'web: twistd -n --uid app web --wsgi a.b\n' })).toBe('kernel-forbids');
    expect(core({ Procfile: 'web: sanic a:b --user app\n' })).toBe('kernel-forbids');
  });

  test('what gunicorn and sanic run for their own framework is no callable to wrap', async () => {
    const files = { 'shop.py': 'app = make()\n' };
    for (const line of [
      'gunicorn -k sanic.worker.GunicornWorker shop:app',
      'sanic shop:app',
      'quart --app shop:app run',
    ]) {
      const { applications } = await project({ ...files, Procfile: `web: ${line}\n` });
      expect([line, applications.flatMap(({ entryPoints }) => entryPoints)]).toEqual([line, []]);
    }
  });

  test('litestar run with a process of its own for uvicorn keeps a stop to itself', () => {
    expect(started('exec litestar --app a:b run').keepsSignals).toBeUndefined();
    for (const line of [
      'litestar --app a:b run -W 2',
      'LITESTAR_WEB_CONCURRENCY=2 litestar --app a:b run',
      'litestar run --reload',
    ])
      expect([line, started(`exec ${line}`).keepsSignals]).toEqual([line, 'litestar run']);
  });

  test('their subcommands that serve nothing', () => {
    for (const line of [
      'fastapi deploy',
      'litestar info',
      'litestar database upgrade',
      'quart routes',
      'sanic inspect',
      'sanic ./static --simple',
      'twist conch',
      'arq --check a.B',
      'procrastinate schema --apply',
      'taskiq scheduler a:b',
      'streamlit hello',
      'mod_wsgi-express module-config',
    ]) {
      expect(services({ Procfile: `web: ${line}\n` }).services).toEqual([]);
    }
  });

  test.each(['file:conf/h.py', 'python:conf.h', 'conf/h.conf'])('hypercorn --config %s', async (config) => {
    const { services: found } = await project({
      Procfile: `web: hypercorn --config ${config} a:b\n`,
      'conf/__init__.py': '',
      'conf/h.py': 'bind = "0.0.0.0:80"\nworkers = 4\n',
      'conf/h.conf': 'bind = "0.0.0.0:80"\nworkers = 4\n',
      'a.py': 'async def b(scope, receive, send):\n    pass\n',
    });
    const [{ command, notes } = { command: undefined, notes: [] }] = found;
    expect(options(command?.value ?? started('hypercorn a:b'))).toEqual({
      config,
      bind: '0.0.0.0:80',
      workers: '4',
    });
    expect(command?.value.abort?.lost).toBe('worker');
    expect(notes.map(({ code }) => code)).toEqual(['platform-core']);
  });

  test.each([
    ['exec gunicorn a:b', [], false],
    ['gunicorn a:b', [], true],
    ['exec env A=1 nice -n 5 gunicorn a:b', ['env', 'nice'], false],
    [
      'exec poetry run opentelemetry-instrument --traces_exporter x gunicorn a:b',
      ['poetry run', 'opentelemetry-instrument'],
      false,
    ],
    ['exec uv run --group prod gunicorn a:b', ['uv run'], true],
    ['exec dumb-init -- sh -c "exec gunicorn a:b"', ['dumb-init', 'sh -c'], true],
    ['exec ./wait-for-it.sh db:5432 -t 30 -- gunicorn a:b', ['wait-for-it.sh'], false],
    ['exec bash -c "cd x && gunicorn a:b"', ['bash -c'], false],
    ['exec bash -ic "cd x && gunicorn a:b"', ['bash -c'], true],
    ['exec sh -c "gunicorn a:b"', ['sh -c'], true],
    ['exec python -m poetry run gunicorn a:b', ['poetry run'], false],
  ])('%s: launchers %j, a shell in between: %s', (line, launchers, behindShell) => {
    expect(started(line)).toMatchObject({ server: 'gunicorn', application: 'a:b', launchers, behindShell });
  });

  test('users that launchers change to', () => {
    for (const line of [
      'gosu app gunicorn a:b',
      'su app -c "gunicorn a:b"',
      'sudo -u app gunicorn a:b',
      'setpriv --reuid=app gunicorn a:b',
    ]) {
      expect([line, service({ Procfile: `web: ${line}\n` }).user?.value]).toEqual([line, 'app']);
    }
  });

  test('a server that gives root away leaves no core, but only root has it', () => {
    expect(core({ Procfile: 'web: gunicorn --user app a:b\n' })).toBe('kernel-forbids');
    expect(core({ Procfile: 'web: gosu app gunicorn --user app a:b\n' })).toBe('written');
    const unit = '[Service]\nExecStart=/srv/bin/uwsgi --master --uid app --module a:b\n';
    expect(core({ 'a.service': unit })).toBe('kernel-forbids');
    expect(core({ 'a.service': `${unit}User=app\n` })).toBe('written');
    const program = '[program:web]\ncommand=gunicorn -u app a:b\n';
    expect(core({ 'a.conf': program })).toBe('kernel-forbids');
    expect(core({ 'a.conf': `${program}user=app\n` })).toBe('written');
    expect(core({ 'a.conf': `${program}user=root\n` })).toBe('kernel-forbids');
  });

  test('an entry script that is not in the tree hands on its arguments', () => {
    const files = { Dockerfile: 'FROM x\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["gunicorn", "a:b"]\n' };
    expect(service(files).command?.value).toMatchObject({ server: 'gunicorn', launchers: ['entrypoint.sh'] });
  });

  test('configuration files and the environment', () => {
    expect(
      options(started('hypercorn -c h.toml a:b', { 'h.toml': 'workers = 3\nbind = "0.0.0.0:80"\n' })),
    ).toMatchObject({
      workers: '3',
      bind: '0.0.0.0:80',
    });
    expect(options(started('UVICORN_WORKERS=3 uvicorn a:b'))).toEqual({ workers: '3' });
    expect(options(started('GRANIAN_RESPAWN_FAILED_WORKERS=false granian a:b'))).toEqual({});
    const section = { 'conf/web.yaml': 'dev:\n  module: dev:app\nprod:\n  module: shop:app\n' };
    expect(started('uwsgi --yaml /srv/conf/web.yaml:prod', section).application).toBe('shop:app');
    const uwsgi = started('uwsgi --ini /srv/conf/web.ini --processes 2', {
      'conf/web.ini': '[uwsgi]\nprocesses = 8\nini = base.ini\n',
      'conf/base.ini': '[uwsgi]\nmodule=shop.wsgi\ncallable=app\nmaster=1\n',
    });
    expect([uwsgi.application, options(uwsgi)['processes'], uwsgi.abort?.respawnedBy]).toEqual([
      'shop.wsgi:app',
      '2',
      'server',
    ]);
  });

  test('a program that starts its server by itself', () => {
    const files = {
      'app.py': 'from gevent.pywsgi import WSGIServer\n\nWSGIServer(("", 80), application).serve_forever()\n',
      'main.py': 'import uvicorn\n\nif __name__ == "__main__":\n    uvicorn.run("shop:app", port=80)\n',
    };
    const [one, two] = services({
      ...files,
      Procfile: 'web: python app.py\nasgi: python -m main\n',
    }).services;
    expect(one?.command?.value).toMatchObject({
      server: 'gevent.pywsgi',
      abort: { supervisorSees: 'SIGABRT' },
    });
    expect(two?.command?.value).toMatchObject({ server: 'uvicorn', application: 'shop:app' });
  });

  test('what cannot be found out is said', () => {
    const [web] = services({ Procfile: 'web: python -m somewhere.else\n' }).services;
    expect(web?.command?.value.server).toBeUndefined();
    expect(web?.notes.map(({ code }) => code)).toContain('start-command-unread');
  });

  test('scripts that run each other end', () => {
    const files = {
      'a.sh': '#!/bin/sh\n./b.sh\n',
      'b.sh': '#!/bin/sh\n./a.sh\n. ./a.sh\nexec gunicorn a:b\n',
    };
    expect(started('./a.sh', files).application).toBe('a:b');
  });
});

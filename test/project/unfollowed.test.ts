import { expect, test } from 'vitest';
import type { Files } from './evaluate.ts';
import { project } from './whole-project.ts';

const WEB = 'from flask import Flask\n\n\ndef create_app():\n    app = Flask("a")\n    return app\n';
const SHOP: Files = {
  'shop/__init__.py': '',
  'shop/web.py': WEB,
  'shop/wsgi.py': 'from shop.web import create_app\n\napp = create_app()\n',
};
const STARTED = 'web: gunicorn shop.wsgi:app\n';
const PROGRAM = '#!/usr/bin/env python3\nimport other\n\nif __name__ == "__main__":\n    other.api()\n';

const LEADS =
  'and that leads to none of the applications that were found in this repository: what it serves is not watched. Wrap it, ' +
  'or watch it where it is made, with a function of the generated module';
const NOTHING =
  'and nothing was found there that could be watched: an exception that nothing handles leaves no core. Call install() of ' +
  'the generated module first in it';

test.each<{ what: string; files: Files; found: string[] }>([
  { what: 'what leads to the application', files: { Procfile: STARTED }, found: [] },
  {
    what: 'a server of something else, beside the application',
    files: {
      Procfile: `${STARTED}metrics: gunicorn shop.metrics:app\n`,
      'shop/metrics.py': 'from prometheus_client import make_wsgi_app\n\napp = make_wsgi_app()\n',
    },
    found: [`Procfile:2 metrics (Procfile) starts gunicorn with shop.metrics:app, ${LEADS}`],
  },
  {
    what: 'a name of which a variable decides a part',
    files: { Procfile: `${STARTED}more: gunicorn \${NAME}.wsgi\n` },
    found: [],
  },
  {
    what: 'a worker of which no application was found, and what only schedules',
    files: { Procfile: `${STARTED}worker: celery -A shop.tasks worker\nbeat: celery -A shop.tasks beat\n` },
    found: [
      'Procfile:2 worker (Procfile) starts celery with shop.tasks, and no application of celery was found in this repository: ' +
        'its tasks are not watched. Give the application to watch_celery of the generated module where it is made',
    ],
  },
  {
    what: 'a worker of a kind that is not known',
    files: { Procfile: `${STARTED}jobs: arq shop.jobs.WorkerSettings\n` },
    found: [
      'Procfile:2 jobs (Procfile) is started by arq, whose jobs init cannot watch: what it runs (shop.jobs.WorkerSettings) is not watched',
    ],
  },
  {
    what: 'a Python program without .py',
    files: { 'api.service': '[Service]\nExecStart=/usr/bin/shop-api\n', 'bin/shop-api': PROGRAM },
    found: [`api.service:2 api.service (api.service) runs bin/shop-api, ${NOTHING}`],
  },
  {
    what: 'such a program that imports the application, and one that hands its name to uvicorn.Config',
    files: {
      'api.service': '[Service]\nExecStart=/usr/bin/shop-api\n',
      'bin/shop-api': PROGRAM.replace('import other', 'import shop.wsgi as other'),
      'next.service': '[Service]\nExecStart=/usr/bin/shop-next\n',
      'bin/shop-next': PROGRAM.replace('other.api()', 'Server(Config("shop.wsgi:app"))'),
    },
    found: [],
  },
  {
    what: 'a module of the standard library, which is no __main__.py of the repository',
    files: { Procfile: `${STARTED}files: python -m http.server\n`, 'shop/__main__.py': PROGRAM },
    found: [],
  },
])('a service that nothing leads to is said: $what', async ({ files, found }) => {
  const { notes } = await project({ ...SHOP, ...files });
  expect(
    notes
      .filter(({ code }) => code === 'service-unfollowed')
      .map(({ message, at }) => `${at?.file}:${at?.line} ${message}`),
  ).toEqual(found);
});

test('what programs import which services run is an application, and where Python finds it is known from -m', async () => {
  const server =
    'from aiohttp import web\n\n\ndef run():\n    app = web.Application()\n    web.run_app(app)\n';
  const main = 'from .server import run\n\nrun()\n';
  const { applications } = await project({
    Procfile: 'front: python -m org.front\nback: python -m org.back\n',
    'services/org/front/__init__.py': '',
    'services/org/front/__main__.py': main,
    'services/org/front/server.py': server,
    'services/org/back/__init__.py': '',
    'services/org/back/__main__.py': main,
    'services/org/back/server.py': server,
    'services/org/unused/__init__.py': '',
    'services/org/unused/server.py': server,
  });
  expect(
    applications.flatMap(({ importRoot, entryPoints }) =>
      entryPoints.filter(({ kind }) => kind === 'http').map(({ module }) => `${importRoot} ${module}`),
    ),
  ).toEqual(['services org.back.server', 'services org.front.server']);
});

test('where nothing starts any of several applications, the others are named', async () => {
  const files: Files = {
    'shop/__init__.py': '',
    'shop/client/__init__.py': '',
    'shop/client/web.py': WEB,
    'shop/server/__init__.py': '',
    'shop/server/web.py': WEB,
  };
  const guessed = async (more: Files) =>
    (await project({ ...files, ...more })).notes.filter(({ code }) => code === 'application-guessed');
  expect(await guessed({})).toMatchObject([
    {
      message:
        'nothing in this repository says which application a server loads: create_app() in shop/client/web.py is taken for it, ' +
        'and there are also create_app() in shop/server/web.py. See whether that is the one, or add the unit, Procfile or ' +
        'Dockerfile that starts it',
      at: { file: 'shop/client/web.py', line: 6 },
    },
  ]);
  expect(await guessed({ Procfile: 'web: gunicorn "shop.server.web:create_app()"\n' })).toEqual([]);
});

test('Debian and Fedora call the servers of Python 3 by its number', async () => {
  const { services } = await project({
    ...SHOP,
    'a.service': '[Service]\nExecStart=/usr/bin/gunicorn-3 shop.wsgi:app\n',
    'b.service': '[Service]\nExecStart=/usr/bin/uvicorn3 shop.wsgi:app\n',
    'c.service': '[Service]\nExecStart=/usr/bin/flask-3.12 --app shop.wsgi run\n',
  });
  expect(services.map(({ command }) => command?.value.server)).toEqual(['gunicorn', 'uvicorn', 'flask run']);
});

import { describe, expect, test } from 'vitest';
import { project } from './whole-project.ts';
import type { Files } from './evaluate.ts';

/** Each application object found, as `framework file:line object`. */
async function objects(files: Files): Promise<string[]> {
  const { applications } = await project(files);
  return applications.flatMap(({ framework, entryPoints }) =>
    entryPoints.map(
      ({ file, object, inPlace, unreadable }) =>
        `${framework} ${file}:${inPlace?.statement.line} ${object}${unreadable === undefined ? '' : ` (${unreadable})`}`,
    ),
  );
}

test('an application is not mounted because it mounts others by a keyword of its name', async () => {
  const text = [
    'from fastapi import FastAPI',
    'app = FastAPI()',
    'api = FastAPI()',
    'app.mount("/api", app=api)',
    'app.mount("/", StaticFiles(directory="x"), name="app")',
    '',
  ].join('\n');
  expect(await objects({ 'shop/__init__.py': '', 'shop/main.py': text })).toEqual([
    'fastapi shop/main.py:2 app',
  ]);
});

test.each<{ what: string; files: Files; found: string[] }>([
  {
    what: 'a class that derives from one that derives, each in a module of its own, by a relative import',
    files: {
      'shop/__init__.py': 'from .web import Base as Web\n',
      'shop/web.py': 'import flask as f\n\nclass Base(f.Flask):\n    pass\n',
      'shop/special.py': 'from . import Web\n\nclass Special(Mixin, Web):\n    pass\n',
      'shop/main.py': 'from shop import special\n\napp = special.Special(__name__)\n',
    },
    found: ['flask shop/main.py:3 app'],
  },
  {
    what: 'a class by another name, and one that calls itself an application without being one',
    files: {
      'compat.py': 'from fastapi import FastAPI\n\nApi = FastAPI\n',
      'app.py': 'from compat import *\nfrom other import App\n\nno = App()\napi = Api()\n',
    },
    found: ['fastapi app.py:5 api'],
  },
  {
    what: 'an object in try and if, in each branch, and not that of a function in the same file that is mounted',
    files: {
      'app.py':
        'from flask import Flask\n\ntry:\n    if DEBUG:\n        app = Flask("a")\n    else:\n        app = Flask("b")\nexcept KeyError:\n    raise\n',
    },
    found: ['flask app.py:5 app', 'flask app.py:7 app'],
  },
  {
    what: 'a making in the middle of a line is left to a person',
    files: { 'app.py': 'from flask import Flask\n\nif x: app = Flask("a")\n' },
    found: ['flask app.py:3 app (app is made in the middle of a line)'],
  },
  {
    what: 'a factory with several returns, and functions in it that return other things',
    files: {
      'app.py':
        'def create_app(x):\n    from flask import Flask\n    app = Flask("a")\n    @app.route("/")\n    def index():\n        return app.name\n' +
        '    if x:\n        return app\n    return app, 1\n',
    },
    found: ['flask app.py:8 create_app()', 'flask app.py:9 create_app()'],
  },
  {
    what: 'a factory that gives the name to what is around the application: watched where it is made',
    files: {
      'app.py':
        'from flask import Flask\n\ndef create_app():\n    app = Flask("a")\n    init_app(app)\n    app = ProxyFix(app)\n    return app\n',
    },
    found: ['flask app.py:4 create_app()'],
  },
  {
    what: 'no name at all: around the call',
    files: {
      'app.py':
        'from flask import Flask\n\ndef create_app():\n    return ProxyFix(Flask(\n        "a"\n    ))\n\nclass Server:\n    def __init__(self):\n        self.app = Flask("b")\n',
    },
    found: ['flask app.py:4 create_app()'],
  },
  {
    what: 'a factory that calls another one: the inner one makes it, and a command that names the outer one leads there',
    files: {
      Procfile: 'web: gunicorn "shop.web:create_app()"\n',
      'shop/__init__.py': '',
      'shop/web.py':
        'from .core import make\n\ndef create_app():\n    app = make(1)\n    app.extra = helper()\n    return app\n',
      'shop/core.py': 'from flask import Flask\n\ndef make(x):\n    app = Flask("a")\n    return app\n',
      'app.py': 'from flask import Flask\n\napp = Flask("other")\n',
    },
    found: ['flask shop/core.py:5 make()'],
  },
  {
    what: 'what only a main block, a method or a fixture makes comes after what can be imported',
    files: {
      'app.py': 'from flask import Flask\n\nif __name__ == "__main__":\n    app = Flask("main")\n',
      'a/b/c/other.py':
        'from flask import Flask\n\nclass Made:\n    def make(self):\n        thing = Flask("method")\n        return thing\n',
      'a/__init__.py': '',
      'a/b/__init__.py': '',
      'a/b/c/__init__.py': '',
    },
    found: ['flask a/b/c/other.py:6 Made.make()'],
  },
  {
    what: 'aiohttp: the application that a server is started with, not what is a part of it',
    files: {
      'bot/__init__.py': '',
      'bot/api/__init__.py':
        'from aiohttp import web\n\n\ndef init():\n    app = web.Application()\n    return app\n',
      'bot/server.py':
        'from aiohttp import web\n\n\nclass Server:\n    def __init__(self, api):\n        self.app = web.Application()\n' +
        '        self.app.add_subapp("/v1", api)\n        self.runner = web.AppRunner(self.app, access_log=None)\n',
    },
    found: ['aiohttp bot/server.py:6 Server.__init__()'],
  },
  {
    what: 'what the program makes that a service runs, not a part of it that is found more easily',
    files: {
      'compose.yml': 'services:\n  bot:\n    build: .\n    command: ["python3", "server.py"]\n',
      'server.py':
        'from aiohttp import web\n\nfrom bot.api import make_app\n\nif __name__ == "__main__":\n' +
        '    service = Service(application=web.Application())\n    service.add("/api", make_app())\n',
      'bot/__init__.py': '',
      'bot/api.py':
        'from aiohttp import web\n\n\ndef make_app():\n    app = web.Application()\n    return app\n',
    },
    found: ['aiohttp server.py:6 service'],
  },
  {
    what: 'two applications that files of another ending lead to, each under its own server; a module that an image puts beside one',
    files: {
      'run.sh': '#!/bin/sh\nuwsgi --ini /app/uwsgi/admin.ini\nuwsgi --ini /app/uwsgi/public.ini\n',
      Dockerfile: 'FROM python\nCOPY . /app\nCMD ["/app/run.sh"]\n',
      'uwsgi/admin.ini': '[uwsgi]\nwsgi-file = /app/uwsgi/admin.wsgi\n',
      'uwsgi/admin.wsgi': 'from shop.admin import create_app\n\napplication = create_app().app\n',
      'uwsgi/public.ini': '[uwsgi]\nwsgi-file = /app/uwsgi/public.wsgi\n',
      'uwsgi/public.wsgi': 'from shop.public import app as application\n',
      'docker/Dockerfile': 'FROM python\nCMD gunicorn run_shop:app\n',
      'docker/run_shop.py': 'from shop.public import app\n',
      'src/shop/__init__.py': '',
      'src/shop/admin.py':
        'from flask import Flask\n\ndef create_app():\n    app = Flask("a")\n    return app\n',
      'src/shop/public.py': 'from flask import Flask\n\napp = Flask("a")\n',
      'src/shop/other.py': 'from flask import Flask\n\napp = Flask("a")\n',
    },
    found: ['flask src/shop/admin.py:5 create_app()', 'flask src/shop/public.py:3 app'],
  },
  {
    what: 'a class of another package that is known to derive from Flask',
    files: { 'app.py': 'from apiflask import APIFlask\n\napp = APIFlask(__name__)\n' },
    found: ['flask app.py:3 app'],
  },
  {
    what: 'a class of another package that is called after Flask, and one that derives from such a one',
    files: {
      Procfile: 'web: gunicorn shop.web:create_app()\n',
      'shop/__init__.py': '',
      'shop/web.py':
        'from company.web import CompanyFlask\nfrom other import flask, MyFlaskThing, make_flask\n\nclass Shop(CompanyFlask):\n    pass\n\n' +
        'no = MyFlaskThing(make_flask())\n\ndef create_app():\n    app = Shop(__name__)\n    return app\n',
      'other.py': 'from flask_multistatic import MultiStaticFlask as Flask\n\napp = Flask("a")\n',
    },
    found: ['flask shop/web.py:11 create_app()'],
  },
  {
    what: 'Connexion: the Flask application in what it makes, that of the factory which the command names, not one for the command line',
    files: {
      Procfile: 'web: gunicorn -k uvicorn.workers.UvicornWorker shop:create_app()\n',
      'shop/__init__.py':
        'from flask import Flask\n\ndef for_commands():\n    app = Flask(__name__)\n    return app\n\n' +
        'def create_served():\n    import connexion\n\n    served = connexion.FlaskApp(__name__)\n    served.add_api("a.yaml")\n    return served\n\n' +
        'create_app = create_served\n',
    },
    found: ['flask shop/__init__.py:12 create_served()'],
  },
  {
    what: 'Connexion: one that has no name, and none of Flask',
    files: {
      'app.py':
        'import connexion\n\napp = connexion.App(__name__).app\nother = connexion.AsyncApp(__name__)\n',
    },
    found: ['flask app.py:3 app (the application is an attribute, app, of what is made there)'],
  },
  {
    what: 'Pyramid: the two applications that PasteDeploy names, by a call and by an entry point of the project',
    files: {
      'conf/production.ini':
        '[pipeline:main]\npipeline = prefix shop\n\n[app:shop]\nuse = call:shop.app:create_app\n',
      'conf/live.ini': '[app:main]\nuse = egg:the-shop#live\n',
      'conf/development.ini': '[app:main]\nuse = call:shop.debug:main\n',
      'setup.py':
        "setup(entry_points={'paste.app_factory': ['main = shop:no', 'live=shop.live.app:main']})\n",
      'shop/__init__.py': '',
      'shop/config.py':
        'from pyramid.config import Configurator\n\nclass Own(Configurator):\n    def make_wsgi_app(self):\n        return around(super().make_wsgi_app())\n',
      'shop/app.py':
        'from shop.config import Own\n\ndef create_app(_, **settings):\n    return Own(settings).make_wsgi_app()\n',
      'shop/debug.py':
        'from shop.config import Own\n\ndef main(_, **settings):\n    return Own(settings).make_wsgi_app()\n',
      'shop/live/__init__.py': '',
      'shop/live/app.py':
        'def main(_, **settings):\n    config = configure(settings)\n    app = config.make_wsgi_app()\n    return app\n',
    },
    found: ['pyramid shop/app.py:4 create_app()', 'pyramid shop/live/app.py:3 main()'],
  },
  {
    what: 'not Pyramid: a function of that name of a module, and the method where Pyramid is nowhere',
    files: {
      'a.py': 'import prometheus_client\n# pyramid\napp = prometheus_client.make_wsgi_app()\n',
      'b.py': 'from prometheus_client import make_wsgi_app\napp = make_wsgi_app()\n',
    },
    found: [],
  },
  {
    what: 'not Pyramid: the method of something else',
    files: { 'a.py': 'app = server.make_wsgi_app()\n' },
    found: [],
  },
])('$what', async ({ files, found }) => {
  expect(await objects(files)).toEqual(found);
});

test('a package in a namespace package is imported by its full name', async () => {
  const files: Files = {
    'web/bodhi/server/__init__.py': 'from bodhi.server.web import app\n',
    'web/bodhi/server/web.py': 'from flask import Flask\n\napp = Flask("a")\n',
    'web/lib/other/__init__.py': '',
  };
  const { applications } = await project(files);
  expect(applications).toMatchObject([
    { importRoot: 'web', packageName: 'bodhi.server', entryPoints: [{ module: 'bodhi.server.web' }] },
  ]);
});

const MADE = 'from flask import Flask\n\n\ndef create_app():\n    app = Flask("a")\n    return app\n';

test.each<[string, Files, { importRoot: string; entryPoints: object[] }[]]>([
  [
    'a package in two folders without __init__.py, which its modules name',
    {
      'src/org/team/agent/__init__.py': '',
      'src/org/team/agent/server.py': `from org.team.agent.config import x\n${MADE}`,
    },
    [{ importRoot: 'src', entryPoints: [{ module: 'org.team.agent.server' }] }],
  ],
  [
    'a folder without __init__.py in a package, which another module names, and the name of one of the standard library',
    {
      'pyproject.toml': '[project.entry-points.player]\nhttp = "player.parts.http:Extension"\n',
      'src/player/__init__.py': '',
      'src/player/parts/http/__init__.py': '',
      'src/player/parts/http/actor.py': `from . import x\n${MADE}`,
    },
    [{ importRoot: 'src', entryPoints: [{ module: 'player.parts.http.actor' }] }],
  ],
  [
    'src is a package by its __init__.py, and nothing imports it as one',
    {
      'src/__init__.py': '',
      'src/shop/__init__.py': `from shop.config import x\n${MADE}`,
      'src/shop/config.py': 'x = 1\n',
    },
    [{ importRoot: 'src', entryPoints: [{ module: 'shop' }] }],
  ],
  [
    'src is a package that is imported as one',
    {
      'src/__init__.py': '',
      'src/shop/__init__.py': `from src.shop.config import x\n${MADE}`,
      'src/shop/config.py': 'from shop.config import y\n',
    },
    [{ importRoot: '', entryPoints: [{ module: 'src.shop' }] }],
  ],
  [
    'the standard library has a module of its name',
    {
      'shop/__init__.py': '',
      'shop/http/__init__.py': `from http import HTTPStatus\nfrom http.client import OK\n${MADE}`,
    },
    [{ importRoot: '', entryPoints: [{ module: 'shop.http' }] }],
  ],
])('where Python imports from: %s', async (_, files, expected) => {
  expect((await project(files)).applications).toMatchObject(expected);
});

const WSGI = 'from NAME import create_app\n\napplication = create_app()\n';

test('of several modules of one name a start command means the one near to it, and each src is looked in', async () => {
  const dockerfile = 'FROM python\nWORKDIR /code\nCMD ["gunicorn", "wsgi:application"]\n';
  const files: Files = {
    'orders/Dockerfile': dockerfile,
    'orders/wsgi.py': WSGI.replace('NAME', 'orders'),
    'orders/src/orders/__init__.py': MADE,
    'orders/src/tools/__init__.py': MADE,
    'queue/mail/Dockerfile': dockerfile,
    'queue/mail/wsgi.py': WSGI.replace('NAME', 'mailer'),
    'queue/mail/src/mailer/__init__.py': MADE,
  };
  expect(await objects(files)).toEqual([
    'flask orders/src/orders/__init__.py:6 create_app()',
    'flask queue/mail/src/mailer/__init__.py:6 create_app()',
  ]);
});

test('modules that lie in the import root itself are one application where services start each of them', async () => {
  const app = 'from flask import Flask\n\napp = Flask("a")\n';
  const { applications } = await project({
    Procfile: 'web: gunicorn web:app\napi: gunicorn api:app\n',
    'web.py': app,
    'api.py': app,
  });
  expect(applications).toMatchObject([
    { packageName: '', entryPoints: [{ file: 'api.py' }, { file: 'web.py' }] },
  ]);
});

test('flask run finds the factory in the module that FLASK_APP names', async () => {
  const { notes } = await project({
    Dockerfile: 'FROM python\nENV FLASK_APP=/opt/shop/shop/web.py\nCMD ["flask", "run"]\n',
    'shop/__init__.py': '',
    'shop/web.py': MADE,
  });
  expect(notes.filter(({ code }) => code === 'application-guessed')).toEqual([]);
});

test('a folder without __init__.py in the middle of a package is a part of it', async () => {
  const app = 'from aiohttp import web\n\n\ndef make_app():\n    app = web.Application()\n    return app\n';
  const { applications } = await project({
    'app/__init__.py': '',
    'app/api/v2/__init__.py': `${app}\nfrom app.api.v2.views import x\n`,
    'app/api/v2/views.py': '',
  });
  expect(applications).toMatchObject([{ importRoot: '', entryPoints: [{ module: 'app.api.v2' }] }]);
});

test('where the name in a start command leads nowhere, what was taken in its place is said', async () => {
  const files: Files = {
    Procfile: 'web: gunicorn company.wsgi:application\n',
    'shop/__init__.py': '',
    'shop/factory.py':
      'from flask import Flask\n\n\ndef for_tests():\n    app = Flask("a")\n    return app\n',
  };
  const guessed = async (more: Files) =>
    (await project({ ...files, ...more })).notes.filter(({ code }) => code === 'application-guessed');
  expect(await guessed({})).toMatchObject([
    {
      message:
        'gunicorn is started with company.wsgi:application, and how that leads to an application of this repository was not ' +
        'found out: for_tests() in shop/factory.py is taken for it. See whether company.wsgi:application comes from there',
      at: { file: 'Procfile', line: 1 },
    },
  ]);
  expect(await guessed({ Procfile: 'web: gunicorn "shop.factory:for_tests()"\n' })).toEqual([]);
  expect(await guessed({ Procfile: '' })).toEqual([]);
});

test('where the application may come from outside of the tree, what was taken in its place is said', async () => {
  const files: Files = {
    'shop/__init__.py': '',
    'shop/factory.py':
      'from flask import Flask\n\n\ndef for_tests():\n    app = Flask("a")\n    return app\n',
  };
  const guessed = async (more: Files) =>
    (await project({ ...files, ...more })).notes.filter(({ code }) => code === 'application-guessed');
  const dockerfile = 'FROM python\nCMD ["uwsgi --ini uwsgi.ini"]\n';
  expect(await guessed({ Dockerfile: dockerfile })).toMatchObject([
    {
      message:
        "uWSGI's configuration uwsgi.ini is not in the repository, so what uwsgi loads is not known: for_tests() in " +
        'shop/factory.py is taken for it. See whether that is the one',
      at: { file: 'Dockerfile', line: 2 },
    },
  ]);
  const ini = '[uwsgi]\nmodule = shop.factory:for_tests()\n';
  expect(await guessed({ Dockerfile: dockerfile, 'uwsgi.ini': ini })).toEqual([]);
  const app = 'from company.factory import create_app\n\napp = create_app()\n';
  expect(await guessed({ 'shop/app.py': app })).toMatchObject([
    {
      message:
        'app in shop/app.py is what company.factory.create_app() makes, which is not in this repository, and nothing here ' +
        'says that a server loads for_tests() in shop/factory.py instead, which is watched. If it loads app, or what that ' +
        'package itself offers, then import watch_flask from the module that init wrote, and call it with that ' +
        'application where it is made',
      at: { file: 'shop/app.py', line: 3 },
    },
  ]);
  expect(
    await guessed({ 'shop/app.py': app.replace('company.', 'shop.').replace('create_app', 'for_tests') }),
  ).toEqual([]);
});

test('templates of projects and stand-ins for other services are not deployed', async () => {
  const app = 'from flask import Flask\n\napp = Flask("a")\n';
  expect(
    await objects({
      '{{cookiecutter.name}}/app.py': app,
      'docker/mockservices/main.py': app,
      'shop/app.py': app,
    }),
  ).toEqual(['flask shop/app.py:3 app']);
});

test('what tests make is not deployed, by the name of their folder or the class that they derive from', async () => {
  const app = 'from flask import Flask\n\napp = Flask("a")\n';
  const asked =
    'import tornado.testing\nimport tornado.web\n\nclass ShopTest(tornado.testing.AsyncHTTPTestCase):\n' +
    '    def get_app(self):\n        return tornado.web.Application([])\n';
  expect(
    await objects({ 'integration_tests/app.py': app, 'smoke-test/app.py': app, 'shop/checks.py': asked }),
  ).toEqual([]);
  expect(await objects({ 'latest/app.py': app })).toEqual(['flask latest/app.py:3 app']);
});

describe('an application that is made inside of a class, in a package that installs a command to start itself', () => {
  const HUB: Files = {
    'pyproject.toml': '[project]\nname = "hub"\n\n[project.scripts]\nhub = "hub.app:main"\n',
    'hub/__init__.py': '',
    'hub/app.py':
      'import tornado.web\n\nclass Hub:\n    def start(self):\n        self.web = tornado.web.Application([])\n',
  };
  const SETUP =
    'from setuptools import setup\n\nsetup(entry_points={"console_scripts": ["hub = hub.app:main"]})\n';
  const { 'pyproject.toml': _, ...rest } = HUB;

  test.each<[string, Files, number]>([
    ['pyproject.toml', HUB, 5],
    ['setup.py', { ...rest, 'setup.py': SETUP }, 3],
    [
      'setup.cfg',
      { ...rest, 'setup.cfg': '[options.entry_points]\nconsole_scripts =\n    hub = hub.app:main\n' },
      3,
    ],
    ['an example starts it', { ...HUB, 'examples/x/Dockerfile': 'FROM python\nCMD ["hub"]\n' }, 5],
  ])('is none that the repository deploys: %s', async (name, files, line) => {
    expect(await objects(files)).toEqual([]);
    const { notes } = await project(files);
    const file = name.startsWith('setup') ? name : 'pyproject.toml';
    expect(notes.find(({ code }) => code === 'starts-itself')).toMatchObject({
      message: `hub/app.py:5 makes a Tornado application inside of Hub, which the command "hub" of this package starts (${file}:${line}): no server imports it, and no unit, container or Procfile here starts that command. Add the one that you run, then init puts watch_tornado(…) around that call`,
      at: { file: 'hub/app.py', line: 5 },
    });
  });

  test.each<[string, Files]>([
    [
      'a unit starts that command',
      { ...HUB, 'hub.service': '[Service]\nExecStart=/opt/venv/bin/hub --port 80\n' },
    ],
    ['a container starts the package', { ...HUB, Dockerfile: 'FROM python\nCMD ["python", "-m", "hub"]\n' }],
    [
      'the command is one of another package',
      { ...HUB, 'pyproject.toml': '[project.scripts]\nx = "other:main"\n' },
    ],
    ['it installs no command', rest],
  ])('is one where %s', async (_name, files) => {
    expect(await objects(files)).toEqual(['tornado hub/app.py:5 Hub.start()']);
  });

  test('a method that returns it is a factory', async () => {
    const text =
      'import tornado.web\n\nclass Hub:\n    def make(self):\n        return tornado.web.Application([])\n';
    expect(await objects({ ...HUB, 'hub/app.py': text })).toEqual(['tornado hub/app.py:5 Hub.make()']);
  });
});

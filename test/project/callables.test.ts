import { describe, expect, test } from 'vitest';
import type { Files } from './evaluate.ts';
import { project } from './whole-project.ts';

const FUNCTION = 'def application(environ, start_response):\n    return []\n';

/** Each place that has to be wrapped, as `framework/kind file object: how`. */
async function places(files: Files): Promise<string[]> {
  const { applications } = await project(files);
  return applications.flatMap(({ framework, entryPoints }) =>
    entryPoints.map(({ kind, file, object, assignment, definition, inPlace, unreadable, wrapped }) => {
      const how =
        wrapped !== undefined
          ? 'wrapped'
          : (unreadable ??
            (definition !== undefined
              ? `decorator at ${definition.line}`
              : inPlace !== undefined
                ? `around ${inPlace.target}`
                : assignment !== undefined
                  ? `around ${assignment.source}`
                  : 'at the end'));
      return `${framework}/${kind} ${file} ${object}: ${how}`;
    }),
  );
}

const WRAPPED = 'from abort_on_exception import wrap_wsgi\n\n\n';

test.each<{ what: string; start?: string; files: Files; found: string[] }>([
  {
    what: 'a function',
    files: { 'app.py': FUNCTION },
    found: ['wsgi/wsgi app.py application: decorator at 1'],
  },
  {
    what: 'a function that has decorators',
    files: { 'app.py': `import x\n\n\n@x.first\n@x.second\n${FUNCTION}` },
    found: ['wsgi/wsgi app.py application: decorator at 4'],
  },
  {
    what: 'a class, whose constructor the server calls',
    files: {
      'app.py': 'class application:\n    def __init__(self, environ, start_response):\n        pass\n',
    },
    found: ['wsgi/wsgi app.py application: decorator at 1'],
  },
  {
    what: 'a class that another one derives from',
    files: {
      'app.py':
        'class application:\n    def __init__(self, environ, start_response):\n        pass\n\n\nclass Other(application):\n    pass\n',
    },
    found: ['wsgi/wsgi app.py application: at the end'],
  },
  {
    what: 'an object of a class of another module, under ASGI by its __call__, whatever the server',
    files: {
      'shop/__init__.py': '',
      'shop/web.py': 'class Web:\n    async def __call__(self, scope, receive, send):\n        pass\n',
      'app.py': 'from shop.web import Web\n\napplication = Web()\n',
    },
    found: ['asgi/asgi app.py application: around Web()'],
  },
  {
    what: 'an async function under uvicorn, with an annotated name',
    start: 'uvicorn app:app',
    files: { 'app.py': 'async def app(scope, receive, send) -> None:\n    pass\n' },
    found: ['asgi/asgi app.py app: decorator at 1'],
  },
  {
    what: 'the last wrapper of several',
    start: 'gunicorn app:app',
    files: {
      'app.py':
        'from werkzeug.middleware.proxy_fix import ProxyFix\nfrom whitenoise import WhiteNoise\n\n\ndef app(environ, start_response):\n    return []\n\n\napp = ProxyFix(app)\napp = WhiteNoise(app)\n',
    },
    found: ['wsgi/wsgi app.py app: around WhiteNoise(app)'],
  },
  {
    what: 'an object that is worked with after it was made',
    start: 'gunicorn app:app',
    files: {
      'app.py':
        'from whitenoise import WhiteNoise\nfrom other import inner\n\napp = WhiteNoise(inner)\napp.add_files("static")\n',
    },
    found: ['wsgi/wsgi app.py app: at the end'],
  },
  {
    what: 'an import: at the end of the file that the server imports',
    files: { 'app.py': 'from web import application\n', 'web.py': FUNCTION },
    found: ['wsgi/wsgi app.py application: at the end'],
  },
  {
    what: 'bound in try',
    files: { 'app.py': 'try:\n    application = make()\nexcept ImportError:\n    application = None\n' },
    found: ['wsgi/wsgi app.py application: at the end'],
  },
  {
    what: 'a factory: around all that it returns',
    start: "gunicorn 'app:make(1)'",
    files: { 'app.py': 'def make(x):\n    if x:\n        return One(x)\n    two = Two()\n    return two\n' },
    found: ['wsgi/wsgi app.py make(): around One(x)', 'wsgi/wsgi app.py make(): around two'],
  },
  {
    what: 'a factory of uvicorn, in another module',
    start: 'uvicorn --factory app:make',
    files: { 'app.py': 'from web import make\n', 'web.py': 'def make():\n    return App()\n' },
    found: ['asgi/asgi web.py make(): around App()'],
  },
  {
    what: 'wrapped: by a decorator, around, and in a later statement',
    files: { 'app.py': `${WRAPPED}@wrap_wsgi\n${FUNCTION}` },
    found: ['wsgi/wsgi app.py application: wrapped'],
  },
  {
    what: 'wrapped around its value',
    files: { 'app.py': `${WRAPPED}application = wrap_wsgi(make())\n` },
    found: ['wsgi/wsgi app.py application: wrapped'],
  },
  {
    what: 'wrapped in a later statement',
    files: { 'app.py': `${WRAPPED}${FUNCTION}\n\napplication = wrap_wsgi(application)\n` },
    found: ['wsgi/wsgi app.py application: wrapped'],
  },
  {
    what: 'a wrapper that is not imported is none',
    files: { 'app.py': `@wrap_wsgi\n${FUNCTION}` },
    found: ['wsgi/wsgi app.py application: decorator at 1'],
  },
  {
    what: 'an attribute of another object',
    start: 'gunicorn app:site.wsgi',
    files: { 'app.py': 'site = make()\n' },
    found: ['wsgi/wsgi app.py site.wsgi: site.wsgi is a part of another object'],
  },
  {
    what: 'a double callable of ASGI 2',
    start: 'uvicorn app:App',
    files: { 'app.py': 'class App:\n    def __init__(self, scope):\n        pass\n' },
    found: ['asgi/asgi app.py App: it is an application of ASGI 2, which is called twice'],
  },
  {
    what: 'a folder of its own, and uWSGI by a path',
    start: 'uwsgi --http :80 --wsgi-file backend/app.py',
    files: { 'backend/app.py': FUNCTION },
    found: ['wsgi/wsgi backend/app.py application: decorator at 1'],
  },
  {
    what: 'no object of that name: nothing is claimed',
    files: { 'app.py': 'app = 1\n' },
    found: [],
  },
  {
    what: 'beside a framework whose application the start command does not lead to: that is the application',
    files: { 'app.py': FUNCTION, 'web.py': 'from flask import Flask\n\napp = Flask(__name__)\n' },
    found: ['flask/wsgi web.py app: around app'],
  },
])('$what', async ({ start = 'gunicorn app', files, found }) => {
  const all = { Procfile: `web: ${start}\n`, ...files };
  expect(await places(all)).toEqual(found);
});

describe('what answers every exception by itself is not wrapped in vain', () => {
  test.each([
    [
      'web.py',
      'import web\n\napp = web.application((), globals())\napplication = app.wsgifunc()\n',
      'internalerror',
    ],
    [
      'CherryPy',
      'import cherrypy\n\napplication = cherrypy.tree.mount(Root(), "/")\n',
      'request.error_response',
    ],
    ['Quart', 'from quart import Quart\n\napplication = Quart(__name__)\n', 'got_request_exception'],
    [
      'Sanic',
      'from sanic import Sanic\n\napplication = Sanic("shop")\n',
      "@app.signal('server.exception.report') above `async def report(exception, **_)`, which calls handle(exception) where that is not a sanic.exceptions.SanicException",
    ],
    [
      'Zope',
      'from Zope2.Startup.run import make_wsgi_app\n\napplication = make_wsgi_app()\n',
      'zExceptions.HTTPException',
    ],
  ])('%s', async (title, text, paste) => {
    const files = { Procfile: 'web: gunicorn app\n', 'app.py': text };
    const { applications } = await project(files);
    const [point] = applications[0]?.entryPoints ?? [];
    expect(point?.unreadable).toMatch(new RegExp(`^${title.replace('.', '\\.')} answers every exception`));
    expect(point?.byHand).toContain(paste);
    const called = `from abort_on_exception import handle\n${text}`;
    const { applications: after } = await project({ ...files, 'app.py': called });
    expect(after[0]?.entryPoints[0]?.wrapped?.line).toBe(1);
  });

  test('what nobody knows is wrapped, and said', async () => {
    const text = 'from blacksheep import Application\n\napp = Application()\n';
    const { applications, notes } = await project({ Procfile: 'web: uvicorn app:app\n', 'app.py': text });
    expect(applications[0]?.entryPoints[0]?.assignment?.source).toBe('Application()');
    expect(notes.map(({ message }) => message)).toEqual([
      'app.py: app is made by blacksheep.Application, which is not known: exceptions that it answers by itself are not seen from outside',
    ]);
  });
});

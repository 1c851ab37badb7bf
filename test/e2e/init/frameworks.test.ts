import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { pythonEnvironment } from '../../python-environment.ts';
import { pycrash } from '../pycrash.ts';
import { commitAll, run, snapshot } from './django-project.ts';
import { children, example, newFolder, until } from './example-repository.ts';
import { freePort } from '../../../src/crashtest/address.ts';

const CASES: {
  name: string;
  requirements: string[];
  request: { framework?: string; view?: string; path?: string };
  commands: ((port: number, root: string) => string[])[];
}[] = [
  {
    name: 'flask-shop',
    requirements: ['flask==3.*', 'gunicorn'],
    request: { framework: 'flask' },
    commands: [(port) => ['gunicorn', '--bind', `127.0.0.1:${port}`, 'shop:create_app()']],
  },
  {
    name: 'fastapi-shop',
    requirements: ['fastapi', 'httpx', 'uvicorn'],
    request: { framework: 'starlette', view: 'shop.orders.order' },
    commands: [(port) => ['uvicorn', '--port', String(port), 'shop.main:app']],
  },
  {
    name: 'falcon-shop',
    requirements: ['falcon==4.*', 'gunicorn'],
    request: { framework: 'falcon' },
    commands: [(port) => ['gunicorn', '--bind', `127.0.0.1:${port}`, 'shop.app:create_app()']],
  },
  {
    name: 'bottle-shop',
    requirements: ['bottle==0.13.*', 'gunicorn'],
    request: { framework: 'bottle', view: 'shop.web.order' },
    commands: [(port) => ['gunicorn', '--bind', `127.0.0.1:${port}`, 'shop.web']],
  },
  {
    name: 'aiohttp-shop',
    requirements: ['aiohttp==3.*', 'gunicorn'],
    request: { framework: 'aiohttp', view: expect.stringMatching(/\.order$/) as string },
    commands: [
      () => ['python', '-m', 'shop.web'],
      (port) => [
        'gunicorn',
        '--bind',
        `127.0.0.1:${port}`,
        '--worker-class',
        'aiohttp.GunicornWebWorker',
        'shop.web:create_app()',
      ],
    ],
  },
  {
    name: 'tornado-shop',
    requirements: ['tornado==6.*'],
    request: { framework: 'tornado', view: '__main__.OrderHandler.get' },
    commands: [() => ['python', '-m', 'shop.server']],
  },
  {
    name: 'litestar-shop',
    requirements: ['litestar==2.*', 'uvicorn'],
    request: { framework: 'litestar', path: '/orders/2', view: 'shop.main.order' },
    commands: [(port) => ['uvicorn', '--port', String(port), 'shop.main:app']],
  },
  {
    name: 'pyramid-shop',
    requirements: ['pyramid==2.*', 'pyramid_retry', 'gunicorn'],
    request: {},
    commands: [
      (port, root) => ['gunicorn', '--bind', `127.0.0.1:${port}`, '--paste', join(root, 'production.ini')],
    ],
  },
  {
    name: 'wsgi-shop',
    requirements: ['gunicorn', 'uvicorn'],
    request: {},
    commands: [
      (port) => ['gunicorn', '--bind', `127.0.0.1:${port}`, 'shop.wsgi:application'],
      (port) => ['uvicorn', '--port', String(port), 'shop.events:app'],
    ],
  },
];

const isCore = (file: string): boolean => file.startsWith('core');

const status = async (url: string): Promise<number | undefined> => {
  try {
    return (await fetch(url)).status;
  } catch {
    return undefined;
  }
};

describe.each(CASES)('$name', ({ name, requirements, commands, request }) => {
  test('init, again nothing to do, the project’s own test, remove byte for byte', async () => {
    const python = pythonEnvironment('3.13', requirements);
    const root = example(name);
    const before = snapshot(root);
    expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(run(python, 'python', ['-m', 'unittest', 'shop.test_abort_on_exception'], root)).toBe('');
    const wired = snapshot(root);
    expect(await pycrash(['init'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Nothing to do: crash handling is set up.\n',
    });
    expect(snapshot(root)).toEqual(wired);
    expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)).toEqual(before);
  });

  test.each(commands.map((command) => ({ command, server: command(0, '.').join(' ') })))(
    'a bug aborts $server, and the core shows its frame',
    async ({ command }) => {
      const python = pythonEnvironment('3.13', requirements);
      const root = example(name);
      await pycrash(['init', '--yes'], { cwd: root });
      const work = newFolder();
      mkdirSync(join(work, 'budget'), { mode: 0o700 });
      const port = await freePort();
      const [program = '', ...words] = command(port, root);
      const [file, ...args] = python.command(program, words);
      const server = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', file, ...args], {
        cwd: work,
        stdio: 'ignore',
        env: {
          ...process.env,
          PYTHONPATH: root,
          PORT: String(port),
          PYTHONDONTWRITEBYTECODE: '1',
          PYCRASH_BUDGET_DIRECTORY: join(work, 'budget'),
        },
      });
      children.push(server);
      const url = `http://127.0.0.1:${port}`;
      await until(() => status(`${url}/`));
      expect(await status(`${url}/orders/3/`)).toBe(404);
      expect(await status(`${url}/orders/1/`)).toBe(200);
      expect(readdirSync(work).filter(isCore)).toEqual([]);
      await status(`${url}/orders/2/`);
      const core = await until(() => readdirSync(work).find(isCore));
      const report = await until(async () => {
        const { stdout, exitCode } = await pycrash(['report', join(work, core), '--json'], { cwd: root });
        const found = exitCode === 0 ? (JSON.parse(stdout) as CrashReport) : undefined;
        return found?.core.truncated === true ? undefined : found;
      });
      expect(report.request).toMatchObject({ method: 'GET', path: '/orders/2/', ...request });
      const [raised] = report.exceptions[0]?.chain ?? [];
      const pricing = readFileSync(join(root, 'shop/pricing.py'), 'utf8').split('\n');
      expect(raised).toMatchObject({ type: 'KeyError' });
      const frame = raised?.frames.at(-1);
      expect(frame).toMatchObject({
        function: 'discount',
        line: pricing.findIndex((line) => line.includes('VOUCHERS[voucher]')) + 1,
        locals: { cents: { repr: '2900' }, voucher: { repr: "'SPRING'" } },
      });
      expect(frame?.file).toBe(join(root, 'shop/pricing.py'));
    },
  );
});

test.each([
  {
    what: 'a start command chooses among several objects, through the module that imports the factory',
    files: {
      Procfile: 'web: gunicorn wsgi:application\n',
      'wsgi.py': 'from shop.web import make\n\napplication = make()\n',
      'shop/__init__.py': '',
      'shop/web.py': 'import flask\n\n\ndef make():\n    web = flask.Flask(__name__)\n    return web\n',
      'app.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
    },
    edited: 'shop/web.py',
    text: 'import flask\n\nfrom shop.abort_on_exception import watch_flask\n\n\ndef make():\n    web = flask.Flask(__name__)\n    watch_flask(web)\n    return web\n',
  },
  {
    what: 'a single file with CRLF, an alias and an annotation',
    files: {
      'app.py': 'from fastapi import FastAPI as Api\r\n\r\napp: Api = Api(\r\n    title="x",\r\n)\r\n',
    },
    edited: 'app.py',
    text: 'from fastapi import FastAPI as Api\r\n\r\nfrom abort_on_exception import watch_starlette\r\n\r\napp: Api = Api(\r\n    title="x",\r\n)\r\nwatch_starlette(app)\r\n',
  },
  {
    what: 'Falcon: ASGI from its own module, chosen by the start command',
    files: {
      Procfile: 'web: uvicorn api.server:service\n',
      'api/__init__.py': '',
      'api/server.py':
        'from falcon import asgi\n\nfrom api import pages\n\nservice = asgi.App()\nservice.add_route("/", pages.Home())\n',
      'api/pages.py': 'class Home:\n    async def on_get(self, req, resp):\n        resp.text = "fine"\n',
    },
    edited: 'api/server.py',
    text: 'from falcon import asgi\n\nfrom api import pages\nfrom api.abort_on_exception import watch_falcon_asgi\n\nservice = asgi.App()\nwatch_falcon_asgi(service)\nservice.add_route("/", pages.Home())\n',
  },
  {
    what: 'a class of the repository, made without a name in one function and returned twice by another',
    files: {
      'shop/__init__.py': '',
      'shop/web.py': 'from flask import Flask\n\n\nclass Web(Flask):\n    pass\n',
      'shop/app.py':
        'from .web import Web\n\n\ndef create_app(debug=False):\n    app = Web(__name__)\n' +
        '    if debug:\n        return app\n    return ProxyFix(app)\n',
    },
    edited: 'shop/app.py',
    text:
      'from .web import Web\n\nfrom shop.abort_on_exception import watch_flask\n\n\ndef create_app(debug=False):\n    app = Web(__name__)\n' +
      '    if debug:\n        watch_flask(app)\n        return app\n    watch_flask(app)\n    return ProxyFix(app)\n',
  },
  {
    what: 'an expression is wrapped where it makes the application, on several lines too',
    files: {
      'app.py':
        'from flask import Flask\n\n\ndef create_app():\n    return ProxyFix(\n        Flask(\n            __name__,\n        ),\n    )\n',
    },
    edited: 'app.py',
    text: 'from flask import Flask\n\nfrom abort_on_exception import watch_flask\n\n\ndef create_app():\n    return ProxyFix(\n        watch_flask(Flask(\n            __name__,\n        )),\n    )\n',
  },
  {
    what: 'one object for each branch of an if',
    files: {
      'app.py':
        'import os\nfrom flask import Flask\n\nif os.environ.get("X"):\n    app = Flask("x")\nelse:\n    app = Flask("y")\n',
    },
    edited: 'app.py',
    text: 'import os\nfrom flask import Flask\n\nfrom abort_on_exception import watch_flask\n\nif os.environ.get("X"):\n    app = Flask("x")\n    watch_flask(app)\nelse:\n    app = Flask("y")\n    watch_flask(app)\n',
  },
  {
    what: 'Bottle: the default application, without a name, before it is served',
    files: {
      'app.py':
        'from bottle import route, run\n\n\n@route("/")\ndef index():\n    return "hello"\n\n\nif __name__ == "__main__":\n    run(host="localhost", port=8080)\n',
    },
    edited: 'app.py',
    text: 'from bottle import route, run\n\nfrom abort_on_exception import watch_bottle\n\n\n@route("/")\ndef index():\n    return "hello"\n\n\nif __name__ == "__main__":\n    watch_bottle()\n    run(host="localhost", port=8080)\n',
  },
  {
    what: 'Tornado: a factory that returns the expression, in the program itself',
    files: {
      'server.py':
        'import asyncio\n\nimport tornado.web\n\n\ndef make_app():\n    return tornado.web.Application([\n        (r"/", tornado.web.RequestHandler),\n    ])\n\n\nasync def main():\n    make_app().listen(8888)\n    await asyncio.Event().wait()\n\n\nasyncio.run(main())\n',
    },
    edited: 'server.py',
    text: 'import asyncio\n\nimport tornado.web\n\nfrom abort_on_exception import watch_tornado\n\n\ndef make_app():\n    return watch_tornado(tornado.web.Application([\n        (r"/", tornado.web.RequestHandler),\n    ]))\n\n\nasync def main():\n    make_app().listen(8888)\n    await asyncio.Event().wait()\n\n\nasyncio.run(main())\n',
  },
  {
    what: 'aiohttp: an application with a sub-application made in another function',
    files: {
      'polls/__init__.py': '',
      'polls/main.py':
        'from aiohttp import web\n\nfrom polls.routes import setup_routes\n\n\nasync def init_app(argv=None):\n    app = web.Application()\n    setup_routes(app)\n    return app\n\n\nif __name__ == "__main__":\n    web.run_app(init_app())\n',
      'polls/routes.py':
        'from aiohttp import web\n\n\ndef setup_routes(app):\n    admin = web.Application()\n    app.add_subapp("/admin/", admin)\n',
    },
    edited: 'polls/main.py',
    text: 'from aiohttp import web\n\nfrom polls.routes import setup_routes\nfrom polls.abort_on_exception import watch_aiohttp\n\n\nasync def init_app(argv=None):\n    app = web.Application()\n    setup_routes(app)\n    watch_aiohttp(app)\n    return app\n\n\nif __name__ == "__main__":\n    web.run_app(init_app())\n',
  },
])('$what', async ({ files, edited, text }) => {
  const root = newFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  commitAll(root);
  const before = snapshot(root);
  expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(root, edited), 'utf8')).toBe(text);
  expect(await pycrash(['check'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(await pycrash(['init'], { cwd: root })).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/Nothing to do: crash handling is set up\.\n$/),
  });
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    if (!/(?<!import )watch_\w+\(/.test(line)) continue;
    const without = line.replace(/watch_\w+\((.*)/, (_, rest: string) =>
      /^\w+\)/.test(rest) ? 'pass' : `(${rest}`,
    );
    writeFileSync(join(root, edited), lines.with(at, without).join('\n'));
    const { stdout, exitCode } = await pycrash(['check', '--json'], { cwd: root });
    const { findings } = JSON.parse(stdout) as { findings: { rule: string; file: string }[] };
    const wiring = findings.filter(({ rule }) => rule === 'PYC005');
    expect(wiring.map(({ file }) => file)).toEqual([edited]);
    expect(exitCode).toBe(1);
  }
  writeFileSync(join(root, edited), text);
  expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(snapshot(root)).toEqual(before);
});

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import {
  ANY_PAIR,
  commitAll,
  environmentOf,
  makeTree,
  middlewareOf,
  run,
  snapshot,
} from './django-project.ts';

const OURS = 'shop.abort_on_exception.AbortOnUncaughtExceptionMiddleware';
const COMMON = 'django.middleware.common.CommonMiddleware';
const CSRF = 'django.middleware.csrf.CsrfViewMiddleware';
const python = environmentOf(ANY_PAIR);
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

const REST = "\nSECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\nUSE_TZ = True\n";

function wsgi(settings = 'shop.settings'): string {
  return (
    `import os\n\nfrom django.core.wsgi import get_wsgi_application\n\n` +
    `os.environ.setdefault('DJANGO_SETTINGS_MODULE', '${settings}')\n\napplication = get_wsgi_application()\n`
  );
}

function manage(settings = 'shop.settings'): string {
  return (
    `import os\nimport sys\n\n` +
    `os.environ.setdefault('DJANGO_SETTINGS_MODULE', '${settings}')\n` +
    `from django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n`
  );
}

function project(files: Record<string, string | Uint8Array>, settings = 'shop.settings'): string {
  const root = makeTree({
    'manage.py': manage(settings),
    'shop/__init__.py': '',
    'shop/urls.py': 'urlpatterns = []\n',
    'shop/wsgi.py': wsgi(settings),
    ...files,
  });
  trees.push(root);
  return root;
}

/** init, Python's own view, `manage.py check`, init again, remove: the list has our entry in front and nothing else changed. */
async function expectWired(root: string, settings: string): Promise<void> {
  const before = snapshot(root);
  const old = middlewareOf(python, root, settings);
  const { exitCode, stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('Done.') as unknown,
  });
  expect(middlewareOf(python, root, settings)).toEqual([OURS, ...old]);
  expect(run(python, 'python', ['manage.py', 'check'], root)).toContain('no issues');
  run(python, 'python', ['-c', 'import shop.wsgi'], root);
  const again = await pycrash(['init', '--yes'], { cwd: root });
  expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Nothing to do') as unknown });
  expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(snapshot(root)).toEqual(before);
}

test('settings modules that nothing names: said where ours is not first in one, or not in it', async () => {
  const base = 'from shop.settings.base import *\n';
  const root = project(
    {
      'shop/settings/__init__.py': '',
      'shop/settings/base.py': `MIDDLEWARE = [\n    "${COMMON}",\n]\n${REST}`,
      'shop/settings/production.py': base,
      'shop/settings/cloud.py': `${base}MIDDLEWARE = ["${CSRF}", *MIDDLEWARE]\n`,
      'shop/settings/static.py': `${base}MIDDLEWARE = [*MIDDLEWARE, "${CSRF}"]\n`,
      'shop/settings/worker.py': `${base}MIDDLEWARE = ["${CSRF}"]\n`,
      'shop/settings/dev.py': `${base}MIDDLEWARE = ["${CSRF}", *MIDDLEWARE]\n`,
    },
    'shop.settings.production',
  );
  const said = [
    {
      code: 'not-first',
      message:
        "ours comes after shop.settings.cloud's own first entries of MIDDLEWARE: if production runs with it, --settings shop.settings.cloud wires it",
      file: 'shop/settings/cloud.py',
      line: 2,
    },
    {
      code: 'other-settings',
      message:
        'shop.settings.worker has a MIDDLEWARE of its own, without ours: if production runs with it, --settings shop.settings.worker wires it',
      file: 'shop/settings/worker.py',
      line: 2,
    },
  ];
  for (const _run of ['first', 'again']) {
    const { stdout } = await pycrash(['init', '--yes', '--json', '--force'], { cwd: root });
    const { notes } = JSON.parse(stdout) as { notes: { code: string }[] };
    expect(notes.filter(({ code }) => ['not-first', 'other-settings'].includes(code))).toMatchObject(said);
  }
  expect(middlewareOf(python, root, 'shop.settings.static')[0]).toBe(OURS);
});

describe('MIDDLEWARE written in any way', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['one line', `MIDDLEWARE = ['${COMMON}', '${CSRF}']${REST}`, `['${OURS}', '${COMMON}', '${CSRF}']`],
    ['tuple', `MIDDLEWARE = (\n    "${COMMON}",\n)${REST}`, `(\n    "${OURS}",\n    "${COMMON}",\n)`],
    ['tuple of one in a line', `MIDDLEWARE = ('${COMMON}',)${REST}`, `('${OURS}', '${COMMON}',)`],
    ['no brackets', `MIDDLEWARE = '${COMMON}', '${CSRF}'${REST}`, `= '${OURS}', '${COMMON}', '${CSRF}'`],
    ['empty list', `MIDDLEWARE = []${REST}`, `MIDDLEWARE = ['${OURS}']`],
    ['empty tuple', `MIDDLEWARE = ()${REST}`, `MIDDLEWARE = ('${OURS}',)`],
    [
      'tabs and CRLF',
      `MIDDLEWARE = [\n\t'${COMMON}',\n]${REST}`.replaceAll('\n', '\r\n'),
      `[\r\n\t'${OURS}',\r\n\t'${COMMON}',\r\n]`,
    ],
    [
      'a byte order mark',
      `\ufeffMIDDLEWARE = [\n    '${COMMON}',\n]${REST}`,
      `\ufeffMIDDLEWARE = [\n    '${OURS}',\n`,
    ],
    [
      'latin-1 with a coding line',
      Buffer.from(
        `# -*- coding: latin-1 -*-\nADMIN = 'J\u00f6rg'\nMIDDLEWARE = [\n  '${COMMON}',\n]${REST}`,
        'latin1',
      ),
      `ADMIN = 'J\u00f6rg'\nMIDDLEWARE = [\n  '${OURS}',\n  '${COMMON}',\n`,
    ],
    [
      'comments on the first entry',
      `MIDDLEWARE = [  # order\n    # first of all\n    '${COMMON}',  # really\n]${REST}`,
      `[  # order\n    '${OURS}',\n    # first of all\n    '${COMMON}',  # really\n]`,
    ],
    [
      'a list and another',
      `X = ['${CSRF}']\nMIDDLEWARE = ['${COMMON}'] + X${REST}`,
      `['${OURS}', '${COMMON}'] + X`,
    ],
    [
      'a list in front of another',
      `BASE = ['${CSRF}']\nMIDDLEWARE = [\n    '${COMMON}',\n    *BASE,\n]${REST}`,
      `[\n    '${OURS}',\n    '${COMMON}',\n    *BASE,`,
    ],
    ['no line end at the end', `${REST}MIDDLEWARE = ['${COMMON}']`, `['${OURS}', '${COMMON}']`],
  ])('%s', async (_name, settings, expected) => {
    const root = project({ 'shop/settings.py': settings });
    await expectWired(root, 'shop.settings');
    await pycrash(['init', '--yes'], { cwd: root });
    const encoding = typeof settings === 'string' ? 'utf8' : 'latin1';
    expect(readFileSync(join(root, 'shop/settings.py')).toString(encoding)).toContain(expected);
  });
});

test('where something is put in front later, ours comes second, and that is said', async () => {
  const root = project({
    'shop/settings.py':
      `MIDDLEWARE = ['${CSRF}']\nMIDDLEWARE += ['django.middleware.gzip.GZipMiddleware']\n` +
      `MIDDLEWARE.insert(0, '${COMMON}')${REST}`,
  });
  const { exitCode, stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('will not be the first entry of MIDDLEWARE in shop.settings');
  expect(middlewareOf(python, root, 'shop.settings').slice(0, 3)).toEqual([COMMON, OURS, CSRF]);
});

describe('settings in several modules', () => {
  test('base and production: the base list, once', async () => {
    const root = project(
      {
        'shop/settings/__init__.py': '',
        'shop/settings/base.py': `MIDDLEWARE = [\n    '${COMMON}',\n]${REST}`,
        'shop/settings/development.py': 'from .base import *\n\nDEBUG = True\n',
        'shop/settings/production.py': `from .base import *\n\nMIDDLEWARE += ['${CSRF}']\n`,
      },
      'shop.settings.production',
    );
    await expectWired(root, 'shop.settings.production');
    await pycrash(['init', '--yes'], { cwd: root });
    expect(middlewareOf(python, root, 'shop.settings.development')).toEqual([OURS, COMMON]);
  });

  test('production that puts something in front: there', async () => {
    const root = project(
      {
        'shop/settings/__init__.py': '',
        'shop/settings/base.py': `MIDDLEWARE = [\n    '${COMMON}',\n]${REST}`,
        'shop/settings/production.py': `from .base import *\n\nMIDDLEWARE = ['${CSRF}'] + MIDDLEWARE\n`,
      },
      'shop.settings.production',
    );
    await expectWired(root, 'shop.settings.production');
  });

  test('a link inside the tree: its target is edited, and the link stays', async () => {
    const root = project({ 'config/live.py': `MIDDLEWARE = ['${COMMON}']${REST}` });
    symlinkSync('../config/live.py', join(root, 'shop/settings.py'));
    commitAll(root);
    await expectWired(root, 'shop.settings');
  });
});

test('an edit that would not come out is not made: the list is filtered later', async () => {
  const settings = `MIDDLEWARE = ['${COMMON}']\nMIDDLEWARE = [m for m in MIDDLEWARE if 'django' in m]${REST}`;
  const root = project({ 'shop/settings.py': settings });
  const { exitCode, stderr, stdout } = await pycrash(['init', '--yes'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('after an edit at line 1 our entry would be missing from MIDDLEWARE');
  expect(readFileSync(join(root, 'shop/settings.py'), 'utf8')).toBe(settings);
  expect(readFileSync(join(root, 'shop/wsgi.py'), 'utf8')).toContain('wrap_wsgi(get_wsgi_application())');
  // the project's own test looks for our class in MIDDLEWARE, so there is none
  expect(stdout).not.toContain('test_abort_on_exception.py');
});

test('where MIDDLEWARE cannot be edited, the wrapper alone makes a failing view abort, and not a 404', async () => {
  const root = project({
    'shop/settings.py': `import os\n\nMIDDLEWARE = os.environ.get('M', '${COMMON}').split()${REST}ALLOWED_HOSTS = ['*']\n`,
    'shop/urls.py':
      'from django.http import Http404\nfrom django.urls import path\n\n\n' +
      'def crash(request):\n    raise RuntimeError("nobody handles this")\n\n\n' +
      'def missing(request):\n    raise Http404\n\n\n' +
      "urlpatterns = [path('crash', crash), path('missing', missing)]\n",
  });
  const { exitCode, stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('the wrapper in wsgi.py or asgi.py alone carries everything');
  const ask = (page: string): SpawnSyncReturns<string> => {
    const program =
      `import sys, io, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n` +
      `from wsgiref.util import setup_testing_defaults\nfrom shop.wsgi import application\n` +
      `environ = {'PATH_INFO': '/${page}'}\nsetup_testing_defaults(environ)\n` +
      `list(application(environ, lambda status, headers, exc_info=None: print(status)))`;
    const [command, ...words] = python.command('python', ['-c', program]);
    return spawnSync(command, words, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: '', PYCRASH_BUDGET_DIRECTORY: join(root, 'budget') },
    });
  };
  expect(ask('missing')).toMatchObject({ status: 0, stdout: '404 Not Found\n' });
  expect(ask('crash')).toMatchObject({ signal: 'SIGABRT' });
});

describe('wsgi.py and asgi.py written in any way', () => {
  test.each([
    [
      'wrapped by another in one line',
      `from whitenoise import X\n${wsgi()}`.replace(
        'get_wsgi_application()\n',
        'X(get_wsgi_application())\n',
      ),
      'application = wrap_wsgi(X(get_wsgi_application()))\n',
    ],
    [
      'a call of several lines',
      `from whitenoise import X\n${wsgi()}`.replace(
        'get_wsgi_application()\n',
        'X(\n    get_wsgi_application(),\n)\n',
      ),
      '    get_wsgi_application(),\n)\napplication = wrap_wsgi(application)\n',
    ],
    [
      'a loop that tries again',
      wsgi().replace(
        'application = get_wsgi_application()\n',
        'application = None\nwhile application is None:\n    application = get_wsgi_application()\n',
      ),
      '    application = get_wsgi_application()\napplication = wrap_wsgi(application)\n',
    ],
    [
      'imports late, with an excuse',
      `import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n` +
        `from django.core.wsgi import get_wsgi_application  # noqa: E402\napplication = get_wsgi_application()`,
      `get_wsgi_application  # noqa: E402\nfrom shop.abort_on_exception import wrap_wsgi  # noqa: E402\n` +
        `application = wrap_wsgi(get_wsgi_application())`,
    ],
    [
      'sys.path before the application',
      `import os, sys\nfrom django.core.wsgi import get_wsgi_application\nsys.path.insert(0, '/srv')\n` +
        `os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n`,
      `from shop.abort_on_exception import wrap_wsgi\napplication = wrap_wsgi(get_wsgi_application())\n`,
    ],
    [
      'CRLF',
      wsgi().replaceAll('\n', '\r\n'),
      `\r\n\r\nfrom shop.abort_on_exception import wrap_wsgi\r\n\r\nos.environ`,
    ],
  ])('%s', async (_name, text, expected) => {
    const root = project({
      'whitenoise.py': 'def X(application):\n    return application\n',
      'shop/settings.py': `MIDDLEWARE = ['${COMMON}']${REST}`,
      'shop/wsgi.py': text,
    });
    await expectWired(root, 'shop.settings');
    await pycrash(['init', '--yes'], { cwd: root });
    expect(readFileSync(join(root, 'shop/wsgi.py'), 'utf8')).toContain(expected);
  });
});

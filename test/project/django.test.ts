import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Project } from '../../src/project/project.ts';
import { readProject } from '../../src/project/read-project.ts';
import type { Files } from './evaluate.ts';
import { project } from './whole-project.ts';

const manage = (settings: string) =>
  `#!/usr/bin/env python\nimport os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '${settings}')\n`;
const wsgi = (settings: string) =>
  `import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "${settings}")\napplication = get_wsgi_application()\n`;

const LAYERED: Files = {
  'manage.py': manage('shop.settings.dev'),
  'shop/__init__.py': '',
  'shop/wsgi.py': wsgi('shop.settings.production'),
  'shop/settings/__init__.py': '',
  'shop/settings/base.py': "MIDDLEWARE = ['a']\n",
  'shop/settings/dev.py': 'from .base import *\n',
  'shop/settings/production.py': 'from .base import *\nDEBUG = False\n',
  'shop/settings/test.py': 'from .base import *\n',
};

function roles({ applications }: Project): Record<string, string> {
  return Object.fromEntries(
    applications.flatMap(({ settings }) => settings.map(({ module, role }) => [module, role])),
  );
}

test('settings in layers: each with its role and who names it', async () => {
  const read = await project(LAYERED);
  expect(read.applications).toHaveLength(1);
  expect(read.applications[0]).toMatchObject({
    framework: 'django',
    packageName: 'shop',
    packageFolder: 'shop',
    importRoot: '',
  });
  expect(roles(read)).toEqual({
    'shop.settings.base': 'base',
    'shop.settings.dev': 'development',
    'shop.settings.production': 'production',
    'shop.settings.test': 'test',
  });
  const production = read.applications[0]?.settings.find(({ role }) => role === 'production');
  expect(production?.namedBy).toMatchObject([
    { value: 'shop.settings.production', at: { file: 'shop/wsgi.py', line: 3 } },
  ]);
  expect(production?.middleware?.firstPlace?.literal.file).toBe('shop/settings/base.py');
});

const ASGI = wsgi('shop.settings.production').replaceAll('wsgi', 'asgi');
test.each<[string, Files, boolean]>([
  ['nothing that serves it', {}, false],
  ['a server in the requirements', { 'requirements.txt': 'django\nuvicorn[standard]\n' }, true],
  ['a pinned one', { 'requirements/base.txt': 'Granian == 2.0  # serves it\r\n' }, true],
  ['one of a git repository', { 'requirements.in': '-e git+https://example.org/x#egg=channels\n' }, true],
  [
    'one that a Dockerfile installs',
    {
      'docker/Dockerfile':
        'FROM python:3.12\nRUN pip install --no-cache-dir \\\n  django \\\n  "uvicorn[standard]>=0.3"\n',
    },
    true,
  ],
  [
    'a Dockerfile that names one',
    { Dockerfile: 'FROM channels\nRUN pip install x && echo uvicorn\n' },
    false,
  ],
  [
    'a server of pyproject.toml',
    { 'pyproject.toml': '[project]\ndependencies = ["uvicorn_worker>=0.2"]\n' },
    true,
  ],
  ['one of Poetry', { 'pyproject.toml': '[tool.poetry.dependencies]\nhypercorn = "^0.17"\n' }, true],
  ['one of setup.cfg', { 'setup.cfg': '[options]\ninstall_requires =\n  django\n  daphne>=4\n' }, true],
  [
    'what Django needs',
    {
      'requirements.txt':
        'asgiref==3.8.1\n    # via\n    #   channels\n    #   django\nasgi-lifespan\n# uvicorn\n',
    },
    false,
  ],
  ['what has its name', { 'requirements.txt': 'pytest-uvicorn\nchannels-easy\nuvicorn2==1\n' }, false],
  [
    'what a package of developers needs',
    {
      'pyproject.toml':
        '[project]\ndependencies = ["django"]\n[dependency-groups]\ndocs = ["sphinx-autobuild"]\n',
      'uv.lock': '[[package]]\nname = "uvicorn"\nversion = "0.30.1"\n',
    },
    false,
  ],
  ['a server in a start command', { Procfile: 'web: daphne shop.asgi:application\n' }, true],
  ['a class of workers', { Procfile: 'web: gunicorn -k uvicorn.workers.UvicornWorker x:app\n' }, true],
  ['the module in a start command', { Procfile: 'web: gunicorn -k gthread shop.asgi:application\n' }, true],
  [
    'a module in a Dockerfile',
    { Dockerfile: 'FROM python:3.12\nCMD ["python", "-m", "hypercorn", "x:app"]\n' },
    true,
  ],
  ['a unit', { 'shop.service': '[Service]\nExecStart=/srv/venv/bin/uvicorn shop.asgi:application\n' }, true],
  [
    'a compose file',
    {
      'compose.yml':
        'services:\n  web:\n    build: .\n    command: granian --interface asgi shop.asgi:application\n',
    },
    true,
  ],
  [
    'a folder with a name like this',
    { Procfile: 'web: gunicorn --chdir /srv/channels --config uvicorn.py shop.wsgi\n' },
    false,
  ],
  ['a setting', { 'shop/settings/base.py': "ASGI_APPLICATION = 'shop.asgi.application'\n" }, true],
  ['more than startproject writes', { 'shop/asgi.py': `${ASGI}application = routed(application)\n` }, true],
  ['no wsgi.py beside it', { 'shop/wsgi.py': '' }, true],
])('asgi.py and %s', async (_, files, isServed) => {
  const read = await project({ ...LAYERED, 'shop/asgi.py': ASGI, ...files });
  expect(read.applications[0]?.entryPoints.some(({ kind }) => kind === 'asgi')).toBe(isServed);
});

test('asgi.py and a server in the requirements above the project', async () => {
  const below = Object.entries({ ...LAYERED, 'shop/asgi.py': ASGI }).map(([path, text]) => [
    `web/src/${path}`,
    text,
  ]);
  const files = { ...(Object.fromEntries(below) as Files), 'web/requirements.txt': 'django\nuvicorn\n' };
  const [application] = (await project(files)).applications;
  expect(application?.importRoot).toBe('web/src');
  expect(application?.entryPoints.some(({ kind }) => kind === 'asgi')).toBe(true);
});

test.each([
  [
    'compose.yml',
    'services:\n  web:\n    build: .\n    environment:\n      DJANGO_SETTINGS_MODULE: shop.settings.dev\n    command: gunicorn shop.wsgi\n',
    'development',
  ],
  [
    'shop.service',
    '[Service]\nEnvironment=DJANGO_SETTINGS_MODULE=shop.settings.dev\nExecStart=/opt/bin/gunicorn shop.wsgi\n',
    'production',
  ],
])('a module of developers by its name that %s names', async (file, text, role) => {
  const { 'shop/settings/production.py': unnamed = '', ...rest } = LAYERED;
  const read = await project({ ...rest, 'shop/settings/cloud.py': unnamed, [file]: text });
  expect(read.services).toHaveLength(1);
  expect(roles(read)).toMatchObject({ 'shop.settings.dev': role, 'shop.settings.cloud': 'unknown' });
});

test('a single module is production where the entry points name it', async () => {
  const read = await project({
    'manage.py': manage('settings'),
    'wsgi.py': wsgi('settings'),
    'settings.py': "MIDDLEWARE = ['a']\n",
  });
  expect(read.applications[0]).toMatchObject({ packageName: '', packageFolder: '', importRoot: '' });
  expect(roles(read)).toEqual({ settings: 'production' });
});

test('the module that a unit names is production, whatever it is called', async () => {
  const read = await project({
    ...LAYERED,
    'shop/settings/xl.py': 'from .base import *\n',
    'deploy/shop.service':
      '[Service]\nEnvironment=DJANGO_SETTINGS_MODULE=shop.settings.xl\nExecStart=/bin/gunicorn shop.wsgi\n',
  });
  expect(roles(read)['shop.settings.xl']).toBe('production');
});

test('the entry point: its object, the assignment and the settings, with their places', async () => {
  const [application] = (await project(LAYERED)).applications;
  const entry = application?.entryPoints.find(({ kind }) => kind === 'wsgi');
  expect(entry).toMatchObject({
    file: 'shop/wsgi.py',
    module: 'shop.wsgi',
    object: 'application',
    assignment: {
      source: 'get_wsgi_application()',
      statement: { line: 4, column: 1 },
      value: { line: 4, column: 15, endColumn: 37 },
    },
    settingsModule: { value: 'shop.settings.production', at: { line: 3, column: 50 } },
  });
  expect(entry?.wrapped).toBeUndefined();
  expect(application?.entryPoints.find(({ kind }) => kind === 'manage')).toMatchObject({ file: 'manage.py' });
});

test.each([
  ['around the call', 'application = wrap_wsgi(get_wsgi_application())'],
  ['after it', 'application = get_wsgi_application()\napplication = wrap_wsgi(application)'],
  ['through the module', 'application = abort_on_exception.wrap_wsgi(get_wsgi_application())'],
])('an application that is wrapped already: %s', async (_how, text) => {
  const [application] = (
    await project({
      ...LAYERED,
      'shop/wsgi.py': `from django.core.wsgi import get_wsgi_application\nfrom shop import abort_on_exception\nfrom shop.abort_on_exception import wrap_wsgi\n${text}\n`,
    })
  ).applications;
  expect(application?.entryPoints.find(({ kind }) => kind === 'wsgi')?.wrapped).toBeDefined();
});

test('a comment that names a settings module does not count', async () => {
  const [application] = (
    await project({
      ...LAYERED,
      'manage.py': `# os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.test')\n${manage('shop.settings.dev')}`,
    })
  ).applications;
  expect(application?.entryPoints.find(({ kind }) => kind === 'manage')?.settingsModule?.value).toBe(
    'shop.settings.dev',
  );
});

const site = (name: string): Files => ({
  [`${name}/manage.py`]: manage(`site_${name}.settings`),
  [`${name}/site_${name}/__init__.py`]: '',
  [`${name}/site_${name}/settings.py`]: "MIDDLEWARE = ['a']\n",
  [`${name}/site_${name}/wsgi.py`]: wsgi(`site_${name}.settings`),
});

test('several projects in one tree, a fixture of the tests is none', async () => {
  const read = await project({ ...site('a'), ...site('b'), ...site('tests') });
  expect(read.applications.map(({ importRoot, packageFolder }) => [importRoot, packageFolder])).toEqual([
    ['a', 'a/site_a'],
    ['b', 'b/site_b'],
  ]);
});

test.each([
  ['no Django at all', { 'app.py': 'print(1)\n' }, 'no-django'],
  [
    'settings that are not in the tree',
    { 'manage.py': manage('shop.settings'), 'shop/__init__.py': '', 'shop/wsgi.py': wsgi('shop.settings') },
    'settings-not-there',
  ],
  [
    'MIDDLEWARE_CLASSES',
    { 'manage.py': manage('settings'), 'settings.py': "MIDDLEWARE_CLASSES = ('a',)\n" },
    'middleware-classes',
  ],
  [
    'an old Django',
    {
      'manage.py': manage('settings'),
      'settings.py': "MIDDLEWARE = ['a']\n",
      'requirements.txt': 'Django==2.2.1\n',
    },
    'django-too-old',
  ],
])('%s is told', async (_name, files: Files, code) => {
  expect((await project(files)).notes.map((note) => note.code)).toContain(code);
});

async function codesOf(text: string): Promise<readonly string[]> {
  const read = await project({ 'manage.py': manage('settings'), 'settings.py': text });
  return (read.applications[0]?.settings[0]?.notes ?? []).map(({ code }) => code);
}

test('settings in Python 2 and broken settings are told, never thrown', async () => {
  expect(await codesOf("MIDDLEWARE = ['a']\nprint 'x'\nexcept_ = 1 if\n")).toContain('python-2');
  expect(await codesOf("MIDDLEWARE = ['a']\ndef (:\n")).toContain('unparsed');
});

test.each([
  ['requirements.txt', 'djangorestframework==3.15\nDjango==4.2.11\n', '4.2.11', 2],
  ['requirements/base.txt', 'django>=5.1,<5.2\n', '5.1', 1],
  ['pyproject.toml', '[project]\ndependencies = [\n  "django-redis>=5",\n  "django>=4.2",\n]\n', '4.2', 4],
  ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.11"\nDjango = "^5.0.2"\n', '5.0.2', 3],
  ['Pipfile', '[packages]\ndjango = "~=4.2"\n', '4.2', 2],
  [
    'poetry.lock',
    '[[package]]\nname = "django-x"\nversion = "1"\n\n[[package]]\nname = "django"\nversion = "5.2.1"\n',
    '5.2.1',
    7,
  ],
  ['uv.lock', '[[package]]\nname = "django"\nversion = "6.0"\n', '6.0', 3],
  ['setup.cfg', '[options]\ninstall_requires =\n    Django>=3.2\n', '3.2', 3],
])("Django's version in %s", async (path, text, version, line) => {
  const [application] = (await project({ ...LAYERED, [path]: text })).applications;
  expect(application?.frameworkVersion).toMatchObject({ value: version, at: { file: path, line } });
});

test.each([
  [
    { 'pyproject.toml': '[project]\nrequires-python = ">=3.10"\n', Dockerfile: 'FROM python:3.13-slim\n' },
    '3.10',
  ],
  [{ '.python-version': '3.12.4\n' }, '3.12'],
  [{ 'runtime.txt': 'python-3.11.9\n' }, '3.11'],
  [{ Dockerfile: 'FROM --platform=linux/amd64 docker.io/library/python:3.9 AS build\n' }, '3.9'],
])("Python's version in %j", async (files, version) => {
  expect((await project(files as Files)).python?.value).toBe(version);
});

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

function written(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-project-'));
  folder = root;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('what git ignores and what is of others is not read; a file that is new is', async () => {
  const root = written({
    ...LAYERED,
    '.gitignore': 'ignored/\n',
    'ignored/manage.py': manage('shop.settings.dev'),
    'node_modules/x/manage.py': manage('shop.settings.dev'),
    '.venv/lib/manage.py': manage('shop.settings.dev'),
  });
  execFileSync('git', ['init', '-q'], { cwd: root });
  const read = await readProject(root);
  expect(read.git).toBe(true);
  expect(read.files).toEqual(['.gitignore', ...Object.keys(LAYERED)].sort());
  expect([...read.folders].sort()).toEqual(['shop', 'shop/settings']);
});

test('a settings module that is a symbolic link is named by the file that it is; one that leaves the tree is not read', async () => {
  const { 'shop/settings/production.py': production = '', ...rest } = LAYERED;
  const root = written({ ...rest, 'deploy/live.py': production });
  symlinkSync('../../deploy/live.py', join(root, 'shop/settings/production.py'));
  symlinkSync('/etc/hostname', join(root, 'shop/settings/secret.py'));
  const read = await readProject(root);
  const settings = read.applications[0]?.settings.find(({ module }) => module === 'shop.settings.production');
  expect(settings).toMatchObject({ file: 'deploy/live.py', role: 'production' });
  expect(settings?.notes.map(({ code }) => code)).toContain('symlink');
  expect(settings?.values.get('DEBUG')?.at.file).toBe('deploy/live.py');
  expect(read.notes.map(({ code }) => code)).toContain('outside-tree');
});

test('a file that is deleted but still in the index is not there, without a word', async () => {
  const root = written({ ...LAYERED, 'shop/settings/live.py': 'from .base import *\n' });
  execFileSync('git', ['init', '-q'], { cwd: root });
  execFileSync('git', ['add', '-A'], { cwd: root });
  rmSync(join(root, 'shop/settings/live.py'));
  const read = await readProject(root);
  expect(Object.keys(roles(read))).not.toContain('shop.settings.live');
  expect(read.notes).toEqual([]);
});

test('bytes that stand in for a file are what is read', async () => {
  const root = written(LAYERED);
  const overlay = new Map([['shop/settings/base.py', Buffer.from("MIDDLEWARE = ['ours', 'a']\n")]]);
  const read = await readProject(root, { overlay });
  const settings = read.applications[0]?.settings.find(({ role }) => role === 'production');
  expect(settings?.middleware?.elements.map(({ value }) => value)).toEqual([
    { kind: 'string', value: 'ours' },
    { kind: 'string', value: 'a' },
  ]);
});

test('what is no entry point of Django: a server of gevent, and models in a manage.py', async () => {
  const read = await project({
    'shop/__init__.py': '',
    'shop/gevent_wsgi.py': 'from gevent.pywsgi import WSGIHandler\n\nclass Handler(WSGIHandler):\n    pass\n',
    'shop/models/__init__.py': '',
    'shop/models/manage.py':
      '"""The tables of the database "manage" in Django."""\nfrom django.db import models\n',
  });
  expect(read.applications).toEqual([]);
});

test('an entry point that sets no application is not edited', async () => {
  const read = await project({
    'shop/wsgi.py':
      'from django.core.handlers.wsgi import WSGIHandler\n\nclass Handler(WSGIHandler):\n    pass\n',
    'shop/asgi.py': 'from shop.start import *\n# get_asgi_application\n',
  });
  const points = read.applications.flatMap(({ entryPoints }) => entryPoints);
  expect(points.map(({ file, unreadable }) => `${file} ${unreadable}`)).toEqual([
    'shop/wsgi.py it does not set application',
    'shop/asgi.py undefined',
  ]);
});

test('a manage.py in a package that names no settings is of the project that the package is in', async () => {
  const read = await project({
    'python/nav/__init__.py': '',
    'python/nav/wsgi.py': wsgi('nav.django.settings'),
    'python/nav/django/__init__.py': '',
    'python/nav/django/settings.py': "MIDDLEWARE = ['a']\n",
    'python/nav/django/manage.py':
      'import sys\nfrom nav.bootstrap import start\nstart()\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
  });
  expect(read.applications.map(({ importRoot }) => importRoot)).toEqual(['python']);
});

test('a module of compose that imports that of developers is one of theirs', async () => {
  const read = await project({
    ...LAYERED,
    'shop/settings/docker.py': 'from .dev import *\n',
    'compose.yml':
      'services:\n  web:\n    build: .\n    environment:\n      DJANGO_SETTINGS_MODULE: shop.settings.docker\n    command: gunicorn shop.wsgi\n',
  });
  expect(roles(read)).toMatchObject({
    'shop.settings.docker': 'development',
    'shop.settings.production': 'production',
  });
});

test('a template of projects is said', async () => {
  const read = await project({
    '{{cookiecutter.slug}}/Procfile': 'web: gunicorn config.wsgi:application\n',
    '{{cookiecutter.slug}}/config/wsgi.py': wsgi('config.settings'),
  });
  expect(read.applications).toEqual([]);
  expect(read.notes.find(({ code }) => code === 'template-folder')?.message).toBe(
    '{{cookiecutter.slug}}/Procfile is in a template of projects: run init in a project that was made from it',
  );
});

const DJANGO_OF_A_ROLE: Files = {
  'templates/manage.py': manage('web.settings'),
  'templates/web/wsgi.py': wsgi('web.settings'),
  'templates/web/settings.py': 'MIDDLEWARE = ["a"]\n',
};

test.each([
  ['tasks/main.yml', true],
  ['tasks/other.yml', false],
])('Django in the templates of a role of Ansible, which has %s: %s', async (path, isTemplate) => {
  const read = await project({ ...DJANGO_OF_A_ROLE, [path]: '- name: web\n' });
  const codes = read.applications.flatMap(({ settings }) =>
    settings.flatMap(({ notes }) => notes.map(({ code }) => code)),
  );
  expect(codes).toEqual(isTemplate ? ['text-template'] : []);
});

test('services of a template beside the project are not those of the project', async () => {
  const compose = 'services:\n  app:\n    image: x\n    command: gunicorn shop.wsgi\n';
  const read = await project({ ...LAYERED, 'factory/{{cookiecutter.site}}/docker-compose.yml': compose });
  expect(read.services).toEqual([]);
});

test.each([
  ['no name for an import statement', { 'deploy/wsgi-files/shop_wsgi.py': wsgi('shop.settings.production') }],
  ['settings that are not there', { 'old/wsgi.py': wsgi('old.settings') }],
])('the generated module does not go beside a wsgi.py that has %s', async (_, files: Files) => {
  const { 'shop/wsgi.py': server = '', ...rest } = LAYERED;
  const read = await project({ ...files, ...rest, 'shop/asgi.py': server.replaceAll('wsgi', 'asgi') });
  expect(read.applications[0]).toMatchObject({ packageName: 'shop', packageFolder: 'shop' });
  expect(read.applications[0]?.entryPoints.map(({ kind }) => kind).sort()).toEqual([
    'asgi',
    'manage',
    'wsgi',
  ]);
});

test('a Celery application below a folder that has manage.py and a stray __init__.py', async () => {
  const celery = 'from celery import Celery\napp = Celery("shop")\n';
  const inside = Object.entries({ ...LAYERED, '__init__.py': '', 'shop/celery.py': celery });
  const read = await project(Object.fromEntries(inside.map(([path, text]) => [`web-app/${path}`, text])));
  expect(read.notes.map(({ code }) => code)).not.toContain('job-left-alone');
  const worker = read.applications[0]?.entryPoints.find(({ kind }) => kind === 'worker');
  expect(worker).toMatchObject({ file: 'web-app/shop/celery.py', module: 'shop.celery' });
});

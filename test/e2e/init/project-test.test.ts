import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { pythonEnvironment, type PythonEnvironment } from '../../python-environment.ts';
import { pycrash } from '../pycrash.ts';
import { commitAll, makeTree, startProject } from './django-project.ts';

const NAME = 'test_abort_on_exception';
const python = pythonEnvironment('3.11', [
  'django==5.2.*',
  'pytest',
  'pytest-django',
  'django-configurations',
]);
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

/** A new Django project whose database and whose other middleware answer nothing. */
async function projectWithoutDatabase(): Promise<string> {
  const root = startProject({ django: 'django==5.2.*', python: '3.11' });
  trees.push(root);
  writeFileSync(
    join(root, 'shop/asking.py'),
    'from django.db import connection\n\n\nclass AskingMiddleware:\n    def __init__(self, get_response):\n' +
      '        connection.ensure_connection()\n',
  );
  appendFileSync(
    join(root, 'shop/settings.py'),
    "DATABASES['default']['NAME'] = '/nowhere/db.sqlite3'\nDEBUG = False\nALLOWED_HOSTS = ['shop.example']\n" +
      "MIDDLEWARE += ['shop.asking.AskingMiddleware']\n",
  );
  commitAll(root);
  return root;
}

async function wired(root: string): Promise<string> {
  expect(
    await pycrash(['init', '--yes', '--only', 'library,settings,entry-points,tests'], { cwd: root }),
  ).toMatchObject({ exitCode: 0 });
  return root;
}

function result(
  environment: PythonEnvironment,
  cwd: string,
  [program = '', ...args]: readonly string[],
  variables: Record<string, string> = {},
): { status: number | null; output: string } {
  const [command, ...words] = environment.command(program, args);
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...variables },
  });
  return { status, output: stdout + stderr };
}

const passes = { status: 0, output: expect.stringMatching(/^OK$|\b1 passed/m) as string };

describe('a Django project', () => {
  test.each([
    { what: 'manage.py test', command: ['python', 'manage.py', 'test'] },
    { what: 'unittest', command: ['python', '-m', 'unittest', `shop.${NAME}`] },
    { what: 'pytest', command: ['pytest', '-p', 'no:django', `shop/${NAME}.py`] },
    { what: 'pytest-django', command: ['pytest', '--ds', 'shop.settings', `shop/${NAME}.py`] },
    {
      what: 'pytest from another folder',
      command: ['pytest', '-p', 'no:django', `../shop/${NAME}.py`],
      from: 'docs',
    },
    {
      what: 'pytest of a folder that is no package, at the top or deeper',
      command: ['pytest', '-p', 'no:django', 'checks/deep'],
      to: 'checks/deep',
    },
  ])('its test passes without a database: $what', async ({ command, from = '.', to }) => {
    const root = await wired(await projectWithoutDatabase());
    mkdirSync(join(root, from), { recursive: true });
    if (to !== undefined) {
      mkdirSync(join(root, to), { recursive: true });
      renameSync(join(root, `shop/${NAME}.py`), join(root, to, `${NAME}.py`));
    }
    expect(result(python, join(root, from), command)).toMatchObject(passes);
  });

  test.each([
    {
      what: 'a middleware that is gone',
      file: 'shop/settings.py',
      edit: (text: string) => text.replace(/^.*AbortOnUncaughtExceptionMiddleware.*\n/m, ''),
      says: 'AbortOnUncaughtExceptionMiddleware is not in MIDDLEWARE',
    },
    {
      what: 'a wrapper that is gone',
      file: 'shop/wsgi.py',
      edit: (text: string) => text.replace('wrap_wsgi(get', '(get'),
      says: "'wrap_wsgi(' not found in",
    },
    {
      what: 'an option that does not exist',
      file: 'shop/settings.py',
      edit: (text: string) => `${text}PYCRASH = {"NO_SUCH_OPTION": 1}\n`,
      says: 'NO_SUCH_OPTION',
    },
    {
      what: 'a module that does not abort',
      file: 'shop/abort_on_exception.py',
      edit: (text: string) => text.replaceAll('os.abort()', 'os._exit(1)'),
      says: "('404', 1) != ('404', -6)",
    },
  ])('its test fails with $what', async ({ file, edit, says }) => {
    const root = await wired(await projectWithoutDatabase());
    const text = readFileSync(join(root, file), 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(join(root, file), edit(text));
    const { status, output } = result(python, root, ['python', '-m', 'unittest', `shop.${NAME}`]);
    expect(output).toContain(says);
    expect(status).toBe(1);
  });

  test.each(['win32', 'darwin'])('on %s its test is skipped, and says why', async (platform) => {
    const root = await wired(await projectWithoutDatabase());
    const program = `import subprocess, sys, unittest; sys.platform = "${platform}"; unittest.main("shop.${NAME}", argv=["", "-v"])`;
    expect(result(python, root, ['python', '-c', program])).toMatchObject({
      status: 0,
      output: expect.stringContaining("skipped 'only Linux writes the core of an abort'") as string,
    });
  });
});

test('django-configurations: the test loads the class of the settings', async () => {
  const root = makeTree({
    'manage.py':
      '#!/usr/bin/env python\nimport os\nimport sys\n\nif __name__ == "__main__":\n' +
      '    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n' +
      '    os.environ.setdefault("DJANGO_CONFIGURATION", "Dev")\n' +
      '    from configurations.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n',
    'requirements.txt': 'django\ndjango-configurations\n',
    'shop/__init__.py': '',
    'shop/settings.py':
      'from configurations import Configuration\n\n\nclass Base(Configuration):\n    SECRET_KEY = "x"\n    ROOT_URLCONF = "shop.urls"\n' +
      '    MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]\n\n\nclass Dev(Base):\n    DEBUG = True\n\n\nclass Prod(Base):\n    DEBUG = False\n',
    'shop/urls.py': 'urlpatterns = []\n',
    'shop/wsgi.py':
      'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nos.environ.setdefault("DJANGO_CONFIGURATION", "Prod")\n\n' +
      'from configurations.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n',
  });
  trees.push(root);
  await wired(root);
  const command = ['python', '-m', 'unittest', `shop.${NAME}`];
  expect(result(python, root, command)).toMatchObject(passes);
});

test('a src layout: the test finds its project from any folder of the repository', async () => {
  const root = makeTree({
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n',
    'src/shop/__init__.py': '',
    'src/shop/web.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
    Procfile: 'web: gunicorn --chdir src shop.web:app\n',
  });
  trees.push(root);
  await wired(root);
  const flask = pythonEnvironment('3.13', ['flask==3.*', 'pytest']);
  mkdirSync(join(root, 'tests'));
  renameSync(join(root, `src/shop/${NAME}.py`), join(root, `tests/${NAME}.py`));
  expect(result(flask, join(root, 'src'), ['pytest', '../tests'])).toMatchObject(passes);
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pythonEnvironment, type PythonEnvironment, type PythonVersion } from '../../python-environment.ts';

/** A Django release and a Python that it supports. */
export interface Pair {
  django: string;
  python: PythonVersion;
}

export const PAIRS: readonly Pair[] = [
  { django: 'django==3.2.*', python: '3.9' },
  { django: 'django==4.2.*', python: '3.8' },
  { django: 'django==5.2.*', python: '3.11' },
  { django: 'django==6.0.*', python: '3.12' },
];

/** The pair that tests use which are not about Django itself. */
export const ANY_PAIR: Pair = { django: 'django==5.2.*', python: '3.11' };

export function environmentOf({ django, python }: Pair): PythonEnvironment {
  return pythonEnvironment(python, [django]);
}

/** The least that init takes for a Django project. */
export const LEAST: Readonly<Record<string, string>> = {
  'manage.py':
    "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n" +
    'from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
  'shop/__init__.py': '',
  'shop/settings.py': "MIDDLEWARE = ['a.A']\n",
  'shop/wsgi.py': 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
};

/** A new folder with these files (text as UTF-8, or bytes); with `git` everything is committed. */
export function makeTree(files: Readonly<Record<string, string | Uint8Array>>, git = true): string {
  const root = mkdtempSync(join(tmpdir(), 'init-tree-'));
  writeFiles(root, files);
  if (git) commitAll(root);
  return root;
}

function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

export function commitAll(root: string): void {
  const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: root, stdio: 'ignore' });
  git('init', '-q');
  git('-c', 'core.autocrlf=false', 'add', '-A', '-f');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'start');
}

/** A committed project as `django-admin startproject shop` makes it. */
export function startProject(pair: Pair): string {
  const root = mkdtempSync(join(tmpdir(), 'init-project-'));
  run(environmentOf(pair), 'django-admin', ['startproject', 'shop', '.'], root);
  commitAll(root);
  return root;
}

/** Runs a program of the environment in `cwd`; throws with its output where it fails. */
export function run(
  python: PythonEnvironment,
  program: string,
  args: readonly string[],
  cwd: string,
): string {
  const [command, ...words] = python.command(program, args, { cwd, share: [cwd] });
  return execFileSync(command, words, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: '' },
  });
}

/** Every path of the tree without `.git`: mode and hash of a file, target of a link. */
export function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (name === '.git' || name.startsWith('.git/')) continue;
    const path = join(root, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else if (stat.isDirectory()) found[name] = 'folder';
    else {
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      found[name] = `${stat.mode.toString(8)} ${hash}`;
    }
  }
  return found;
}

/** MIDDLEWARE as Django itself sees it. */
export function middlewareOf(python: PythonEnvironment, root: string, settings: string): string[] {
  const program =
    'import json; from django.conf import settings; print(json.dumps(list(settings.MIDDLEWARE)))';
  const [command, ...words] = python.command('python', ['-W', 'error', '-c', program], {
    cwd: root,
    share: [root],
  });
  const output = execFileSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DJANGO_SETTINGS_MODULE: settings, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: '' },
  });
  return JSON.parse(output) as string[];
}

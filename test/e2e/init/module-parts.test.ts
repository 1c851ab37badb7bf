import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { LEAST, makeTree } from './django-project.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function project(files: Record<string, string>): string {
  const root = makeTree({ ...LEAST, ...files });
  folders.push(root);
  return root;
}

/** What only the part has in its code. */
const MARKS = {
  'crash-route': 'class RequestedCrashError',
  fork: 'def _abort_copy',
  sampling: '"SAMPLE":',
  callbacks: 'def _call_back',
  gevent: 'def _install_in_gevent',
  threads: 'def _watch_threads',
  tasks: 'def _watch_tasks',
  uvloop: 'import_module("uvloop")',
  scripts: 'def _from_main',
};

function partsIn(root: string): string[] {
  const text = readFileSync(join(root, 'shop/abort_on_exception.py'), 'utf8');
  return Object.entries(MARKS).flatMap(([part, mark]) => (text.includes(mark) ? [part] : []));
}

test.each<[string, Record<string, string>, string[]]>([
  ['nothing', {}, []],
  ['gevent in a requirement', { 'requirements.txt': 'django\ngevent==24.2\n' }, ['gevent']],
  ['gevent in a start command', { Procfile: 'web: gunicorn -k gevent shop.wsgi\n' }, ['gevent']],
  ['threading in code', { 'shop/jobs.py': 'import threading\n' }, ['threads']],
  ['threading in a test', { 'shop/tests/test_jobs.py': 'import threading\n' }, []],
  ['asyncio in code', { 'shop/jobs.py': 'from asyncio import run\n' }, ['tasks']],
  ['uvloop without tasks', { 'requirements.txt': 'uvloop\n' }, []],
  [
    'uvloop',
    { 'requirements.txt': 'uvicorn[standard]\n', 'shop/jobs.py': 'import asyncio\n' },
    ['tasks', 'uvloop'],
  ],
  ['a management command as a service', { Procfile: 'consume: python manage.py consume\n' }, ['scripts']],
  [
    'options',
    { 'shop/settings.py': `${LEAST['shop/settings.py']}PYCRASH = {"SAMPLE": 0.5, "MODE": "fork"}\n` },
    ['fork', 'sampling'],
  ],
])('%s', async (_, files, parts) => {
  const root = project(files);
  expect(await pycrash(['init', '--yes', '--only', 'library'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(partsIn(root)).toEqual(parts);
});

test('--with adds a part, which later runs keep; a part that is unknown is named', async () => {
  const root = project({});
  const library = ['--yes', '--only', 'library'];
  await pycrash(['init', ...library], { cwd: root });
  expect(await pycrash(['init', ...library, '--with', 'crash-route,fork'], { cwd: root })).toMatchObject({
    exitCode: 0,
  });
  expect(partsIn(root)).toEqual(['crash-route', 'fork']);
  writeFileSync(join(root, 'shop/jobs.py'), 'import threading\n');
  await pycrash(['upgrade', ...library], { cwd: root });
  expect(partsIn(root)).toEqual(['crash-route', 'fork', 'threads']);
  const { stderr, exitCode } = await pycrash(['init', '--with', 'teeth'], { cwd: root });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--with does not know 'teeth'");
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';

test.each<[string, Record<string, string>, string[]]>([
  [
    'both of a task',
    { 'a.py': '@app.task(acks_late=True, reject_on_worker_lost=True)\ndef f(): ...\n' },
    ['a.py:1:27'],
  ],
  ['no late acks', { 'a.py': '@app.task(reject_on_worker_lost=True)\ndef f(): ...\n' }, []],
  ['late acks alone', { 'a.py': '@app.task(acks_late=True)\ndef f(): ...\n' }, []],
  [
    'of two tasks',
    { 'a.py': '@task(acks_late=True)\ndef f(): ...\n@task(reject_on_worker_lost=True)\ndef g(): ...\n' },
    [],
  ],
  [
    'settings of Django',
    { 's.py': 'CELERY_TASK_ACKS_LATE = True\nCELERY_TASK_REJECT_ON_WORKER_LOST = True\n' },
    ['s.py:2:1'],
  ],
  [
    'the application, tasks elsewhere',
    {
      'c.py': 'app.conf.task_reject_on_worker_lost = True\n',
      'pkg/t.py': '@task(acks_late=True)\ndef f(): ...\n',
    },
    ['c.py:1:1'],
  ],
  [
    'a dictionary',
    { 'c.py': "X = {'task_acks_late': True, 'task_reject_on_worker_lost': True}\n" },
    ['c.py:1:30'],
  ],
  ['off', { 's.py': 'CELERY_TASK_ACKS_LATE = True\nCELERY_TASK_REJECT_ON_WORKER_LOST = False\n' }, []],
  [
    'a class',
    { 't.py': 'class T(Task):\n    acks_late = True\n    reject_on_worker_lost = True\n' },
    ['t.py:3:5'],
  ],
  ['a text', { 't.py': '"""acks_late=True, reject_on_worker_lost=True"""\n' }, []],
])('%s', async (_name, files, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-tasks-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { redeliveredTasks } = await readProject(root);
    expect(redeliveredTasks.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual(expected);
  } finally {
    rmSync(root, { recursive: true });
  }
});

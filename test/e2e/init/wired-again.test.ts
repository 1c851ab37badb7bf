import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { makeTree } from './django-project.ts';

const APP = 'from flask import Flask\n\napp = Flask(__name__)\n';

test('a file that somebody put back and that is wired again loses nothing when the wiring is taken out', async () => {
  const root = makeTree({
    'requirements.txt': 'flask\n',
    Procfile: 'web: gunicorn app:app\n',
    'app.py': APP,
  });
  onTestFinished(() => rmSync(root, { recursive: true }));
  const run = async (...words: string[]): Promise<void> => {
    const { exitCode, stderr } = await pycrash([...words, '--yes', '--force', root]);
    expect(exitCode, stderr).toBe(0);
  };
  await run('init');
  const wired = readFileSync(join(root, 'app.py'), 'utf8');
  expect(wired).toContain('watch_flask(app)');
  writeFileSync(join(root, 'app.py'), APP);
  await run('init');
  expect(readFileSync(join(root, 'app.py'), 'utf8')).toBe(wired);
  await run('remove');
  expect(readFileSync(join(root, 'app.py'), 'utf8')).toBe(APP);
});

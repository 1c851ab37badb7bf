import { expect, test } from 'vitest';
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

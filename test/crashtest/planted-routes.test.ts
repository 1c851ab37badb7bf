// The oldest versions that init knows (the newest ones are those of test/e2e/verify-frameworks.test.ts): what the planted
// routes answer in an application of each, asked in the process itself.
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { writePlants } from '../../src/crashtest/plants.ts';
import { interpreter, pythonEnvironment } from '../python-environment.ts';
import { python, removeFolder } from '../python-library/rendered-module.ts';

const PROGRAM = fileURLToPath(new URL('planted_routes.py', import.meta.url));

/** Framework, requirements as in test/python-library/frameworks.test.ts, title, what does not validate, ends of the crashes. */
const OLDEST = [
  ['falcon', ['falcon==2.*', 'gunicorn'], 'Falcon', 400, '200 first part PlantedError', 'None PlantedError'],
  ['falcon', ['falcon==3.*', 'gunicorn'], 'Falcon', 400, '200 first part PlantedError', '500'],
  ['falcon asgi', ['falcon==3.*'], 'Falcon', 400, '200 first part PlantedError', '500'],
  ['bottle', ['bottle==0.12.*', 'gunicorn'], 'Bottle', 422, '200 first part PlantedError', '500'],
  [
    'pyramid',
    ['pyramid==1.10.*', 'pyramid_retry'],
    'Pyramid',
    422,
    '200 first part PlantedError',
    'None PlantedError',
  ],
  ['aiohttp', ['aiohttp==3.8.*'], 'aiohttp', 422, '200 first part', '500'],
  ['tornado', ['tornado==6.1.*'], 'Tornado', 400, '200 first part', '500'],
  ['litestar', ['litestar==2.0.*'], 'Litestar', 400, '200 first part', '500'],
] as const;

test.for(OLDEST)(
  '%s of %j on Python 3.8: every planted route answers',
  async ([name, requirements, framework, invalid, body, view], context) => {
    if (interpreter('3.8') === undefined) context.skip('needs Python 3.8');
    const folder = mkdtempSync(join(tmpdir(), 'planted-'));
    onTestFinished(() => removeFolder(folder));
    mkdirSync(join(folder, 'planted'));
    writePlants(join(folder, 'planted'));
    const { stdout, stderr } = await python(pythonEnvironment('3.8', requirements), folder, [PROGRAM, name], {
      PYTHONPATH: join(folder, 'planted'),
      PYCRASH_VERIFY_REPORTS: folder,
      PYCRASH_VERIFY_RUN: 'test',
    });
    expect(stdout.split('\n'), stderr).toEqual([
      'ready: 200',
      'slow: 200',
      'missing: 404',
      'forbidden: 403',
      'suspicious: 400',
      'too-many-fields: 413',
      `invalid: ${invalid}`,
      'no-such-page: 404',
      'crash elsewhere: 409',
      'crash-in-body elsewhere: 409',
      `crash-in-body: ${body}`,
      `crash: ${view}`,
    ]);
    const facts = JSON.parse(readFileSync(join(folder, 'applications.jsonl'), 'utf8')) as object;
    expect(facts).toMatchObject({ framework, debug: false, allowedHosts: ['*'] });
  },
);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

let folder: string;
beforeAll(() => {
  folder = renderedModule();
});
afterAll(() => removeFolder(folder));

const DROPPED = new Set([
  'dropped',
  'dropped_later',
  'dropped_by_pool',
  'dropped_by_group',
  'kept_for_a_while',
  'subclass',
  'raw',
  'socket_timeout',
]);

test.for<[PythonVersion, string]>([
  ['3.8', 'gevent==22.10.*'],
  ['3.12', 'gevent==23.*'],
  ['3.12', 'gevent'],
])(
  'Python %s, %s: a greenlet aborts where nothing takes its failure',
  { timeout: 300_000 },
  async ([version, gevent], context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    writeFileSync(
      join(folder, 'abort_on_exception.py'),
      renderGeneratedModule({ framework: 'script', wsgi: false, asgi: false, needed: ['gevent'] }),
    );
    const environment = pythonEnvironment(version, [gevent]);
    const { stdout, stderr } = await python(environment, folder, ['greenlets.py'], {
      PYCRASH_BUDGET: '1000',
      PYCRASH_BUDGET_PER_FINGERPRINT: '1000',
    });
    const ends = JSON.parse(stdout || JSON.stringify(stderr)) as Record<string, number>;
    expect(Object.keys(ends).length).toBeGreaterThan(20);
    for (const [name, end] of Object.entries(ends)) {
      expect([name, end]).toEqual([name, DROPPED.has(name) ? -6 : 0]);
    }
  },
);

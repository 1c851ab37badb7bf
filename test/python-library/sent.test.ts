import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { interpreter, PYTHON_VERSIONS, pythonEnvironment } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

// Each rule of "What a client causes is no crash" in docs/python-module.md, and its opposite.

let folder: string;
beforeAll(() => {
  folder = renderedModule();
  const text = renderGeneratedModule({ framework: 'asgi', wsgi: false });
  writeFileSync(join(folder, 'abort_on_exception.py'), text);
});
afterAll(() => removeFolder(folder));

/** Before Python 3.9 the TimeoutError of asyncio.wait_for() does not say what was cancelled. */
const NOT_SEEN = new Set(['3.8 slow_client']);

test.for(PYTHON_VERSIONS)(
  'Python %s: what the client sent is told from what is the own',
  async (version, context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    const { stdout, stderr } = await python(pythonEnvironment(version), folder, ['sent.py']);
    const cases = JSON.parse(stdout || JSON.stringify(stderr)) as Record<
      string,
      { raised: boolean; crash: boolean; expected: boolean }
    >;
    expect(Object.keys(cases).length).toBeGreaterThan(40);
    for (const [name, { raised, crash, expected }] of Object.entries(cases)) {
      const known = NOT_SEEN.has(`${version} ${name}`);
      expect([name, raised, crash]).toEqual([name, true, known ? !expected : expected]);
    }
  },
);

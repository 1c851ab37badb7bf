import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { hasPart, needs } from '../parts.ts';
import { disagreements } from './cores/agreement.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

async function crash(
  version: string,
  program: string,
  scenario: string,
  environment = {},
): Promise<MadeCore> {
  const build = pythonBuild(version);
  if (build === undefined) throw new Error(`needs Python ${version}`);
  return makeCore(build, scenario, { program, environment });
}

async function report(core: MadeCore, ...more: string[]): Promise<CrashReport> {
  const words = ['report', core.path, '--json', '--show-secrets', ...more];
  return JSON.parse((await pycrash(words)).stdout) as CrashReport;
}

const VERSIONS = ['3.13', '3.14', '3.15'] as const;
const here = VERSIONS.filter((version) => hasPart(`free-threaded Python ${version}`));

test.for(VERSIONS)('the free-threaded build of Python %s is here', (version, context) =>
  needs(context, `free-threaded Python ${version}`),
);

describe.each(here.map((version) => `${version}t`))('Python %s', (version) => {
  // PYTHON_TLBC=0 (3.14 and later): the threads have no copies of the instructions of their own
  test.each([
    [{ PYTHON_GIL: '0' }, undefined],
    [{ PYTHON_GIL: '1' }, true],
    [{ PYTHON_GIL: '0', PYTHON_TLBC: '0' }, undefined],
  ])('what many threads changed at once is what the process said, %j', async (environment, holds) => {
    const core = await crash(version, 'free_threaded.py', 'shared', environment);
    const found = await report(core);
    core.remove();
    expect(disagreements(found, core.oracle)).toEqual([]);
    expect(found.python).toMatchObject({ implementation: 'cpython', freeThreaded: true });
    expect(found.threads).toHaveLength(7);
    expect(found.threads[0]?.holdsGil).toBe(holds);
    expect(found.warnings).toEqual([]);
  });

  test('what only the heap holds takes --scan', async () => {
    const core = await crash(version, 'roots.py', 'kept');
    const found = (await report(core, '--scan')).exceptions;
    core.remove();
    expect(found.map(({ foundVia, chain }) => [foundVia, chain[0]?.message])).toEqual([
      ['scan of the heap', 'failed with 8'],
    ]);
  });

  test('the threads of a subinterpreter are listed', async () => {
    const core = await crash(version, 'roots.py', 'subinterpreter');
    const { threads, warnings } = await report(core);
    core.remove();
    expect(warnings.map(({ code }) => code)).toEqual(['subinterpreters']);
    const inside = threads.find(({ frames }) => frames.some((frame) => frame.function === 'inside'));
    expect(inside?.frames[0]?.locals['note']?.repr).toBe("'in another interpreter'");
  });

  test('the task of a thread that ended is listed', async () => {
    const core = await crash(version, 'roots.py', 'ended');
    const { tasks } = await report(core);
    core.remove();
    expect(tasks?.map(({ name, awaits }) => [name, awaits?.[0]])).toEqual([
      ['left behind', 'ended.<locals>.waiting'],
    ]);
  });

  test('--native', async (context) => {
    needs(context, 'eu-stack');
    const core = await crash(version, 'free_threaded.py', 'shared');
    const { threads } = await report(core, '--native');
    core.remove();
    const [aborted] = threads;
    expect(aborted?.native?.map((frame) => frame.function)).toContain('abort');
    const merged = aborted?.native?.reduce((sum, { python = 0 }) => sum + python, 0);
    expect(merged).toBe(aborted?.frames.length);
  });
});

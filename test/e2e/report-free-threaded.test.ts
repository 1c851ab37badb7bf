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

test('the free-threaded builds are here', (context) => needs(context, 'free-threaded Python'));

describe.skipIf(!hasPart('free-threaded Python')).each(['3.13t'])('Python %s', (version) => {
  test.each([
    ['0', undefined],
    ['1', true],
  ])('what many threads changed at once is what the process said, PYTHON_GIL=%s', async (gil, holds) => {
    const core = await crash(version, 'free_threaded.py', 'shared', { PYTHON_GIL: gil });
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

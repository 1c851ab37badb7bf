import { expect, test } from 'vitest';
import type { CrashReport, ReportedTask } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { schemaErrors } from '../schema-errors.ts';
import { disagreements } from './cores/agreement.ts';
import { makeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

function functions({ frames }: ReportedTask): string[] {
  return frames.map((frame) => `${frame.function}:${frame.line}`);
}

// The newest gevent, one with the fields of greenlet before 2.0, and one where C entry frames are on no C stack.
test.for([
  ['3.9', ['gevent==21.12.0', 'greenlet==1.1.3']],
  ['3.10 stripped', ['gevent==25.5.1', 'greenlet==3.2.3']],
  ['3.11 debian', ['gevent==26.9.0', 'greenlet==3.5.6']],
  ['3.12', ['gevent==26.9.0', 'greenlet==3.5.6']],
  ['3.13 stripped', ['gevent==26.9.0', 'greenlet==3.5.6']],
  ['3.12', ['gevent==23.9.1', 'greenlet==3.0.3']],
] as const)('the greenlets of gevent under Python %s', async ([id, requirements], context) => {
  needs(context, 'eu-stack');
  const build = pythonBuild(id);
  if (build === undefined) throw new Error(`needs Python ${id}`);
  const { folder } = pythonEnvironment(build.version, requirements);
  const core = await makeCore(build, '', {
    program: 'greenlets.py',
    environment: { PYTHONPATH: `${folder}/lib/python${build.version}/site-packages` },
  });
  try {
    const outcome = await pycrash(['report', core.path, '--json', '--show-secrets']);
    const report = JSON.parse(outcome.stdout) as CrashReport;
    expect(report.warnings).toEqual([]);
    expect(schemaErrors('report', report)).toBeNull();
    // the one that failed, and one whose frames the process itself listed
    expect(disagreements(report, core.oracle)).toEqual([]);
    const tasks = report.tasks ?? [];
    expect(tasks.every(({ kind }) => kind === 'greenlet')).toBe(true);
    const named = (name: RegExp): ReportedTask => {
      const found = tasks.filter((each) => name.test(each.name ?? ''));
      expect(found).toHaveLength(1);
      return found[0] ?? { kind: 'greenlet', frames: [] };
    };
    const waiting = named(/^waiting \(gevent\._gevent_cgreenlet\.Greenlet\)$/);
    // of these nothing touched the frames since they were left
    const worker = named(/^worker \(__main__\.Worker\)$/);
    expect(functions(worker)).toEqual(functions(waiting));
    expect(worker).toMatchObject({ state: 'waiting', frames: { length: 4 } });
    expect(worker.frames[2]?.locals).toMatchObject({ reason: { repr: "'waits for the worker'" } });
    const sleeping = tasks.filter(({ frames }) => frames[0]?.function === 'sleep');
    expect(sleeping.map(({ frames }) => frames[0]?.locals)).toEqual([
      { label: { type: 'str', repr: "'plain'" }, seconds: { type: 'int', repr: '1000' } },
    ]);
    expect(named(/^greenlet\.greenlet at 0x/).frames.map((frame) => frame.function)).toEqual(['<module>']);
    expect(named(/Hub at 0x/).frames.map((frame) => frame.function)).toEqual([expect.stringMatching(/run$/)]);
    expect(tasks.filter(({ state }) => state === 'running')).toHaveLength(1);
    // neither the one that is done nor the one that has not begun
    expect(tasks).toHaveLength(6);
    // the C stack of the one that runs: its own frames, then those of whoever switched to it
    const native = await pycrash(['report', core.path, '--json', '--native']);
    const [thread] = (JSON.parse(native.stdout) as CrashReport).threads;
    const stack = thread?.native ?? [];
    const own = stack.findIndex((frame) => /inner_bootstrap|g_initialstub/.test(frame.function));
    expect(stack.filter((frame) => frame.python !== undefined)).toMatchObject([{ python: 1 }]);
    expect(stack.findIndex((frame) => frame.python !== undefined)).toBeLessThan(own);
  } finally {
    core.remove();
  }
});

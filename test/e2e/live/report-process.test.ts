import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { needs } from '../../parts.ts';
import { commandIn } from '../../python-environment.ts';
import { schemaErrors } from '../../schema-errors.ts';
import { pythonBuilds, type PythonBuild } from '../cores/python-builds.ts';
import { pycrash } from '../pycrash.ts';
import { reportOf, startBuild, stateOf, until } from './running.ts';

const builds = pythonBuilds();

/** A process that stands still, and the core that gdb's gcore(1) makes of it at that moment. */
async function withGcore(
  build: PythonBuild,
  work: (pid: number, core: string, said: string) => Promise<void>,
): Promise<void> {
  const running = await startBuild(build, 'shop.py');
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-gcore-'));
  try {
    process.kill(running.pid, 'SIGSTOP');
    await until(() => stateOf(running.pid) === 'T');
    // gdb 13 leaves out stacks with the guard pages of glibc 2.42 (MADV_GUARD_INSTALL): forky's own gdb is of its age
    const words = ['gcore', '-o', join(folder, 'core'), String(running.pid)] as const;
    const [command, ...rest] = commandIn(build.interpreter, [...words], { share: [folder] });
    await execa(command, rest);
    await work(running.pid, join(folder, `core.${running.pid}`), running.said);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await running.end();
  }
}

/** The part of a report that does not depend on how it was read. */
function facts({ exceptions, threads, tasks, python, process: { pid, cmdline } }: CrashReport): unknown {
  return {
    pid,
    cmdline,
    version: python.version,
    // which one comes first is the thread of the signal in a core, and the main one in a process
    exceptions: exceptions.toSorted((a, b) => a.threadId.localeCompare(b.threadId)),
    threads: threads
      .map((thread) => ({ ...thread, current: undefined, request: undefined }))
      .sort((a, b) => a.osThreadId - b.osThreadId),
    tasks: tasks?.toSorted((a, b) => (a.name ?? '').localeCompare(b.name ?? '')),
  };
}

describe.each(builds.map((build) => [build.id, build] as const))('Python %s', (_, build) => {
  test('a process that stands still gives the report of its core', async (context) => {
    needs(context, 'linux', 'gdb');
    await withGcore(build, async (pid, core, said) => {
      // the files of the interpreter are at the paths that gdb saw, those of the source at the paths of the process
      const dead = await reportOf(core, ...(build.sysroot === undefined ? [] : ['--source', build.sysroot]));
      const living = await reportOf(pid);
      expect(living.live).toMatchObject({ stops: 0, wasStopped: true });
      expect(stateOf(pid)).toBe('T');
      expect(facts(living)).toEqual(facts(dead));
      expect(schemaErrors('report', living)).toBeNull();
      const { threads } = JSON.parse(said) as { threads: Record<string, string> };
      expect(Object.fromEntries(living.threads.map((each) => [each.osThreadId, each.name]))).toEqual(threads);
    });
  });

  test.each(['short', 'none', 'whole'] as const)('--stop %s shows what it does', async (stop) => {
    const running = await startBuild(build, 'shop.py');
    try {
      const report = await reportOf(running.pid, '--stop', stop);
      expect(report.warnings).toEqual([]);
      expect(report.live?.stop).toBe(stop);
      expect(report.process).toMatchObject({ pid: running.pid, signal: { number: 0 } });
      expect(report.threads[0]).toMatchObject({
        osThreadId: running.pid,
        name: 'MainThread',
        current: false,
      });
      const fetching = report.threads.find(({ name }) => name === 'fetch-1');
      expect(fetching?.frames.find((frame) => frame.function === 'fetch')).toMatchObject({
        line: 13,
        source: 'return jobs.get(), password, number',
        locals: { number: { repr: '1' }, password: { repr: "'correct horse battery'" } },
      });
      const serving = report.threads.find(({ name }) => name === 'request');
      expect(serving?.request).toMatchObject({ method: 'GET', path: '/cart', query: 'four' });
      expect(report.exceptions[0]?.chain[0]).toMatchObject({
        type: 'ValueError',
        message: "invalid literal for int() with base 10: 'four'",
      });
      const paying = report.tasks?.filter(({ awaits }) => awaits?.[0] === 'checkout') ?? [];
      expect(paying.map(({ awaits }) => awaits?.slice(0, 2))).toEqual([
        ['checkout', 'pay'],
        ['checkout', 'pay'],
      ]);
      expect(stateOf(running.pid)).not.toBe('T');
    } finally {
      await running.end();
    }
  });
});

test('text, markdown and HTML speak of a process, redact, and go into a private file', async (context) => {
  needs(context, 'linux');
  const [build] = builds;
  if (build === undefined) throw new Error('needs a Python');
  const running = await startBuild(build, 'shop.py');
  try {
    for (const format of ['text', 'markdown', 'html']) {
      const { stdout, stderr, exitCode } = await pycrash(['report', String(running.pid), '--format', format]);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`/proc/${running.pid}/mem, `);
      expect(stdout).toMatch(/\d kB read, stopped for \d+\.\d ms|\d MB read, stopped for \d+\.\d ms/);
      expect(stdout).not.toMatch(/correct horse|signal 0|aborted|Aborted|this core/);
    }
    const text = await pycrash(['report', String(running.pid), '--threads']);
    expect(text.stdout).toContain('Request (wsgi): GET /cart?four');
    expect(text.stdout).toContain('password = [redacted]');
  } finally {
    await running.end();
  }
});

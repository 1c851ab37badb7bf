import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { descendants } from '../../../src/host/processes.ts';
import { needs } from '../../parts.ts';
import { pythonBuild } from '../cores/python-builds.ts';
import { pycrash } from '../pycrash.ts';
import { PROGRAMS, reportOf, start, type Running } from './running.ts';

const NAMESPACE = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** The last of what was started: the program itself, in the innermost namespace. */
function innermost({ pid }: Running): number {
  return descendants(pid).at(-1)?.pid ?? 0;
}

function namespacePids(pid: number): number[] {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).map(Number);
}

// Two of those that keep the kernel's number of a thread in another place: threading (up to 3.10), the thread state.
test.for([
  ['3.8', 1],
  ['3.8', 2],
  ['3.13', 1],
  ['3.13', 2],
] as const)('Python %s in %i PID namespaces: numbers are those of the host', async ([id, depth], context) => {
  needs(context, 'linux', 'root');
  const build = pythonBuild(id);
  if (build === undefined) throw new Error(`needs Python ${id}`);
  const around = Array.from({ length: depth }, () => NAMESPACE).flat();
  const running = await start([...around, build.program, `${PROGRAMS}shop.py`]);
  try {
    const pid = innermost(running);
    expect(namespacePids(pid)).toHaveLength(depth + 1);
    const report = await reportOf(pid);
    expect(report.warnings).toEqual([]);
    expect(report.process.pid).toBe(pid);
    expect(report.live?.stops).toBeGreaterThan(0);
    const { threads } = JSON.parse(running.said) as { threads: Record<string, string> };
    const inside = report.threads.map(({ osThreadId, name }) => {
      const status = readFileSync(`/proc/${pid}/task/${osThreadId}/status`, 'latin1');
      return [/^NSpid:.*\s(\d+)$/m.exec(status)?.[1], name];
    });
    expect(Object.fromEntries(inside)).toEqual(threads);
  } finally {
    await running.end();
  }
});

test('files come from the root of the process, and its own PID 1 is read while it runs', async (context) => {
  needs(context, 'linux', 'root');
  const build = pythonBuild('3.14');
  if (build?.sysroot === undefined) throw new Error('needs Python 3.14 in another root');
  // a container's mounts: the program has a root of its own, and is PID 1 in it
  const script = [
    `mount --rbind ${build.sysroot} /mnt; mkdir -p /mnt/tmp/programs; mount -t tmpfs none /mnt/tmp`,
    `mkdir /mnt/tmp/old /mnt/tmp/programs; cp ${PROGRAMS}shop.py /mnt/tmp/programs; mount -t proc proc /mnt/proc`,
    'cd /mnt; pivot_root . tmp/old; umount -l /tmp/old; exec /usr/bin/python3.14 /tmp/programs/shop.py',
  ].join('\n');
  const running = await start([...NAMESPACE, 'sh', '-ec', script]);
  try {
    const pid = innermost(running);
    expect(namespacePids(pid).at(-1)).toBe(1);
    const report = await reportOf(pid);
    expect(report.warnings).toEqual([]);
    expect(report.process).toMatchObject({ executable: '/usr/bin/python3.14', cwd: '/' });
    const main = report.threads[0]?.frames.find((frame) => frame.function === 'main');
    expect(main).toMatchObject({ file: '/tmp/programs/shop.py', source: 'release.wait()' });
    // seen from inside, it is PID 1
    const inside = ['nsenter', '--target', String(pid), '--pid', '--', 'unshare', '--mount', '--mount-proc'];
    const outcome = await pycrash(['report', '1', '--json'], { through: inside });
    expect([outcome.exitCode, outcome.stderr]).toEqual([0, '']);
    const own = JSON.parse(outcome.stdout) as CrashReport;
    expect(own.live).toEqual({ stop: 'none', stops: 0 });
    expect(own.warnings).toEqual([{ code: 'not-stopped', message: expect.stringContaining('PID 1') }]);
    expect(own.threads.map(({ name }) => name)).toContain('request');
  } finally {
    await running.end();
  }
});

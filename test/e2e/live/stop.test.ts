import { execa } from 'execa';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { isRunning } from '../../../src/host/processes.ts';
import { needs } from '../../parts.ts';
import { interpreter } from '../../python-environment.ts';
import { pycrash } from '../pycrash.ts';
import { PROGRAMS, reportOf, start, stateOf, until } from './running.ts';

const python = interpreter('3.11')?.path ?? '/usr/bin/python3';

/** The program below a parent that hears of each stop; the words of `heard` are the parent's. */
async function watched(program: string): Promise<{ pid: number; heard: string[]; end(): Promise<void> }> {
  const parent = execa(python, [`${PROGRAMS}stops.py`, python, `${PROGRAMS}${program}`], {
    reject: false,
    buffer: false,
    stdin: 'ignore',
  });
  const heard: string[] = [];
  createInterface({ input: parent.stdout }).on('line', (line) => heard.push(line));
  await until(() => heard.length > 0);
  const pid = Number(heard.shift());
  return {
    pid,
    heard,
    end: async () => {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      await parent;
    },
  };
}

/** Processes that would continue it: what `src/live/watchdog.ts` starts. */
function watchdogsOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return readFileSync(`/proc/${each}/cmdline`, 'latin1').includes(`{"pid":${pid},`);
      } catch {
        return false;
      }
    });
}

test.for([
  ['short', ['stopped', 'continued']],
  ['whole', ['stopped', 'continued']],
  ['none', []],
] as const)('--stop %s: the parent hears of %j', async ([stop, expected], context) => {
  needs(context, 'linux');
  const { pid, heard, end } = await watched('shop.py');
  try {
    const report = await reportOf(pid, '--stop', stop);
    expect(report.live?.stops).toBe(expected.length / 2);
    expect(report.live?.stoppedMilliseconds === undefined).toBe(stop === 'none');
    await until(() => watchdogsOf(pid).length === 0);
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid));
    await end();
    expect(heard).toEqual(expected);
  } finally {
    await end();
  }
});

test('one that was stopped before stays stopped, and nobody continues it', async (context) => {
  needs(context, 'linux');
  const { pid, heard, end } = await watched('shop.py');
  try {
    process.kill(pid, 'SIGSTOP');
    await until(() => heard.length === 1);
    for (const stop of ['short', 'whole', 'none']) {
      expect((await reportOf(pid, '--stop', stop)).live).toMatchObject({ stops: 0, wasStopped: true });
    }
    await until(() => watchdogsOf(pid).length === 0);
    expect(stateOf(pid)).toBe('T');
    process.kill(pid, 'SIGKILL');
    await end();
    expect(heard).toEqual(['stopped']);
  } finally {
    await end();
  }
});

test('pycrash is killed while the process is stopped: it runs on', async (context) => {
  needs(context, 'linux');
  // heap.py has so much to be read that a whole stop takes a while
  const running = await start([python, `${PROGRAMS}heap.py`]);
  try {
    for (let round = 0; round < 10; round += 1) {
      const killed = new AbortController();
      const reading = pycrash(['report', String(running.pid), '--stop', 'whole', '--scan'], {
        kill: killed.signal,
      });
      await until(() => stateOf(running.pid) === 'T');
      killed.abort();
      expect((await reading).exitCode).not.toBe(0);
      await until(() => stateOf(running.pid) !== 'T');
    }
    await until(() => watchdogsOf(running.pid).length === 0);
    expect((await reportOf(running.pid)).threads).toHaveLength(1);
  } finally {
    await running.end();
  }
});

test('pycrash is killed at random moments: the process runs on', async (context) => {
  needs(context, 'linux');
  const running = await start([python, `${PROGRAMS}turns.py`]);
  try {
    for (let round = 0; round < 30; round += 1) {
      const killed = new AbortController();
      const reading = pycrash(['report', String(running.pid)], { kill: killed.signal });
      setTimeout(() => killed.abort(), 100 + Math.random() * 300);
      await reading;
      await until(() => watchdogsOf(running.pid).length === 0);
      await until(() => stateOf(running.pid) !== 'T');
    }
  } finally {
    await running.end();
  }
});

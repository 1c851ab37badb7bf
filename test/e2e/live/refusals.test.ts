import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../../src/host/processes.ts';
import { needs } from '../../parts.ts';
import { interpreter } from '../../python-environment.ts';
import { pycrash, type Outcome } from '../pycrash.ts';
import { PROGRAMS, start, stateOf, until, type Running } from './running.ts';

// Debian's own: every user may run it
const python = '/usr/bin/python3';
const SHOP = [python, `${PROGRAMS}shop.py`];
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

async function refused(wanted: number | string, through: readonly string[] = []): Promise<Outcome> {
  const outcome = await pycrash(['report', String(wanted)], { through });
  expect(outcome.stdout).toBe('');
  expect(outcome.stderr).not.toMatch(/internal error|\bat .*:\d+:\d+/);
  expect(outcome.exitCode).toBe(3);
  return outcome;
}

async function during(words: readonly string[], work: (running: Running) => Promise<void>): Promise<void> {
  const running = await start(words);
  try {
    await work(running);
  } finally {
    await running.end();
  }
}

test('no such process', async () => {
  expect((await refused(4_000_000_000)).stderr).toContain('there is neither a process nor a file 4000000000');
});

test('--stop is for processes', async () => {
  const outcome = await pycrash(['report', 'core.1', '--stop', 'none']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain('--stop is for a running process');
});

test('a process that has ended and that its parent did not wait for', async (context) => {
  needs(context, 'linux');
  const parent = 'import os, time\npid = os.fork() or os._exit(0)\nprint(pid, flush=True)\ntime.sleep(3600)';
  await during([python, '-c', parent], async ({ said }) => {
    await until(() => stateOf(Number(said)) === 'Z');
    expect((await refused(said)).stderr).toContain(`process ${said} has ended`);
  });
});

test('a program that is no Python', async (context) => {
  needs(context, 'linux');
  await during(['sh', '-c', 'echo; exec sleep 3600'], async ({ pid }) => {
    await until(() => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'sleep\n');
    const { stderr } = await refused(pid);
    expect(stderr).toMatch(/^pycrash: process \d+ \(\/usr\/bin\/sleep\) is no CPython 3\.8 to 3\.15/);
    expect(stateOf(pid)).toBe('S');
  });
});

test('a thread of the kernel', async (context) => {
  needs(context, 'linux');
  if (!isRunning(2) || readFileSync('/proc/2/cmdline', 'latin1') !== '') context.skip('needs kernel threads');
  expect((await refused(2)).stderr).toContain('2 is a thread of the kernel');
});

test('a Python that is too old', async (context) => {
  needs(context, 'linux');
  const old = interpreter('3.8')?.path.replaceAll(/3\.8(\.\d+)?/g, (each) =>
    each === '3.8' ? '3.7' : '3.7.16',
  );
  if (old === undefined) throw new Error('needs Python 3.7');
  await during([old, '-c', 'import time; print(flush=True); time.sleep(3600)'], async ({ pid }) => {
    expect((await refused(pid)).stderr).toContain('is no CPython 3.8 to 3.15');
  });
});

test("another user's process, and one of one's own", async (context) => {
  needs(context, 'linux', 'root');
  await during(SHOP, async ({ pid }) => {
    const { stderr } = await refused(pid, AS_NOBODY);
    expect(stderr).toContain(`process ${pid} may not be read: it runs as user 0, and you are nobody (65534)`);
    expect(stderr).toContain("sudo -u '#0' pycrash");
  });
  await during([...AS_NOBODY, ...SHOP], async ({ pid }) => {
    const outcome = await pycrash(['report', String(pid)], { through: AS_NOBODY });
    expect([outcome.exitCode, outcome.stderr]).toEqual([0, '']);
    expect(outcome.stdout).toContain('"MainThread"');
  });
});

test('one that is not dumpable', async (context) => {
  needs(context, 'linux', 'root');
  // root that becomes nobody without execve(2): prctl(2), PR_SET_DUMPABLE
  const drops = 'import os, time; os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)';
  await during([python, '-c', `${drops}; print(flush=True); time.sleep(3600)`], async ({ pid }) => {
    expect((await refused(pid, AS_NOBODY)).stderr).toContain('it is not dumpable');
  });
});

test('root without CAP_SYS_PTRACE, as in a container', async (context) => {
  needs(context, 'linux', 'root');
  await during([...AS_NOBODY, ...SHOP], async ({ pid }) => {
    const { stderr } = await refused(pid, [
      'setpriv',
      '--bounding-set',
      '-sys_ptrace',
      '--inh-caps',
      '-sys_ptrace',
    ]);
    expect(stderr).toContain('CAP_SYS_PTRACE');
    expect(stderr).toContain('--cap-add SYS_PTRACE');
  });
});

test('one that ends while it is read is said to have ended, or was read before', async (context) => {
  needs(context, 'linux');
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 16; round += 1) {
    const running = await start(SHOP);
    const reading = pycrash(['report', String(running.pid)]);
    setTimeout(() => process.kill(running.pid, 'SIGKILL'), 60 + round * 15);
    outcomes.push(await reading);
    await running.end();
  }
  const read = outcomes.filter(({ exitCode }) => exitCode === 0);
  for (const { stdout } of read) expect(stdout).toContain('"MainThread"');
  const ended = outcomes.filter(({ exitCode }) => exitCode === 3);
  expect(ended.length).toBeGreaterThan(0);
  expect(read.length + ended.length).toBe(outcomes.length);
  for (const { stderr } of ended) {
    expect(stderr).toMatch(
      /^pycrash: (there is neither a process nor a file \d+|there is no process \d+|process \d+ (ended, or became another program|has ended))/,
    );
  }
});

test('--native is for cores, and says what to do', async (context) => {
  needs(context, 'linux');
  await during(SHOP, async ({ pid }) => {
    const outcome = await pycrash(['report', String(pid), '--native']);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain(`gdb -p ${pid}`);
  });
});

test('debug attaches gdb, and the process runs on when gdb has left', async (context) => {
  needs(context, 'linux', 'gdb');
  await during(SHOP, async ({ pid }) => {
    const outcome = await pycrash(['debug', String(pid), '--batch', 'py-exc; py-tb; info inferiors; py-bt']);
    expect(outcome.exitCode).toBe(0);
    const headline = "ValueError: invalid literal for int() with base 10: 'four'";
    expect(outcome.stdout.split(headline)).toHaveLength(3);
    expect(outcome.stdout).toContain(`process ${pid}`);
    expect(outcome.stdout).toContain('in main');
    expect(outcome.stderr).not.toContain('without the program');
    await until(() => stateOf(pid) === 'S');
  });
  const nobody = await pycrash(['debug', '4000000000', '--batch', 'bt']);
  expect([nobody.exitCode, nobody.stdout]).toEqual([3, '']);
});

test('one that is traced is read while it runs', async (context) => {
  needs(context, 'linux', 'gdb');
  await during(SHOP, async ({ pid }) => {
    const gdb = execa('gdb', ['-nx', '-q', '-p', String(pid), '-ex', 'set confirm off', '-ex', 'continue'], {
      reject: false,
      stdin: 'ignore',
    });
    await until(() => /^TracerPid:\s*[1-9]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')));
    const outcome = await pycrash(['report', String(pid)]);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stdout).toMatch(/while it was stopped already|traces it \(a debugger, strace\)/);
    gdb.kill('SIGKILL');
    await gdb;
  });
});

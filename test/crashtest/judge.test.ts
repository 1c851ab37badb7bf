import { expect, test } from 'vitest';
import { hostCheck } from '../../src/host/host-check.ts';
import { parseCorePattern } from '../../src/host/core-pattern.ts';
import {
  judgeAborts,
  judgeCoreComplete,
  judgeCoreNames,
  judgeCorePresent,
  judgeCoresDistinct,
  judgeLog,
  judgeLost,
  judgeMainProcess,
  judgeRecovery,
  judgeWaitStatus,
  longestRecovery,
} from '../../src/crashtest/judge.ts';
import type { Crash } from '../../src/crashtest/session.ts';

const FILE = { pattern: parseCorePattern('core'), usesPid: false };
const PIPE = { pattern: parseCorePattern('|/opt/ours/take-core %p'), usesPid: false };

const LIMIT = [
  hostCheck('pid 7 (python)', 'core-limit', 'bad', 'core limit: soft 0, hard 0'),
  hostCheck('host', 'core-pattern', 'good', 'cores go to the working directory'),
];

function crash(pid: number, changed: Partial<Crash> = {}): Crash {
  return {
    how: 'view',
    pid,
    requestId: `request-${pid}`,
    ended: true,
    status: undefined,
    coreFolder: '/srv/shop',
    checks: [],
    core: { path: '/srv/shop/core', file: `/tmp/core.${pid}`, bytes: 1024, pid },
    waitStatus: 0x86,
    logged: {},
    recoverySeconds: 0.5,
    respawned: true,
    ...changed,
  };
}

test('an exception that was answered is no abort, and with DEBUG the reason is said', () => {
  const answered = crash(7, { ended: false, status: 500 });
  expect(judgeAborts([crash(6), answered], 2, false)).toMatchObject({ ok: false });
  expect(judgeAborts([answered], 2, false).detail).toContain('answered with 500');
  expect(judgeAborts([answered], 2, true).detail).toContain('DEBUG is on');
  expect(judgeAborts([answered], 2, true, ['SHOP_DEBUG']).detail).toContain(
    '(--env SHOP_DEBUG=…, --settings)',
  );
  expect(judgeAborts([crash(6), crash(7)], 1, false)).toMatchObject({ ok: true });
});

test('a crash without its line in the log fails', () => {
  expect(judgeLog([crash(6), crash(7, { logged: undefined })])).toMatchObject({ ok: false });
  expect(judgeLog([crash(7, { logged: undefined })]).detail).toContain('request-7');
});

test.for([
  [0x86, true, 'core dumped'],
  [0x06, false, 'no core was dumped'],
  [0x8b, false, 'signal 11'],
  [1 << 8, false, 'exit code 1'],
  [undefined, 'unknown', 'not a Python process'],
] as const)('wait status %s', ([waitStatus, ok, words]) => {
  const judged = judgeWaitStatus([crash(6), crash(7, { waitStatus })]);
  expect(judged.ok).toBe(ok);
  expect(judged.detail).toContain(words);
});

test('a missing core names the folder and the limit', () => {
  const judged = judgeCorePresent([crash(6), crash(7, { core: undefined, checks: LIMIT })], FILE);
  expect(judged.ok).toBe(false);
  expect(judged.detail).toContain('no core in /srv/shop (core-limit: core limit: soft 0, hard 0)');
});

test('of a process that lives on, nothing is said but that it did not abort, and why', () => {
  const checks = [hostCheck('pid 7 (python)', 'module-off', 'bad', 'PYCRASH=0 is in its environment')];
  const alive = [
    crash(7, { ended: false, status: 500, core: undefined, recoverySeconds: undefined, checks }),
  ];
  expect(judgeAborts(alive, 1, false).detail).toContain('(module-off: PYCRASH=0 is in its environment)');
  const others = [judgeWaitStatus(alive), judgeCorePresent(alive, FILE), judgeRecovery(alive, 30)];
  expect(others.map(({ ok }) => ok)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('a handler that cannot take the core, as the wait status shows, leaves none; one that took it is not asked', () => {
  const checks = [hostCheck('host', 'core-pattern', 'bad', '/opt/ours/take-core is not there')];
  const without = judgeCorePresent([crash(6, { checks, waitStatus: 0x06, core: undefined })], PIPE);
  expect(without).toMatchObject({ ok: false });
  expect(without.detail).toContain('(core-pattern: /opt/ours/take-core is not there)');
  const taken = judgeCorePresent([crash(6, { checks, core: undefined })], PIPE);
  expect(taken).toMatchObject({ ok: 'unknown' });
  expect(taken.detail).toContain('core-pattern: ');
});

test('a pipe is unknown, with what would find out', () => {
  expect(judgeCorePresent([crash(6)], PIPE)).toMatchObject({ ok: 'unknown' });
  expect(judgeCorePresent([crash(6)], PIPE).detail).toContain('/opt/ours/take-core');
  expect(judgeCoreNames(PIPE)).toMatchObject({ ok: 'unknown' });
});

test('systemd-coredump is asked; what it has not is unknown, as its settings may be other ones in production', () => {
  const pattern = parseCorePattern('|/lib/systemd/systemd-coredump %P %u %g %s %t %c %h');
  const settings = { pattern, usesPid: false };
  expect(judgeCorePresent([crash(6)], settings)).toMatchObject({ ok: true });
  const without = judgeCorePresent([crash(6, { core: undefined })], settings);
  expect(without).toMatchObject({ ok: 'unknown' });
  expect(without.detail).toContain('pycrash doctor');
});

test.for([
  ['core', false, 'unknown'],
  ['core', true, true],
  ['/var/crash/core.%p', false, true],
  ['core.%t', false, true],
  ['core.%%p', false, 'unknown'],
  ['core.%e', false, 'unknown'],
] as const)('core_pattern %s with core_uses_pid %s', ([template, usesPid, ok]) => {
  expect(judgeCoreNames({ pattern: parseCorePattern(template), usesPid }).ok).toBe(ok);
});

test('a core that lacks bytes, is no core, or is not there', () => {
  expect(judgeCoreComplete([crash(6), crash(7)], [0, 0])).toMatchObject({ ok: true });
  expect(judgeCoreComplete([crash(6), crash(7)], [0, 4096]).detail).toContain('lacks 4096 bytes');
  expect(judgeCoreComplete([crash(6)], [undefined])).toMatchObject({ ok: false });
  expect(judgeCoreComplete([crash(6, { core: undefined })], [undefined])).toMatchObject({ ok: 'unknown' });
});

test('two cores of one process are not distinct', () => {
  expect(judgeCoresDistinct([crash(6), crash(7)])).toMatchObject({ ok: true });
  expect(judgeCoresDistinct([crash(6), crash(6)])).toMatchObject({ ok: false });
  expect(judgeCoresDistinct([crash(6)])).toMatchObject({ ok: 'unknown' });
  expect(judgeCoresDistinct([])).toMatchObject({ ok: 'unknown' });
});

test('no 200 in time, or a worker that is not replaced, is no recovery', () => {
  expect(judgeRecovery([crash(6), crash(7, { recoverySeconds: 2 })], 30).detail).toContain('2.00 s');
  expect(judgeRecovery([crash(7, { recoverySeconds: undefined })], 30)).toMatchObject({ ok: false });
  expect(judgeRecovery([crash(7, { respawned: false })], 30).detail).toContain('was not replaced');
  expect(longestRecovery([crash(6), crash(7, { recoverySeconds: 2 })])).toBe(2);
  expect(longestRecovery([])).toBeUndefined();
});

test('the main process has to come back and to leave a core', () => {
  const exit = 'code=dumped, status=6/ABRT';
  expect(judgeMainProcess(crash(1, { exit }), FILE, undefined)).toMatchObject({ ok: true });
  expect(judgeMainProcess(crash(1, { exit }), FILE, undefined).detail).toContain(
    'code=dumped, status=6/ABRT',
  );
  expect(judgeMainProcess(undefined, FILE, undefined)).toMatchObject({ ok: false });
  const dead = crash(1, { recoverySeconds: undefined });
  expect(judgeMainProcess(dead, FILE, 'systemd says failed').detail).toContain('systemd says failed');
  const bare = crash(1, { core: undefined, checks: LIMIT });
  expect(judgeMainProcess(bare, FILE, undefined)).toMatchObject({ ok: false });
  expect(judgeMainProcess(bare, PIPE, undefined)).toMatchObject({ ok: true });
});

test('lost requests are counted, not judged', () => {
  expect(judgeLost({ answered: 5, refused: 0, lost: 3 })).toMatchObject({ ok: true });
  expect(judgeLost({ answered: 5, refused: 2, lost: 3 }).detail).toMatch(
    /^3 of 8 .*; 2 found nobody listening$/,
  );
});

test('apport: its folder is looked at, and its own reason is said where there is no core', () => {
  const settings = { pattern: parseCorePattern('|/usr/share/apport/apport -p%p -c%c'), usesPid: false };
  const at = { coreFolder: '/var/lib/apport/coredump' };
  const takerSaid = 'executable was modified after program start, ignoring';
  const without = { ...at, core: undefined, checks: LIMIT };
  expect(judgeCorePresent([crash(7, at), crash(8, at)], settings)).toMatchObject({
    ok: true,
    detail: 'apport has put 2 cores into /var/lib/apport/coredump',
  });
  expect(judgeCorePresent([crash(7, { ...without, takerSaid })], settings)).toMatchObject({
    ok: false,
    detail:
      'exception in a view (pid 7): apport has put no core into /var/lib/apport/coredump ' +
      `(core-limit: core limit: soft 0, hard 0); /var/log/apport.log: ${takerSaid}`,
  });
  expect(judgeCorePresent([crash(7, without)], settings).detail).toMatch(/; see \/var\/log\/apport\.log$/);
});

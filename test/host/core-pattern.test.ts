import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { coreName, parseCorePattern } from '../../src/host/core-pattern.ts';

const PROCESS = {
  pid: 123,
  uid: 33,
  gid: 34,
  name: 'gunicorn: a/b',
  executable: '/usr/bin/python3.11',
  hostname: 'web1',
  signal: 6,
  time: 1_700_000_000,
};

test.each([
  ['core\n', { kind: 'file', template: 'core', absolute: false, tokens: [], unknownTokens: [] }],
  ['', { kind: 'none' }],
  [
    '/var/crash/core.%e.%p',
    {
      kind: 'file',
      template: '/var/crash/core.%e.%p',
      absolute: true,
      tokens: ['e', 'p'],
      unknownTokens: [],
    },
  ],
  [
    'c%%%z%',
    { kind: 'file', template: 'c%%%z%', absolute: false, tokens: ['z', ''], unknownTokens: ['z', ''] },
  ],
  [
    '|/usr/share/apport/apport -p%p -s%s',
    { kind: 'pipe', program: '/usr/share/apport/apport', arguments: ['-p%p', '-s%s'], handler: 'apport' },
  ],
  [
    '|/lib/systemd/systemd-coredump %P %u',
    {
      kind: 'pipe',
      program: '/lib/systemd/systemd-coredump',
      arguments: ['%P', '%u'],
      handler: 'systemd-coredump',
    },
  ],
  [
    '|/usr/bin/nsenter -t %P -m -p -- /lib/systemd/systemd-coredump %p',
    {
      kind: 'pipe',
      program: '/usr/bin/nsenter',
      arguments: ['-t', '%P', '-m', '-p', '--', '/lib/systemd/systemd-coredump', '%p'],
      handler: 'systemd-coredump',
    },
  ],
  ['|/wsl-capture-crash %t %E %p %s', expect.objectContaining({ kind: 'pipe', handler: 'wsl' })],
  ['|/opt/own/handler', expect.objectContaining({ kind: 'pipe', handler: 'unknown' })],
  ['@/run/cores.sock', { kind: 'socket', path: '/run/cores.sock' }],
])('%j', (text, expected) => {
  expect(parseCorePattern(text)).toEqual(expected);
});

test.each([
  ['core', false, 'core'],
  ['core', true, 'core.123'],
  ['core.%p', true, 'core.123'],
  ['core%%p', true, 'core%p.123'],
  ['%e-%u-%g-%s-%t-%h', false, 'gunicorn: a!b-33-34-6-1700000000-web1'],
  ['%E', false, '!usr!bin!python3.11'],
  ['x.%d', false, 'x.*'],
])('%s with core_uses_pid %s names the core %s', (template, usesPid, expected) => {
  expect(coreName(template, PROCESS, usesPid)).toBe(expected);
});

test('any text is a pattern', () => {
  assert(
    property(string(), (text) => {
      const pattern = parseCorePattern(text);
      if (pattern.kind === 'file') coreName(pattern.template, PROCESS, true);
    }),
  );
});

import { execa, execaSync } from 'execa';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));

interface Check {
  id: string;
  verdict: string;
  subject: string;
  detail: string;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pycrash-doctor-'));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs doctor where these files have these texts: in a mount namespace of its own, bound over the real ones. */
async function doctorWhere(
  files: Record<string, string>,
  commands = '',
): Promise<{ checks: Check[]; exitCode: number }> {
  const lines = ['mount --make-rprivate /'];
  for (const [index, [path, text]] of Object.entries(files).entries()) {
    const copy = join(mkdtempSync(join(folder, 'file-')), String(index));
    writeFileSync(copy, text, { mode: 0o755 });
    lines.push(`mount --bind '${copy}' '${path}'`);
  }
  lines.push(commands, `exec "${process.execPath}" "${BIN}" doctor --json`);
  const result = await execa('unshare', ['--mount', 'sh', '-ec', lines.join('\n')], { reject: false });
  return {
    checks: (JSON.parse(result.stdout) as { checks: Check[] }).checks,
    exitCode: result.exitCode ?? -1,
  };
}

const PATTERN = '/proc/sys/kernel/core_pattern';
const USES_PID = '/proc/sys/kernel/core_uses_pid';

test.for<[string, Record<string, string>, { id: string; verdict: string; detail: RegExp }]>([
  ['no pattern', { [PATTERN]: '', [USES_PID]: '0' }, { id: 'core-pattern', verdict: 'bad', detail: /is ""/ }],
  [
    'no pattern, but a pid',
    { [PATTERN]: '', [USES_PID]: '1' },
    { id: 'core-pattern', verdict: 'good', detail: /\.PID/ },
  ],
  [
    'one name for all',
    { [PATTERN]: 'core\n', [USES_PID]: '0' },
    { id: 'core-name-unique', verdict: 'bad', detail: /same name/ },
  ],
  [
    'a folder that is not there',
    { [PATTERN]: '/nowhere/core.%p\n' },
    { id: 'core-pattern', verdict: 'bad', detail: /no folder \/nowhere/ },
  ],
  [
    'a folder that is there',
    { [PATTERN]: '/var/tmp/core.%p\n' },
    { id: 'core-pattern', verdict: 'good', detail: /\/var\/tmp/ },
  ],
  [
    'a token that is none',
    { [PATTERN]: '/var/tmp/core.%Z.%p\n' },
    { id: 'core-pattern-token', verdict: 'good', detail: /^%Z means nothing/ },
  ],
  ...['/bin/false', '/bin/true', '/usr/bin/false', '/usr/bin/true'].map(
    (program): [string, Record<string, string>, { id: string; verdict: string; detail: RegExp }] => [
      program,
      { [PATTERN]: `|${program}\n` },
      { id: 'core-pattern', verdict: 'bad', detail: /every core is thrown away/ },
    ],
  ),
  [
    'a socket',
    { [PATTERN]: '@/run/cores\n' },
    { id: 'core-pattern', verdict: 'unknown', detail: /@\/run\/cores/ },
  ],
  [
    'suid_dumpable 2 with a relative pattern',
    { [PATTERN]: 'core.%p\n', '/proc/sys/fs/suid_dumpable': '2\n' },
    { id: 'suid-dumpable', verdict: 'bad', detail: /suid_dumpable is 2/ },
  ],
])('host: %s', async ([, files, expected], context) => {
  needs(context, 'root', 'linux');
  const { checks, exitCode } = await doctorWhere(files);
  expect(checks).toContainEqual(
    expect.objectContaining({ ...expected, subject: 'host', detail: expect.stringMatching(expected.detail) }),
  );
  expect(exitCode).toBe(checks.some(({ verdict }) => verdict === 'bad') ? 1 : 0);
});

test.for<[string, string, { verdict: string; detail: RegExp }]>([
  ['gone', '|/opt/gone/handler %p\n', { verdict: 'bad', detail: /is not there$/ }],
  ['not executable', '|/etc/hostname %p\n', { verdict: 'bad', detail: /cannot be executed$/ }],
  ['unknown', '|/bin/cat\n', { verdict: 'unknown', detail: /piped to \/bin\/cat/ }],
  [
    'apport',
    '|/tmp/apport -p%p\n',
    {
      verdict: 'bad',
      detail: /piped to apport \(\/tmp\/apport\); 1 in \/var\/lib\/apport\/coredump, the last one 20/,
    },
  ],
  ['systemd-coredump', '|/tmp/systemd-coredump %P\n', { verdict: 'good', detail: /go to systemd-coredump/ }],
])('a pipe handler that is %s', async ([, pattern, expected], context) => {
  needs(context, 'root', 'linux');
  // a root folder without any container's marks, and with two handlers to find
  const commands = `
    mount -t tmpfs tmpfs /tmp; cp /bin/true /tmp/apport; cp /bin/true /tmp/systemd-coredump
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /var/lib; mkdir -p /var/lib/apport/coredump
    touch /var/lib/apport/coredump/core._usr_bin_python3_12.33.0fb1c9a2-7c3d-4a57-8d09-1f0f4f1f7c11.4711.90210`;
  const { checks } = await doctorWhere({ [PATTERN]: pattern }, commands);
  const check = checks.find(({ id }) => id === 'core-pattern');
  const marked = execaSync('sh', ['-c', '[ -e /.dockerenv ]'], { reject: false }).exitCode === 0;
  // inside of a container the handler is somewhere else: that is not known, and said
  expect(check).toMatchObject(marked ? { verdict: 'unknown' } : { verdict: expected.verdict });
  expect(check?.detail).toMatch(marked ? /on the machine that this docker runs on/ : expected.detail);
});

interface Case {
  name: string;
  /** Python run by the process that is looked at, before it waits. */
  python?: string;
  shell?: string;
  expected: { id: string; verdict: string; detail: RegExp };
}

const PROCESSES: Case[] = [
  {
    name: 'soft limit 0',
    shell: 'ulimit -Sc 0',
    expected: { id: 'core-limit', verdict: 'bad', detail: /soft 0, hard unlimited/ },
  },
  {
    name: 'hard limit 0',
    shell: 'ulimit -c 0',
    expected: { id: 'core-limit', verdict: 'bad', detail: /soft 0, hard 0/ },
  },
  {
    name: 'a limit of 20 MiB',
    shell: 'ulimit -Sc 20480',
    expected: { id: 'core-limit', verdict: 'bad', detail: /soft (10|20) MiB/ },
  },
  {
    name: 'no limit',
    shell: 'ulimit -c unlimited',
    expected: { id: 'core-limit', verdict: 'good', detail: /soft unlimited/ },
  },
  {
    name: 'a user changed without exec',
    python: 'os.setgid(65534); os.setuid(65534)',
    expected: { id: 'dumpable', verdict: 'bad', detail: /uid 65534 and is not dumpable/ },
  },
  {
    name: 'a folder that it may not write',
    python: 'os.chdir("/etc"); os.setuid(65534)',
    expected: { id: 'core-folder', verdict: 'bad', detail: /uid 65534 may not write to \/etc/ },
  },
  {
    name: 'a folder named core',
    python: 'os.mkdir("core")',
    expected: { id: 'core-name-taken', verdict: 'bad', detail: /core is a folder/ },
  },
  {
    name: 'no private memory in the core',
    python: 'open("/proc/self/coredump_filter", "w").write("0x32")',
    expected: { id: 'coredump-filter', verdict: 'bad', detail: /0x32/ },
  },
  { name: 'no module', expected: { id: 'module-loaded', verdict: 'bad', detail: /not in its memory/ } },
  {
    name: 'the module',
    python: 'message = "pycrash: no crash budget can be kept"',
    expected: { id: 'module-loaded', verdict: 'good', detail: /is loaded/ },
  },
  {
    name: 'SIGABRT ignored',
    python: 'import signal; signal.signal(signal.SIGABRT, signal.SIG_IGN)',
    expected: { id: 'sigabrt', verdict: 'good', detail: /ignored; os.abort\(\) gets through/ },
  },
];

test.for(PROCESSES)('process: $name', async ({ python = '', shell = '', expected }, context) => {
  needs(context, 'root', 'linux', 'plain core pattern');
  const cwd = mkdtempSync(join(folder, 'cwd-'));
  const program = `import os, sys\n${python}\nprint("ready", flush=True)\nsys.stdin.read()`;
  const child = spawn('sh', ['-c', `${shell || ':'}; exec python3 -c "$0"`, program], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await ready(child);
    const { stdout, exitCode } = await pycrash(['doctor', '--json', '--pid', String(child.pid)]);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    const own = checks.filter(({ subject }) => subject.startsWith(`pid ${child.pid} `));
    expect(own).toContainEqual(
      expect.objectContaining({ ...expected, detail: expect.stringMatching(expected.detail) }),
    );
    expect(exitCode).toBe(checks.some(({ verdict }) => verdict === 'bad') ? 1 : 0);
  } finally {
    child.stdin?.end();
  }
});

test('a read-only mount that only the process has is seen', async (context) => {
  needs(context, 'root', 'linux', 'plain core pattern');
  const cwd = mkdtempSync(join(folder, 'cwd-'));
  mkdirSync(join(cwd, 'data'));
  const script =
    'mount --make-rprivate /; mount --bind data data; mount -o remount,bind,ro data; cd data; echo ready; exec cat';
  const child = spawn('unshare', ['--mount', 'sh', '-ec', script], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await ready(child);
    const { stdout } = await pycrash(['doctor', '--json', '--pid', String(child.pid)]);
    expect((JSON.parse(stdout) as { checks: Check[] }).checks).toContainEqual(
      expect.objectContaining({
        id: 'core-folder',
        verdict: 'bad',
        detail: `${cwd}/data is mounted read-only where it runs`,
      }),
    );
  } finally {
    child.stdin?.end();
  }
});

test.each([
  ['/usr/bin/python3.11', 'good', /\/usr\/lib\/debug\/\.build-id\//],
  ['./python3.11', 'unknown', /there are no debug symbols/],
] as const)('symbols of %s', async (program, verdict, detail) => {
  const cwd = mkdtempSync(join(folder, 'cwd-'));
  // a build ID of its own, so that the symbols of Debian's package are not its
  const script = `objcopy --remove-section .note.gnu.build-id /usr/bin/python3.11 python3.11; exec ${program} -c 'input()'`;
  const child = spawn('sh', ['-ec', script], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const found = await waitFor(30, async () => {
      const { stdout } = await pycrash(['doctor', '--json', '--pid', String(child.pid)]);
      return (JSON.parse(stdout) as { checks: Check[] }).checks.find(({ id }) => id === 'symbols');
    });
    expect(found).toMatchObject({ verdict, detail: expect.stringMatching(detail) });
  } finally {
    child.stdin?.end();
  }
});

test('a process that is not there is said', async () => {
  const outcome = await pycrash(['doctor', '--pid', '999999999']);
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('there is no process 999999999');
});

test('a pid that is none is wrong usage', async () => {
  expect(await pycrash(['doctor', '--pid', 'x'])).toMatchObject({ exitCode: 2, stdout: '' });
});

test('the script that mends is a shell script', async (context) => {
  needs(context, 'root', 'linux');
  const { stdout } = await pycrash(['doctor', '--fix-script']);
  await execa('sh', ['-n'], { input: stdout });
  expect(stdout).toMatch(/^#!\/bin\/sh\n# Read before you run it/);
});

async function ready(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
}

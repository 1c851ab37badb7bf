import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { makeDjangoCore } from './cores/django.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { needs } from '../parts.ts';
import { pycrash, type Outcome } from './pycrash.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));
/** Without the other processes of this machine, in whose folders there can be cores. */
const ALONE = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
let made: MadeCore;
let scratch: string;
let plain: string;

beforeAll(async () => {
  const build = pythonBuild('3.12 stripped');
  if (build === undefined) throw new Error('needs Python 3.12');
  made = await makeDjangoCore(build);
  scratch = join(made.folder, 'tmp');
  mkdirSync(scratch);
  plain = (await pycrash(['report', made.path, '--json'])).stdout;
});
afterAll(() => made.remove());

const SECRETS = [
  'hunter2',
  '4111 1111 1111 1111',
  't0k3n-of-the-test',
  'abc123',
  'token-of-the-test',
  'cookie-of-the-test',
  'query-of-the-test',
];

test.each([
  ['zst', 'zstd', ['-q', '-3']],
  ['gz', 'gzip', ['-k', '-1']],
  ['xz', 'xz', ['-k', '-0']],
  ['lz4', 'lz4', ['-q', '-k', '-m']],
] as const)(
  'a core in .%s gives the same report, and nothing stays behind',
  async (suffix, program, args) => {
    execFileSync(program, [...args, made.path]);
    const packed = `${made.path}.${suffix}`;
    // found by its content, not by its name
    execFileSync('mv', [packed, `${made.folder}/packed`]);
    const outcome = await pycrash(['report', `${made.folder}/packed`, '--json'], {
      env: { TMPDIR: scratch },
    });
    expect(outcome.stderr).toBe('');
    const [report, expected] = [outcome.stdout, plain].map((text) => JSON.parse(text) as CrashReport);
    expect(report).toEqual({ ...expected, core: { ...expected?.core, path: `${made.folder}/packed` } });
    expect(readdirSync(scratch)).toEqual([]);
  },
);

test('a compressed core that was cut off is read as far as it goes', async () => {
  execFileSync('zstd', ['-q', '-f', '-o', `${made.folder}/cut`, made.path]);
  truncateSync(`${made.folder}/cut`, Math.floor(statSync(`${made.folder}/cut`).size * 0.6));
  const outcome = await pycrash(['report', `${made.folder}/cut`, '--json'], { env: { TMPDIR: scratch } });
  expect(outcome.exitCode).toBe(0);
  const report = JSON.parse(outcome.stdout) as CrashReport;
  expect(report.warnings[0]?.code).toBe('broken-compression');
  expect(report.core.truncated).toBe(true);
  expect(readdirSync(scratch)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
  '%s while unpacking leaves nothing behind',
  async (signal) => {
    // a program that never ends stands for a core that takes long
    const fake = join(made.folder, 'bin');
    mkdirSync(fake, { recursive: true });
    writeFileSync(join(fake, 'zstd'), `#!/bin/sh\nprintf '\\177ELF'\nexec sleep 30\n`, { mode: 0o755 });
    writeFileSync(`${made.folder}/endless`, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]));
    // SIGQUIT would leave a core of Node
    const words = ['--core=0', process.execPath, BIN, 'report', `${made.folder}/endless`];
    const running = execa('prlimit', words, {
      reject: false,
      env: { TMPDIR: scratch, PATH: `${fake}:${process.env['PATH'] ?? ''}` },
    });
    for (let waited = 0; waited < 200 && readdirSync(scratch).length === 0; waited += 1) await sleep(50);
    const [folder = ''] = readdirSync(scratch);
    expect(statSync(join(scratch, folder)).mode & 0o777).toBe(0o700);
    for (let waited = 0; waited < 200 && !existsSync(join(scratch, folder, 'core')); waited += 1)
      await sleep(50);
    expect(statSync(join(scratch, folder, 'core')).mode & 0o777).toBe(0o600);
    running.kill(signal);
    expect((await running).signal).toBe(signal);
    expect(readdirSync(scratch)).toEqual([]);
  },
);

test('a --sysroot that does not exist is wrong usage', async () => {
  const outcome = await pycrash(['report', made.path, '--sysroot', '/nowhere/at/all']);
  expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
  expect(outcome.stderr).toContain('/nowhere/at/all is not a folder');
});

test('a core of another program is refused, and named', async () => {
  const folder = join(made.folder, 'other');
  mkdirSync(folder);
  const died = ['--core=unlimited', '/bin/bash', '-c', 'kill -SEGV $$'];
  await execa('prlimit', died, { cwd: folder, reject: false });
  const [core = ''] = readdirSync(folder);
  const outcome = await pycrash(['report', join(folder, core)]);
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('is a core of /usr/bin/bash, not of Python');
});

test('a core without private memory, or cut off, gives the reason that was looked at', async (context) => {
  const build = pythonBuild('3.12');
  if (build === undefined) return context.skip('needs Python 3.12');
  const folder = join(made.folder, 'filtered');
  mkdirSync(folder);
  const code = 'import os; open("/proc/self/coredump_filter", "w").write("0x10"); os.abort()';
  await execa('prlimit', ['--core=unlimited', build.program, '-c', code], { cwd: folder, reject: false });
  const [core = ''] = readdirSync(folder);
  const report = JSON.parse((await pycrash(['report', join(folder, core), '--json'])).stdout) as CrashReport;
  const { missing } = report.core;
  expect(missing.map(({ what }) => what)).toEqual(['the private memory of the process', 'the interpreter']);
  expect(missing[0]?.consequence).toContain('bit 0 of /proc/PID/coredump_filter was not set');
  expect(missing[1]?.consequence).toContain('is on this machine, but the core does not have the data');
});

test('a missing program for a compression is named with its package', async () => {
  writeFileSync(`${made.folder}/some.xz`, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]));
  const outcome = await pycrash(['report', `${made.folder}/some.xz`], {
    env: { PATH: '/nowhere', TMPDIR: scratch },
  });
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('apt-get install xz-utils');
});

test('secrets are in no format unless asked for, and then the report says so', async () => {
  for (const format of ['text', 'json', 'markdown', 'html']) {
    const { stdout } = await pycrash([
      'report',
      made.path,
      '--format',
      format,
      '--threads',
      '--locals',
      'all',
    ]);
    for (const secret of SECRETS) expect(stdout).not.toContain(secret);
    expect(stdout).toContain('order 7 failed');
    expect(stdout).toContain('[redacted]');
  }
  const shown = await pycrash(['report', made.path, '--show-secrets', '--locals', 'all']);
  for (const secret of SECRETS.slice(0, 4)) expect(shown.stdout).toContain(secret);
  expect(shown.stdout).toContain('Nothing is redacted in this report (--redact none)');
});

test('the request is a section of its own', () => {
  const { request } = JSON.parse(plain) as CrashReport;
  expect(request).toMatchObject({ method: 'POST', path: '/order/7/', query: 'page=2&token=[redacted]' });
  expect(JSON.stringify(request?.headers)).not.toContain('of-the-test');
});

test('--output writes a file for its owner alone, also over an open one', async () => {
  const file = join(made.folder, 'report.html');
  writeFileSync(file, 'old', { mode: 0o644 });
  const outcome = await pycrash(['report', made.path, '--format', 'html', '--output', file]);
  expect(outcome).toMatchObject({ exitCode: 0, stdout: '' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
});

test.each(['text', 'markdown'])('--max-value-length cuts what is longer, in %s', async (format) => {
  for (const length of [40, 100]) {
    const words = ['report', made.path, '--format', format, '--max-value-length', String(length)];
    const { stdout } = await pycrash(words);
    const values = [...stdout.matchAll(/^ {6}[a-z_]+ = (.*)$/gm)].map(([, value = '']) => value);
    // and the mark that it was cut, with how much is missing
    const shown = values.map((value) => value.replace(/… \d+ more characters$/, ''));
    expect(Math.max(...shown.map((value) => value.length))).toBe(length);
    expect(values.find((value) => value.length > length)).toMatch(/^<.*… \d+ more characters$/);
  }
});

test('a --max-value-length that is no number is wrong usage', async () => {
  const outcome = await pycrash(['report', made.path, '--max-value-length', 'all']);
  expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
});

test('equal crashes of other processes, builds and patch releases have one fingerprint', async () => {
  const found = new Set<string>();
  for (const id of ['3.11', '3.11 debian', '3.11 embedded', '3.8']) {
    const build = pythonBuild(id);
    if (build === undefined) continue;
    const core = await makeCore(build, 'except');
    found.add(
      (JSON.parse((await pycrash(['report', core.path, '--json'])).stdout) as CrashReport).fingerprint,
    );
    core.remove();
  }
  expect([...found]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
});

test.each([
  ['a directory', '.', 'is a directory'],
  ['no file', 'core.404', 'there is no file core.404'],
  ['no core', 'package.json', 'is not an ELF file'],
])('%s: one clear message', async (_, name, message) => {
  const outcome = await pycrash(['report', name]);
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain(message);
});

test('`last` where apport takes the cores is the newest one that it has kept', async (context) => {
  needs(context, 'root', 'linux');
  const folder = '/var/lib/apport/coredump';
  const name = (pid: number): string =>
    `${folder}/core._usr_bin_python3_12.33.0fb1c9a2-7c3d-4a57-8d09-1f0f4f1f7c11.${pid}.90210`;
  const commands = [
    `mount -t tmpfs tmpfs /var/lib && mkdir -p ${folder}`,
    `cp ${made.path} ${name(7)} && touch -d yesterday ${name(8)} && exec "$@"`,
  ];
  const through = [...ALONE, 'sh', '-ec', commands.join('\n'), 'sh', 'env', 'PATH=/nowhere'];
  const outcome = await pycrash(['report', 'last', '--json'], { through });
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  const { core, ...report } = JSON.parse(outcome.stdout) as CrashReport;
  const { core: own, ...expected } = JSON.parse(plain) as CrashReport;
  expect(core).toEqual({ ...own, path: name(7) });
  expect(report).toEqual(expected);
});

test('`last` where the kernel writes `core` is the newest one in the working directory of a process', async (context) => {
  needs(context, 'root', 'linux', 'plain core pattern');
  const folder = join(scratch, 'service');
  mkdirSync(folder);
  const service = `(cd ${folder}; exec sleep 1000) & sleep 0.5`;
  const nothing = await lastAmong(service, `echo text > ${folder}/core`);
  expect(nothing).toMatchObject({ exitCode: 3, stdout: '' });
  expect(nothing.stderr).toMatch(
    /^pycrash: no core was found where kernel\.core_pattern \(core\) puts one\n/,
  );
  expect(nothing.stderr).toContain(folder);
  const found = await lastAmong(
    service,
    `mkdir /var/tmp/pycrash-33 && cp ${made.path} /var/tmp/pycrash-33/core && touch -d yesterday /var/tmp/pycrash-33/core`,
    `cp ${made.path} ${folder}/core`,
  );
  expect(found.exitCode, found.stderr).toBe(0);
  expect((JSON.parse(found.stdout) as CrashReport).core.path).toBe(join(folder, 'core'));
  const kept = await lastAmong(`mkdir /var/tmp/pycrash-33 && cp ${made.path} /var/tmp/pycrash-33/core`);
  expect((JSON.parse(kept.stdout) as CrashReport).core.path).toBe('/var/tmp/pycrash-33/core');
});

/** `report last` in a namespace of its own, after these commands. */
function lastAmong(...commands: string[]): Promise<Outcome> {
  const script = ['mount -t tmpfs tmpfs /var/tmp', ...commands, 'exec "$@"'].join('\n');
  return pycrash(['report', 'last', '--json'], { through: [...ALONE, 'sh', '-ec', script, 'sh'] });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

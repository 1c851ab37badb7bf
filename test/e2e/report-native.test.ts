import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CrashReport, ReportedThread } from '../../src/report/model.ts';
import { needs, type Part } from '../parts.ts';
import { schemaErrors } from '../schema-errors.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuild, type PythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

// Every way of shipping CPython, and both shapes of its frames; one core for all tests of a build.
const BUILDS = ['3.8 stripped', '3.10 static', '3.11 debian', '3.12', '3.13 stripped', '3.14'];
const cores = new Map<string, Promise<MadeCore>>();

afterAll(async () => {
  for (const core of cores.values()) (await core).remove();
});

function buildAndCore(id: string): { build: PythonBuild; made: Promise<MadeCore> } {
  const build = pythonBuild(id);
  if (build === undefined) throw new Error(`needs Python ${id}`);
  const made = cores.get(id) ?? makeCore(build, 'threads');
  cores.set(id, made);
  return { build, made };
}

/** The report of a machine that has only these programs. */
async function nativeReport(
  core: MadeCore,
  programs: readonly Part[],
  build: { sysroot?: string },
): Promise<CrashReport> {
  const folder = join(core.folder, `only-${programs.join('-')}`);
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    execFileSync('ln', ['-sf', execFileSync('which', [program], { encoding: 'utf8' }).trim(), folder]);
  }
  const root = build.sysroot === undefined ? [] : ['--sysroot', build.sysroot];
  const outcome = await pycrash(['report', core.path, '--json', '--native', ...root], {
    env: { PATH: folder },
  });
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(outcome.stdout) as CrashReport;
}

const SLEEP = /nanosleep|select/;
const LOCK = /sem_\w*wait|_PySemaphore_Wait|futex|PyThread_acquire_lock_timed/;

/** What two debuggers have to agree in: the names come from the symbols that each can find. */
function shape({ threads }: CrashReport): unknown {
  return threads.map(({ native = [] }) =>
    native.map(({ address, library, python }) => ({ address, library, python })),
  );
}

function functionsAbovePython({ native = [] }: ReportedThread): string[] {
  const first = native.findIndex((frame) => frame.python !== undefined);
  return native.slice(0, first).map((frame) => frame.function);
}

test.for(BUILDS)('Python %s: the C function of every thread is in that thread', async (id, context) => {
  needs(context, 'eu-stack', 'gdb');
  const { build, made } = buildAndCore(id);
  const core = await made;
  // eu-stack knows no --sysroot
  const report = await nativeReport(core, build.sysroot === undefined ? ['eu-stack'] : ['gdb'], build);
  expect(report.warnings).toEqual([]);
  expect(schemaErrors('report', report)).toBeNull();
  expect(report.threads).toHaveLength(core.oracle.threads.length);
  for (const { native: osThreadId, name, current } of core.oracle.threads) {
    const thread = report.threads.find((each) => each.osThreadId === osThreadId);
    if (thread === undefined) throw new Error(`no thread ${osThreadId}`);
    // every Python frame has its place, and every call of the loop its Python frames
    const counts = (thread.native ?? []).map((frame) => frame.python ?? 0);
    expect(counts.reduce((sum, each) => sum + each)).toBe(thread.frames.length);
    expect(thread.native?.filter((each) => /^_PyEval_EvalFrameDefault$/.test(each.function))).toHaveLength(
      counts.filter((count) => count > 0).length,
    );
    const above = functionsAbovePython(thread).join(' ');
    const number = Number(/^worker (\d)$/.exec(name)?.[1]);
    // crash.py: every third thread sleeps, the others wait for a lock
    expect(above).toMatch(current ? /\braise .*\babort\b/ : number % 3 === 1 ? SLEEP : LOCK);
    // the C library of forky has no symbol for where it starts a thread or a program
    expect(thread.native?.at(-1)?.function).toMatch(current ? /^(_start|\?\?)$/ : /clone|^\?\?$/);
  }
});

test.for(['3.11 debian', '3.12', '3.8 stripped'])(
  'Python %s: eu-stack, our way to ask gdb, and gdb itself agree',
  async (id, context) => {
    needs(context, 'eu-stack', 'gdb');
    const { build, made } = buildAndCore(id);
    const core = await made;
    const [ours, theirs] = [
      await nativeReport(core, ['eu-stack'], build),
      await nativeReport(core, ['gdb'], build),
    ];
    expect(shape(theirs)).toEqual(shape(ours));
    const printed = execFileSync(
      'gdb',
      // prettier-ignore
      ['-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set backtrace past-main on', '-iex', 'set width 0',
        build.program, core.path, '-ex', 'thread apply all bt'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const stacks = new Map<number, string[]>();
    for (const line of printed.split('\n')) {
      const thread = /^Thread \d+ \(.*LWP (\d+)\)/.exec(line)?.[1];
      if (thread !== undefined) stacks.set(Number(thread), []);
      // a frame without an address is a part of the one below it: it was inlined
      const address = /^#\d+ +0x0*([0-9a-f]+) in /.exec(line)?.[1];
      if (address !== undefined) [...stacks.values()].at(-1)?.push(`0x${address}`);
    }
    expect(stacks.size).toBe(9);
    for (const { osThreadId, native = [] } of ours.threads) {
      const addresses = native.map((frame) => frame.address);
      // gdb gives the innermost frame no address at the start of a line, and adds the callers of tail calls
      const shown = (stacks.get(osThreadId) ?? []).filter((address) => addresses.includes(address));
      expect(addresses.slice(addresses.length - shown.length)).toEqual(shown);
      expect(addresses.length - shown.length).toBeLessThanOrEqual(1);
    }
  },
);

test('in text the frames of both languages are in the order of the calls', async (context) => {
  needs(context, 'eu-stack');
  const { made } = buildAndCore('3.11 debian');
  const { stdout } = await pycrash([
    'report',
    (await made).path,
    '--native',
    '--threads',
    '--locals',
    'none',
  ]);
  expect(stdout).toMatch(
    /"worker 4"[^\n]*\n {2}native 0x[0-9a-f]+ clock_nanosleep in libc\.so\.6\n(?: {2}native .*\n)+ {2}File "[^"]+crash\.py", line \d+, in [\w.<>]+\.nap\n(?: {4}.*\n)? {2}File .*\.wait_in_sleep\n/,
  );
  expect(stdout).toMatch(
    /in Thread\._bootstrap\n(?: {4}.*\n)?(?: {2}native .*\n)* {2}native 0x\S+ thread_run /,
  );
});

test('without eu-stack and gdb the report is complete, and says how to get them', async () => {
  const { build, made } = buildAndCore('3.11 debian');
  const core = await made;
  const report = await nativeReport(core, [], build);
  expect(report.warnings.map(({ code }) => code)).toEqual(['no-native']);
  expect(report.warnings[0]?.message).toContain('apt-get install elfutils');
  const plain = JSON.parse((await pycrash(['report', core.path, '--json'])).stdout) as CrashReport;
  expect({ ...report, warnings: [] }).toEqual(plain);
});

test('native frames end where a library is not the one of the core', async (context) => {
  needs(context, 'gdb');
  const { build, made } = buildAndCore('3.11 debian');
  const core = await made;
  const sysroot = join(core.folder, 'root');
  mkdirSync(join(sysroot, dirname(build.program)), { recursive: true });
  copyFileSync(build.program, join(sysroot, build.program));
  // another file in the place of the C library
  mkdirSync(join(sysroot, 'lib/x86_64-linux-gnu'), { recursive: true });
  copyFileSync(build.program, join(sysroot, 'lib/x86_64-linux-gnu/libc.so.6'));
  symlinkSync('../lib', join(sysroot, 'usr/lib'));
  const report = await nativeReport(core, ['gdb'], { sysroot });
  expect(report.warnings.find(({ code }) => code === 'no-native')?.message).toMatch(
    /^native frames end where .*: \/usr\/lib\/x86_64-linux-gnu\/libc\.so\.6$/,
  );
  for (const { native = [] } of report.threads) {
    expect(native).toHaveLength(1);
    expect(native[0]?.library).toBe('/usr/lib/x86_64-linux-gnu/libc.so.6');
  }
});

test('without the program with the right build ID there are none', async () => {
  const { made } = buildAndCore('3.11 debian');
  const core = await made;
  const report = await nativeReport(core, [], { sysroot: core.folder });
  expect(report.warnings.find(({ code }) => code === 'no-native')?.message).toContain(
    '/usr/bin/python3.11 with the build ID ',
  );
  expect(report.threads.every((thread) => thread.native === undefined)).toBe(true);
});

import { readdirSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

let stripped: MadeCore;
let debian: MadeCore;
let scratch: string;

beforeAll(async () => {
  const [first, second] = [pythonBuild('3.12 stripped'), pythonBuild('3.11 debian')];
  if (first === undefined || second === undefined) throw new Error('needs Python 3.12 and Debian 3.11');
  stripped = await makeCore(first, 'except');
  debian = await makeCore(second, 'threads');
  scratch = join(stripped.folder, 'tmp');
  mkdirSync(scratch);
});
afterAll(() => {
  stripped.remove();
  debian.remove();
});

test('py-exc, py-tb and py-tb-locals work on a stripped Python', async (context) => {
  needs(context, 'gdb');
  const { exitCode, stdout } = await pycrash(
    ['debug', stripped.path, '--batch', 'py-exc; py-tb; py-tb 2; py-tb-locals 0 2'],
    { env: { TMPDIR: scratch } },
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain('The above exception was the direct cause of the following exception:');
  const at = stripped.oracle.exception?.frames.at(-1);
  expect(stdout).toContain(`#0 File "${at?.file}", line ${at?.line}, in ${at?.qualname}`);
  expect(stdout).toContain("RuntimeError: ('checkout failed', 60)");
  expect(stdout).toContain("    text = 'in the closure of plain'\n    captured = <kinds.Plain name=");
  expect(readdirSync(scratch)).toEqual([]);
});

test('without symbols py-bt says which package brings them, and shows what pycrash read', async (context) => {
  needs(context, 'gdb');
  const { stdout } = await pycrash(['debug', stripped.path, '--batch', 'py-bt']);
  expect(stdout).toContain('apt-get install python3.12-dbg');
  expect(stdout).toMatch(/crash\.py", line \d+, in abort_in_except\n/);
});

test('with symbols CPython’s own commands work, and agree with the report in file, line and function', async (context) => {
  needs(context, 'gdb');
  const { stdout } = await pycrash(['debug', debian.path, '--batch', 'thread apply all py-bt']);
  expect(stdout).not.toContain('python3.11-dbg');
  const report = JSON.parse((await pycrash(['report', debian.path, '--json'])).stdout) as CrashReport;
  const theirs = new Map<number, string[]>();
  let thread = 0;
  for (const line of stdout.split('\n')) {
    thread = Number(/^Thread \d+ \(.*LWP (\d+)\)/.exec(line)?.[1] ?? thread);
    const frame = /^ {2}File "(.*)", line (\d+), in (.*)$/.exec(line);
    if (frame !== null)
      theirs.set(thread, [...(theirs.get(thread) ?? []), `${frame[1]}:${frame[2]} ${frame[3]}`]);
  }
  expect(theirs.size).toBe(9);
  for (const { osThreadId, frames } of report.threads) {
    const ours = frames.map((frame) => `${frame.file}:${frame.line} ${frame.function.split('.').at(-1)}`);
    expect(theirs.get(osThreadId)).toEqual(ours);
  }
});

test('a frame that is not there is an error of gdb, and exit code 3', async (context) => {
  needs(context, 'gdb');
  const outcome = await pycrash(['debug', stripped.path, '--batch', 'py-tb-locals 99']);
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('there is no frame 99; py-tb shows them');
});

test('a program with another build ID is refused', async () => {
  const outcome = await pycrash(['debug', stripped.path, '--executable', '/bin/ls', '--batch', 'py-exc']);
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('/bin/ls');
});

test('without gdb it says how to get it and prints the report', async () => {
  const outcome = await pycrash(['debug', stripped.path], { env: { PATH: '/nowhere' } });
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('apt-get install gdb');
  expect(outcome.stdout).toContain("RuntimeError: ('checkout failed', 60)");
});

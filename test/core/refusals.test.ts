import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/core/byte-source.ts';
import { openLocalFile } from '../../src/core/local-files.ts';
import { readCore, type ReadCoreOptions, type UnredactedReport } from '../../src/core/read-core.ts';
import { UserError } from '../../src/errors.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import { pythonBuild } from '../e2e/cores/python-builds.ts';
import { fuzz } from './fuzz/cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'pycrash-refusals-'));
const build = pythonBuild('3.11 debian');
let core: MadeCore | undefined;
beforeAll(async () => {
  if (build !== undefined) core = await makeCore(build, 'except');
});
afterAll(() => {
  core?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function made(): MadeCore {
  if (core === undefined) throw new Error('needs /usr/bin/python3.11');
  return core;
}

async function read(path: string, options: Partial<ReadCoreOptions> = {}): Promise<UnredactedReport> {
  const source = openLocalFile(path);
  if (source === undefined) throw new Error(`${path} cannot be opened`);
  try {
    return await readCore(source, { path, ...options });
  } finally {
    source.close();
  }
}

function memory(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (into, at) => (at >= bytes.length ? 0 : bytes.copy(into, 0, at, at + into.length)),
  };
}

describe('what is not a core', () => {
  test.each([
    ['is empty', Buffer.alloc(0)],
    ['is not an ELF file', Buffer.from('#!/bin/sh\n')],
    ['is not an ELF file', Buffer.alloc(100_000)],
    ['of a machine that is not supported', Buffer.from(`\x7fELF\x01\x01\x01${'\0'.repeat(60)}`, 'latin1')],
    ['is an ELF program or library, not a core', readFileSync(process.execPath).subarray(0, 4096)],
  ])('%s', async (message, bytes) => {
    const refused = readCore(memory(bytes), { path: 'x' });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });
});

describe('the executable', () => {
  test('another program under the right name is refused, and named', async () => {
    const wrong = join(folder, 'python3.11');
    copyFileSync('/bin/ls', wrong);
    await expect(read(made().path, { executable: wrong })).rejects.toMatchObject({
      code: 'wrong-executable',
      message: expect.stringContaining(wrong),
      help: expect.stringMatching(/Build ID [0-9a-f]{40}/),
    });
  });

  test('a file that is no program is refused', async () => {
    const text = join(folder, 'text');
    writeFileSync(text, 'text');
    await expect(read(made().path, { executable: text })).rejects.toMatchObject({
      code: 'not-an-executable',
    });
  });

  test('the right one under another name is taken', async () => {
    const right = join(folder, 'renamed');
    copyFileSync('/usr/bin/python3.11', right);
    const report = await read(made().path, { executable: right, sysroot: folder });
    expect(report.python.layoutSource).toContain('found by the symbol _PyRuntime');
    expect(report.warnings).toEqual([]);
  });

  test('another build where --search-path leads is not used, and that is said', async () => {
    const other = join(folder, 'other');
    rmSync(other, { recursive: true, force: true });
    const wrong = join(folder, 'python3.11');
    copyFileSync('/bin/ls', wrong);
    const report = await read(made().path, { searchPath: [folder], sysroot: other });
    expect(report.warnings).toContainEqual({
      code: 'wrong-file',
      message: expect.stringContaining(`${wrong} was not used for /usr/bin/python3.11: it has the build ID`),
    });
    expect(report.exceptions[0]?.chain[0]?.type).toBe('RuntimeError');
  });
});

describe('a core that is cut', () => {
  test.each([0.02, 0.3, 0.6, 0.9, 0.98])('at %f of its size', async (share) => {
    const cut = join(folder, 'cut');
    copyFileSync(made().path, cut);
    const whole = readFileSync(cut).length;
    const size = Math.floor(whole * share);
    truncateSync(cut, size);
    const report = await read(cut);
    expect(report.core).toMatchObject({ bytes: size, truncated: true });
    expect(report.core.missing[0]).toMatchObject({ what: 'the end of the core', bytes: whole - size });
    expect(report.process.pid).toBe(made().oracle.pid);
  });

  test.each([
    [1024, '1024 KiB are a round number: probably a limit cut it'],
    [1000, '1000 KiB are a round number: probably a limit cut it'],
    // a multiple of the page, as every core is whose writing was killed
    [1052, 'the writing was killed'],
  ])('%i KiB', async (kibibytes, why) => {
    const cut = join(folder, 'cut');
    copyFileSync(made().path, cut);
    truncateSync(cut, kibibytes * 1024);
    const { missing } = (await read(cut)).core;
    expect(missing[0]?.consequence).toContain(why);
  });
});

test('a free-threaded interpreter of another version is recognised, and said', async (context) => {
  const python = pythonBuild('3.13');
  if (python === undefined) return context.skip('needs Python 3.13');
  const other = await makeCore(python, 'except');
  try {
    const bytes = readFileSync(other.path);
    // _Py_DebugOffsets: the cookie, the version, then whether it is free-threaded.
    for (let at = bytes.indexOf('xdebugpy'); at >= 0; at = bytes.indexOf('xdebugpy', at + 8)) {
      bytes.writeUInt8(16, at + 10);
      bytes.writeUInt32LE(1, at + 16);
    }
    const report = await readCore(memory(bytes), { path: 'x' });
    expect(report.python).toMatchObject({ version: '3.16', freeThreaded: true });
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: 'free-threaded' }));
  } finally {
    other.remove();
  }
});

test('--scan finds an exception that nothing on the stack refers to', async () => {
  const report = await read(made().path, { scan: true });
  expect(report.exceptions.length).toBeGreaterThanOrEqual(1);
  expect(new Set(report.exceptions.map((each) => each.chain[0]?.type))).toContain('RuntimeError');
});

test('mutated cores and layout tables give a report or one clear message', async () => {
  const result = await fuzz([{ path: made().path, minor: 11 }], { cores: 120, layouts: 60, seed: 7 });
  expect(result.failures).toEqual([]);
  expect(result.reports).toBeGreaterThan(100);
  expect(result.withException).toBeGreaterThan(20);
});

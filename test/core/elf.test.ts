import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/core/byte-source.ts';
import { fileBuildId, readElf } from '../../src/core/elf/file.ts';
import { Memory, MissingMemory } from '../../src/core/elf/memory.ts';
import { readNotes } from '../../src/core/elf/notes.ts';
import { insideRoot, openLocalFile } from '../../src/core/local-files.ts';

function source(bytes: Buffer): ByteSource & { reads: number } {
  return {
    size: bytes.length,
    reads: 0,
    read(into, at) {
      this.reads += into.length;
      return at >= bytes.length ? 0 : bytes.copy(into, 0, at, at + into.length);
    },
  };
}

function note(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(5, 0);
  head.writeUInt32LE(data.length, 4);
  head.writeUInt32LE(type, 8);
  head.write('CORE\0', 12, 'latin1');
  return Buffer.concat([head, data]);
}

/** An aarch64 core with more program headers than e_phnum can say (PN_XNUM, elf(5)): the number is in section 0. */
function aarch64Core(): Buffer {
  const status = Buffer.alloc(392);
  status.writeUInt16LE(6, 12);
  status.writeUInt32LE(4711, 32);
  status.writeBigUInt64LE(0xffffdd001000n, 112 + 8 * 31);
  const pointer = Buffer.alloc(8);
  pointer.writeBigUInt64LE(0xffff80001700n);
  const mapped = Buffer.concat([
    ...[1n, 4096n, 0x400000n, 0x401000n, 2n].map((value) => {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(value);
      return word;
    }),
    Buffer.from('/usr/bin/python3.12\0\0\0\0\0'),
  ]);
  const notes = Buffer.concat([note(1, status), note(0x401, pointer), note(0x46494c45, mapped)]);
  const header = Buffer.alloc(64 + 64 + 2 * 56);
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  header.writeUInt16LE(4, 16);
  header.writeUInt16LE(183, 18);
  header.writeBigUInt64LE(128n, 32);
  header.writeBigUInt64LE(64n, 40);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(0xffff, 56);
  header.writeUInt16LE(64, 58);
  header.writeUInt32LE(2, 64 + 44);
  header.writeUInt32LE(4, 128);
  header.writeBigUInt64LE(BigInt(header.length), 128 + 8);
  header.writeBigUInt64LE(BigInt(notes.length), 128 + 32);
  header.writeUInt32LE(1, 184);
  header.writeUInt32LE(6, 188);
  header.writeBigUInt64LE(BigInt(header.length + notes.length), 184 + 8);
  header.writeBigUInt64LE(0x400000n, 184 + 16);
  header.writeBigUInt64LE(16n, 184 + 32);
  header.writeBigUInt64LE(0x1000n, 184 + 40);
  const content = Buffer.alloc(16);
  content.writeBigUInt64LE(0x123456789abcn, 8);
  return Buffer.concat([header, notes, content]);
}

describe('a core of aarch64', () => {
  const core = source(aarch64Core());
  const elf = readElf(core);
  if (elf === undefined) throw new Error('not an ELF file');

  test('headers and notes', () => {
    expect(elf).toMatchObject({ type: 4, machine: 'aarch64', headersMissing: false });
    expect(elf.programHeaders).toHaveLength(2);
    expect(readNotes(core, elf)).toMatchObject({
      signal: 6,
      threads: [{ id: 4711, stackPointer: 0xffffdd001000, threadPointer: 0xffff80001700 }],
      mappings: [{ start: 0x400000, end: 0x401000, offset: 0x2000, path: '/usr/bin/python3.12' }],
    });
  });

  test('memory is bounded by what the file has, not by what the process had', () => {
    const memory = new Memory(core, elf);
    expect(memory.u64(0x400008)).toBe(0x123456789abc);
    expect(() => memory.u64(0x400009)).toThrow(MissingMemory);
    expect(() => memory.u8(0x400fff)).toThrow(MissingMemory);
    expect(() => memory.bytes(0x400000, 2 ** 40)).toThrow(MissingMemory);
    expect(() => memory.u64(NaN)).toThrow(MissingMemory);
    expect(memory.available(0x400000, 4096)).toHaveLength(16);
  });

  test('what a file that was mapped has completes it', () => {
    const memory = new Memory(core, elf);
    memory.overlay(source(Buffer.alloc(4096, 7)), 0x400000, 4096, 0);
    expect(memory.u64(0x400008)).toBe(0x123456789abc);
    expect(memory.u8(0x400fff)).toBe(7);
  });

  test('a corrupted core cannot keep the reader busy', () => {
    const memory = new Memory(core, elf, 100);
    for (let index = 0; index < 100; index += 1) memory.u64(0x400000);
    expect(() => memory.u64(0x400000)).toThrow(MissingMemory);
  });
});

test('a file of 1 TiB is not read for one word', () => {
  const bytes = aarch64Core();
  const big = { ...source(bytes), size: 2 ** 40 };
  const elf = readElf(big);
  if (elf === undefined) throw new Error('not an ELF file');
  new Memory(big, elf).u64(0x400000);
  expect(big.reads).toBeLessThan(100_000);
});

test("the build ID of this machine's programs", () => {
  for (const path of ['/bin/ls', process.execPath]) {
    const file = openLocalFile(path);
    const elf = file === undefined ? undefined : readElf(file);
    if (file === undefined || elf === undefined) throw new Error(path);
    const said = /Build ID: ([0-9a-f]+)/.exec(execFileSync('readelf', ['-n', path], { encoding: 'utf8' }));
    expect(fileBuildId(file, elf)).toBe(said?.[1]);
    file.close();
  }
});

test('symbolic links do not lead out of a root', () => {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-root-'));
  try {
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    writeFileSync(join(root, 'usr/lib/libpython3.12.so'), '');
    symlinkSync('/usr/lib', join(root, 'lib'));
    symlinkSync('../../../../../../etc', join(root, 'usr/etc'));
    symlinkSync('loop', join(root, 'loop'));
    expect(insideRoot(root, '/lib/libpython3.12.so')).toBe(join(root, 'usr/lib/libpython3.12.so'));
    expect(insideRoot(root, '/../../etc/passwd')).toBeUndefined();
    expect(insideRoot(root, '/usr/etc/passwd')).toBeUndefined();
    expect(insideRoot(root, '/loop')).toBeUndefined();
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('what is not a regular file is not opened', () => {
  expect(openLocalFile('/dev/zero')).toBeUndefined();
  expect(openLocalFile('/')).toBeUndefined();
  expect(openLocalFile('/does/not/exist')).toBeUndefined();
});

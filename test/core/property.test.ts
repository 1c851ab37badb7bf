import { assert, constantFrom, double, integer, nat, property, string, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { fileBuildId, readElf, symbolAddress } from '../../src/core/elf/file.ts';
import { Memory, MissingMemory } from '../../src/core/elf/memory.ts';
import { readNotes } from '../../src/core/elf/notes.ts';
import { lineAt } from '../../src/core/python/line-table.ts';
import { floatRepr } from '../../src/core/python/numbers.ts';
import { textRepr } from '../../src/core/python/text.ts';

const bytes = uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));

test('any bytes after an ELF header are read to an end', () => {
  assert(
    property(bytes, constantFrom(62, 183), nat(200), (content, machine, offset) => {
      const file = Buffer.concat([Buffer.alloc(64), content]);
      content.copy(file, 16);
      file.write('\x7fELF\x02\x01\x01', 0, 'latin1');
      file.writeUInt16LE(machine, 18);
      file.writeBigUInt64LE(BigInt(offset), 32);
      file.writeUInt16LE(56, 54);
      const source = {
        size: file.length,
        read: (into: Uint8Array, at: number) =>
          at >= file.length ? 0 : file.copy(into, 0, at, at + into.length),
      };
      const elf = readElf(source);
      if (elf === undefined) throw new Error('not recognised');
      readNotes(source, elf);
      fileBuildId(source, elf);
      symbolAddress(source, elf, '_PyRuntime', '.PyRuntime');
      const memory = new Memory(source, elf);
      for (const { start } of memory.segments) {
        try {
          memory.u64(start);
          memory.cString(start);
        } catch (error) {
          if (!(error instanceof MissingMemory)) throw error;
        }
      }
    }),
  );
});

test('any line table gives a line or none', () => {
  assert(
    property(bytes, integer({ min: 8, max: 15 }), nat(), integer(), (table, minor, first, lasti) => {
      const line = lineAt(minor, table, first, lasti);
      expect(line === undefined || Number.isInteger(line)).toBe(true);
    }),
  );
});

test('a float comes back from its repr', () => {
  assert(
    property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(floatRepr(value))).toBe(value);
      expect(floatRepr(value)).toMatch(/[.e]/);
    }),
  );
});

test('a text in its repr has nothing that acts on a terminal', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(textRepr(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    }),
  );
});

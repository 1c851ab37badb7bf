import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const PT_LOAD = 1;

/** Bytes that the program headers of a core promise and the file does not have; undefined where it is no ELF core (elf(5)). */
export function missingBytes(file: string): number | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(64);
    if (readSync(descriptor, header, 0, 64, 0) < 64) return undefined;
    const isCore = header.readUInt32BE(0) === 0x7f454c46 && header.readUInt16LE(16) === 4;
    if (!isCore || header[4] !== 2 || header[5] !== 1) return undefined;
    const [offset, size, count] = [
      Number(header.readBigUInt64LE(32)),
      header.readUInt16LE(54),
      header.readUInt16LE(56),
    ];
    const headers = Buffer.alloc(size * count);
    if (readSync(descriptor, headers, 0, headers.length, offset) < headers.length) return undefined;
    let end = 0;
    for (let at = 0; at < headers.length; at += size) {
      if (headers.readUInt32LE(at) !== PT_LOAD) continue;
      end = Math.max(end, Number(headers.readBigUInt64LE(at + 8) + headers.readBigUInt64LE(at + 32)));
    }
    return Math.max(0, end - fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

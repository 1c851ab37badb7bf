import { closeSync, openSync, readSync } from 'node:fs';

export type Compression = 'zstd' | 'gzip' | 'xz' | 'lz4';

/**
 * The first bytes of each format: RFC 8878 3.1.1, RFC 1952 2.3.1, tukaani.org/xz/xz-file-format.txt 2.1.1.1,
 * lz4_Frame_format.md.
 */
const MAGIC: readonly [Compression, readonly number[]][] = [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

/** What the file is compressed with, by its first bytes; undefined where it is none of the four. */
export function compressionOf(file: string): Compression | undefined {
  const start = Buffer.alloc(6);
  const descriptor = openSync(file, 'r');
  try {
    const read = readSync(descriptor, start, 0, start.length, 0);
    return MAGIC.find(
      ([, magic]) => magic.length <= read && magic.every((byte, at) => start[at] === byte),
    )?.[0];
  } finally {
    closeSync(descriptor);
  }
}

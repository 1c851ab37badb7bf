import { createHash } from 'node:crypto';
import type { ByteSource } from '../core/byte-source.ts';
import { ET_CORE, PT_NOTE, readBytes, readElf } from '../core/elf/file.ts';

const MOST_NOTE_BYTES = 64 * 1024 * 1024;
const ID_DIGITS = 32;

/**
 * The same for the same core everywhere: 32 hexadecimal digits of the SHA-256 of its program headers and notes, which
 * hold the registers, process ids, mappings and the random bytes of the auxiliary vector (core(5)). undefined where it
 * is no ELF core.
 */
export function coreId(source: ByteSource): string | undefined {
  const elf = readElf(source);
  if (elf === undefined || elf.type !== ET_CORE) return undefined;
  const hash = createHash('sha256').update(`pycrash core 1 ${elf.machine}\n`);
  for (const { type, flags, offset, address, fileSize, memorySize } of elf.programHeaders)
    hash.update(`${[type, flags, offset, address, fileSize, memorySize].join(' ')}\n`);
  for (const { type, offset, fileSize } of elf.programHeaders) {
    if (type === PT_NOTE) hash.update(readBytes(source, offset, Math.min(fileSize, MOST_NOTE_BYTES)));
  }
  return hash.digest('hex').slice(0, ID_DIGITS);
}

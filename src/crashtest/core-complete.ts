import { ET_CORE, PT_LOAD, readElf } from '../core/elf/file.ts';
import { openLocalFile } from '../core/local-files.ts';

/** Bytes that the program headers of a core promise and the file does not have; undefined where it is no ELF core (elf(5)). */
export function missingBytes(path: string): number | undefined {
  const file = openLocalFile(path);
  if (file === undefined) return undefined;
  try {
    const elf = readElf(file);
    if (elf === undefined || elf.type !== ET_CORE || elf.headersMissing) return undefined;
    const loads = elf.programHeaders.filter(({ type }) => type === PT_LOAD);
    const end = Math.max(0, ...loads.map(({ offset, fileSize }) => offset + fileSize));
    return Math.max(0, end - file.size);
  } finally {
    file.close();
  }
}

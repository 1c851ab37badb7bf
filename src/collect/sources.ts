import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ET_CORE, readElf } from '../core/elf/file.ts';
import { openLocalFile } from '../core/local-files.ts';
import { UserError, reasonOf } from '../errors.ts';
import { decompress } from '../report/compression.ts';
import { compressionOf, type Compression } from '../report/compression-format.ts';

/** The cores at the paths that were given: files, and of directories what is directly in them and a core. */
export async function coresAt(paths: readonly string[], cwd: string): Promise<string[]> {
  const cores: string[] = [];
  for (const given of paths) {
    const path = resolve(cwd, given);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      throw new UserError('no-core', `there is no ${given}`, {
        help: 'Give the core, or the directory that kernel.core_pattern puts cores in.',
      });
    }
    if (stat.isDirectory()) cores.push(...(await coresIn(path, given)));
    else cores.push(path);
  }
  return cores;
}

async function coresIn(folder: string, given: string): Promise<string[]> {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      // systemd-coredump calls a core `.#core…` while it writes it
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.#'))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('no-core', `${given} cannot be listed: ${why}`, {
      help: 'Run it as a user who may read the directory.',
    });
  }
  const cores: string[] = [];
  for (const path of names.map((name) => join(folder, name))) if (await isCore(path)) cores.push(path);
  return cores;
}

/** Is it an ELF core (elf(5), e_type), or a compressed one, by its first bytes? Programs and other files are left alone. */
async function isCore(path: string): Promise<boolean> {
  const file = openLocalFile(path);
  if (file === undefined) return false;
  try {
    const compression = compressionOf(path);
    return compression === undefined ? readElf(file)?.type === ET_CORE : await hasCoreIn(path, compression);
  } finally {
    file.close();
  }
}

async function hasCoreIn(path: string, compression: Compression): Promise<boolean> {
  try {
    for await (const chunk of decompress(createReadStream(path), compression)) {
      const isLittleEndian = chunk[5] === 1;
      const isElf = chunk.length > 18 && chunk.subarray(0, 4).toString('latin1') === '\u007FELF';
      return isElf && (isLittleEndian ? chunk.readUInt16LE(16) : chunk.readUInt16BE(16)) === ET_CORE;
    }
  } catch (error) {
    // whether it is one cannot be seen without the program that unpacks it: taken in, it says which that is
    return error instanceof UserError;
  }
  return false;
}

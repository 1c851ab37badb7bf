import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ET_CORE, readElf } from '../core/elf/file.ts';
import { openLocalFile } from '../core/local-files.ts';
import { UserError, reasonOf } from '../errors.ts';

/** The cores at the paths that were given: files, and of directories what is directly in them and a core. */
export function coresAt(paths: readonly string[], cwd: string): string[] {
  return paths.flatMap((given) => {
    const path = resolve(cwd, given);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      throw new UserError('no-core', `there is no ${given}`, {
        help: 'Give the core, or the directory that kernel.core_pattern puts cores in.',
      });
    }
    if (!stat.isDirectory()) return [path];
    return coresIn(path, given);
  });
}

function coresIn(folder: string, given: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('no-core', `${given} cannot be listed: ${why}`, {
      help: 'Run it as a user who may read the directory.',
    });
  }
  return names.map((name) => join(folder, name)).filter(isCore);
}

/** Is it an ELF core (elf(5), e_type), by its first bytes? Programs and other files are left alone. */
function isCore(path: string): boolean {
  const file = openLocalFile(path);
  if (file === undefined) return false;
  try {
    return readElf(file)?.type === ET_CORE;
  } finally {
    file.close();
  }
}

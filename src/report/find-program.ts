import { join, resolve } from 'node:path';
import { fileBuildId, readElf } from '../core/elf/file.ts';
import { insideRoot, openLocalFile, openNamedFile, type OpenFile } from '../core/local-files.ts';
import type { CrashReport } from './model.ts';

interface Places {
  executable?: string;
  sysroot?: string;
  searchPath: readonly string[];
}

/**
 * The program of the core, as a file of this machine with the same build ID; undefined where there is none. It is only
 * ever read. What the user named has been compared by the reader already.
 */
export function findProgram({ process }: Pick<CrashReport, 'process'>, places: Places): string | undefined {
  if (places.executable !== undefined) return resolve(places.executable);
  const { executable: path, buildId } = process;
  if (buildId === undefined || !path.startsWith('/')) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const inside = places.sysroot === undefined ? undefined : insideRoot(places.sysroot, path);
  const candidates = places.searchPath.map((folder) => join(folder, name));
  if (inside !== undefined) candidates.push(inside);
  const found = candidates.find((candidate) => buildIdOf(openLocalFile(candidate)) === buildId);
  if (found !== undefined || places.sysroot !== undefined) return found;
  const named = openNamedFile(path);
  return named !== undefined && 'read' in named && buildIdOf(named) === buildId ? path : undefined;
}

function buildIdOf(file: OpenFile | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const elf = readElf(file);
    return elf === undefined ? undefined : fileBuildId(file, elf);
  } finally {
    file.close();
  }
}

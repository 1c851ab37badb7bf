import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ET_CORE, readElf } from '../core/elf/file.ts';
import { openLocalFile } from '../core/local-files.ts';
import { sysctl } from '../host/checks/kernel.ts';
import { coreDirectories } from '../host/core-directories.ts';
import { coreName, parseCorePattern, writtenPattern } from '../host/core-pattern.ts';
import { processStatus } from '../host/process-status.ts';

/** What a search for the last core came to. */
export interface LastCore {
  /** The newest one. */
  core?: { path: string; written: number };
  /** The folders that were looked at. */
  folders: readonly string[];
  /** `kernel.core_pattern`. */
  pattern: string;
}

/**
 * The newest core that the kernel has written to a file; undefined where it gives cores to a program. Its name alone says
 * where, if the pattern is a path. If not, a core is in the working directory of the process that is gone: the folders of the
 * processes that run now are those of a service that was started again, and those that the generated module goes to
 * (docs/configuration.md, CORE_DIRECTORY).
 */
export function lastCoreFile(cwd: string): LastCore | undefined {
  const text = (sysctl('kernel.core_pattern') ?? '').trimEnd();
  const usesPid = sysctl('kernel.core_uses_pid') === '1';
  const pattern = writtenPattern(parseCorePattern(text), usesPid);
  if (pattern.kind !== 'file') return undefined;
  const place = dirname(pattern.template);
  const folders = pattern.absolute
    ? expanded(place)
    : [cwd, ...ofProcesses(), ...ofModule()].map((folder) => join(folder, place));
  const expected = nameOfAny(pattern.template.slice(pattern.template.lastIndexOf('/') + 1), usesPid);
  const looked = [...new Set(folders)];
  let core: LastCore['core'];
  for (const folder of looked) {
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      const stat = expected.test(name) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
      if (stat?.isFile() !== true || stat.mtimeMs <= (core?.written ?? 0) || !isCore(path)) continue;
      core = { path, written: stat.mtimeMs };
    }
  }
  return { folders: looked, pattern: text, ...(core === undefined ? {} : { core }) };
}

/** The folders that a pattern can mean: `/cores/%e`. */
function expanded(place: string): string[] {
  return place
    .split('/')
    .slice(1)
    .reduce(
      (folders, part) =>
        folders.flatMap((folder) =>
          part.includes('%')
            ? namesIn(folder)
                .filter((name) => nameOfAny(part, false).test(name))
                .map((name) => join(folder, name))
            : [join(folder, part)],
        ),
      ['/'],
    );
}

/** Where the processes of this machine and its containers are, as seen from here. */
function ofProcesses(): string[] {
  const own = linkOf('/proc/self/ns/mnt');
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const root = linkOf(`/proc/${pid}/ns/mnt`) === own ? '' : `/proc/${pid}/root`;
      return coreDirectories(processStatus(Number(pid))).map((folder) => root + folder);
    });
}

/** What the generated module makes where a working directory cannot take the core. */
function ofModule(): string[] {
  return namesIn('/var/tmp')
    .filter((name) => /^pycrash-\d+$/.test(name))
    .map((name) => join('/var/tmp', name));
}

/** The name of a core of any process. */
function nameOfAny(template: string, usesPid: boolean): RegExp {
  const any = { pid: 0, uid: 0, gid: 0, name: '', executable: '', hostname: '', signal: 0, time: 0 };
  const glob = coreName(template.replaceAll(/%[^%]/g, '*'), any, false);
  const shape = glob.replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(`^${shape}${usesPid ? String.raw`(\.\d+)?` : ''}$`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isCore(path: string): boolean {
  const source = openLocalFile(path);
  if (source === undefined) return false;
  try {
    return readElf(source)?.type === ET_CORE;
  } finally {
    source.close();
  }
}

import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { apportCores } from '../host/apport.ts';
import { sysctl } from '../host/checks/kernel.ts';
import { coreFolder } from '../host/checks/storage.ts';
import { coreName, parseCorePattern, writtenPattern, type CorePattern } from '../host/core-pattern.ts';

export interface CoreSettings {
  pattern: CorePattern;
  /** kernel.core_uses_pid */
  usesPid: boolean;
}

/** A core that a process of the service left. */
export interface CollectedCore {
  /** Where the process wrote it, as the service sees it. */
  path: string;
  /** Where it is now. */
  file: string;
  bytes: number;
  /** The pid of the process in its own namespace. */
  pid: number;
}

/** Does systemd-coredump take the cores, so that coredumpctl(1) has them? */
export function takesJournal({ pattern }: CoreSettings): boolean {
  return pattern.kind === 'pipe' && pattern.handler === 'systemd-coredump';
}

/** Does apport take the cores, which has a folder for them? */
export function takesApport({ pattern }: CoreSettings): boolean {
  return pattern.kind === 'pipe' && pattern.handler === 'apport';
}

export interface CrashingProcess {
  /** In its own pid namespace. */
  pid: number;
  /** In the pid namespace of this machine, where that is another one. */
  outside?: number;
  /** Where it may be when it is written, as the process sees it. */
  directories: readonly string[];
  /** Where a chroot(2) has put its root, as seen from outside. */
  rootDirectory?: string | undefined;
  /** In milliseconds since the epoch: what is older is not its core. */
  since?: number;
}

/** What the kernel of this machine does with cores. */
export function coreSettings(): CoreSettings {
  const usesPid = sysctl('kernel.core_uses_pid') === '1';
  return { pattern: writtenPattern(parseCorePattern(sysctl('kernel.core_pattern') ?? ''), usesPid), usesPid };
}

/**
 * Moves the core of `process` to the folder `to`, so that the next one cannot overwrite it; undefined where there is
 * none. `root` is where the service's file system is seen from here, `host` where that of this machine is.
 */
export function collectCore(
  settings: CoreSettings,
  process: CrashingProcess,
  root: string,
  to: string,
  host = '',
): CollectedCore | undefined {
  const found = findCoreFile(settings, process, root, host);
  if (found === undefined) return undefined;
  const file = join(to, `core.${process.pid}`);
  move(found.file, file);
  return { ...found, file };
}

/** The core of `process` where the kernel's pattern, or apport, puts it; undefined where there is none, or another program takes it. */
export function findCoreFile(
  settings: CoreSettings,
  process: CrashingProcess,
  root: string,
  host = '',
): CollectedCore | undefined {
  if (takesApport(settings)) {
    const [core] = apportCores(host, process.outside ?? process.pid) ?? [];
    if (core === undefined || core.modified < (process.since ?? 0)) return undefined;
    return { path: core.path, file: core.path, bytes: core.bytes, pid: process.pid };
  }
  const { pattern, usesPid } = settings;
  if (pattern.kind !== 'file') return undefined;
  const expected = namesOfCore(basename(pattern.template), process.pid, usesPid);
  for (const folder of new Set(process.directories.map((directory) => coreFolder(pattern, directory)))) {
    if (folder === undefined) continue;
    // the working directory is known from outside, and a path of the pattern is looked up from the root of the process
    const here = join(root, pattern.absolute ? (process.rootDirectory ?? '') : '', folder);
    if (!existsSync(here)) continue;
    for (const name of readdirSync(here).filter((one) => expected.test(one))) {
      const file = join(here, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat?.isFile() !== true || stat.mtimeMs < (process.since ?? 0)) continue;
      return { path: join(folder, name), file, bytes: stat.size, pid: process.pid };
    }
  }
  return undefined;
}

/** Everything but the pid stands for any text: a name or a time is not known beforehand. */
function namesOfCore(template: string, pid: number, usesPid: boolean): RegExp {
  const unknown = { uid: 0, gid: 0, name: '', executable: '', hostname: '', signal: 0, time: 0 };
  const glob = coreName(template.replaceAll(/%[^p%]/g, '*'), { pid, ...unknown }, usesPid);
  return new RegExp(`^${glob.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`);
}

function move(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EXDEV' && code !== 'EACCES' && code !== 'EPERM') throw error;
    copyFileSync(source, target);
    // the folder of apport is root's, and the core in it the user's
    if (code === 'EXDEV') rmSync(source);
  }
}

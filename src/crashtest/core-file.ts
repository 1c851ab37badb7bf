import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { coreFolder } from '../host/checks/storage.ts';
import { coreName, type CorePattern } from '../host/core-pattern.ts';

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

export interface CrashingProcess {
  /** In its own pid namespace. */
  pid: number;
  /** As the process sees it. */
  workingDirectory: string | undefined;
}

/**
 * Moves the core of `process` to the folder `to`, so that the next one cannot overwrite it; undefined where there is
 * none. `root` is where the service's file system is seen from here.
 */
export function collectCore(
  settings: CoreSettings,
  process: CrashingProcess,
  root: string,
  to: string,
): CollectedCore | undefined {
  const found = findCoreFile(settings, process, root);
  if (found === undefined) return undefined;
  const file = join(to, `core.${process.pid}`);
  move(found.file, file);
  return { ...found, file };
}

/** The core of `process` where the kernel's pattern puts it; undefined where there is none, or a program takes it. */
export function findCoreFile(
  { pattern, usesPid }: CoreSettings,
  process: CrashingProcess,
  root: string,
): CollectedCore | undefined {
  const folder = coreFolder(pattern, process.workingDirectory);
  if (folder === undefined || pattern.kind !== 'file' || !existsSync(root + folder)) return undefined;
  const expected = namesOfCore(basename(pattern.template), process.pid, usesPid);
  const name = readdirSync(root + folder).find((file) => expected.test(file));
  if (name === undefined) return undefined;
  const file = join(root + folder, name);
  const stat = statSync(file);
  return stat.isFile() ? { path: join(folder, name), file, bytes: stat.size, pid: process.pid } : undefined;
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
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyFileSync(source, target);
    rmSync(source);
  }
}

import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { coreDirectories } from '../core-directories.ts';
import { coreName, type CorePattern } from '../core-pattern.ts';
import type { Check, HostCheck } from '../host-check.ts';
import { findLoadedModule } from '../loaded-module.ts';
import type { ProcessStatus } from '../process-status.ts';
import { coreFolder } from './storage.ts';
import { typedCommand } from '../../typed-command.ts';

/**
 * Can this process make a file where the pattern puts its core, under that name? Where it cannot, but has the generated
 * module, what counts is the folder that this changes to.
 */
export function destinationChecks(
  process: ProcessStatus,
  pattern: Extract<CorePattern, { kind: 'file' }>,
  usesPid: boolean,
  check: Check,
): HostCheck[] {
  const own = folderChecks(process, process.workingDirectory, pattern, usesPid, check);
  const obstacle = own.find(({ verdict }) => verdict === 'bad');
  if (obstacle === undefined || pattern.absolute) return own;
  const isGood = (directory: string) =>
    folderChecks(process, directory, pattern, usesPid, check).every(({ verdict }) => verdict === 'good');
  const instead = coreDirectories(process).slice(1).find(isGood);
  if (instead === undefined || findLoadedModule(process.pid) !== 'found') return own;
  return [
    check('core-folder', 'good', `${obstacle.detail}: the generated module goes to ${instead} for its core`),
  ];
}

function folderChecks(
  process: ProcessStatus,
  directory: string | undefined,
  pattern: Extract<CorePattern, { kind: 'file' }>,
  usesPid: boolean,
  check: Check,
): HostCheck[] {
  const folder = coreFolder(pattern, directory);
  const path = insideProcess(process, folder);
  if (folder === undefined || path === undefined || !isThere(path)) {
    return [
      directory === undefined
        ? check(
            'core-folder',
            'unknown',
            'its working directory cannot be read',
            undefined,
            `sudo ${typedCommand(`doctor --pid ${process.pid}`)}`,
          )
        : check(
            'core-folder',
            'bad',
            `there is no folder ${folder ?? ''} where it runs`,
            'The kernel makes no folders: no core is written.',
          ),
    ];
  }
  const checks: HostCheck[] = [];
  if (isReadOnly(process.pid, folder)) {
    checks.push(
      check(
        'core-folder',
        'bad',
        `${folder} is mounted read-only where it runs`,
        'No core is written.',
        'WorkingDirectory= in a folder that it can write, with ReadWritePaths= under ProtectSystem=strict',
      ),
    );
  } else if (mayWrite(process, path)) {
    checks.push(check('core-folder', 'good', `it may write to ${folder}`));
  } else {
    checks.push(
      check(
        'core-folder',
        'bad',
        `uid ${process.uid} may not write to ${folder}`,
        'The core is written with the rights of the process: none is.',
        'StateDirectory= and WorkingDirectory= in the unit',
      ),
    );
  }
  const name = coreName(
    pattern.template.slice(pattern.template.lastIndexOf('/') + 1),
    {
      pid: process.pid,
      uid: process.uid,
      gid: process.gid,
      name: process.name,
      executable: process.executable ?? '',
      hostname: '',
      signal: 6,
      time: 0,
    },
    usesPid,
  );
  const taken = name.includes('*') ? undefined : nameTaken(process, path, name);
  if (taken !== undefined) {
    checks.push(
      check(
        'core-name-taken',
        'bad',
        `${join(folder, name)} is ${taken}`,
        'It has the name that the core would get: none is written.',
        'sysctl -w kernel.core_uses_pid=1',
      ),
    );
  }
  return checks;
}

/**
 * What keeps the kernel from writing a core of that name; undefined where nothing does. It removes what has the name
 * (do_unlinkat in fs/coredump.c), which takes the right to, and fails for a folder.
 */
function nameTaken(process: ProcessStatus, folder: string, name: string): string | undefined {
  try {
    const there = lstatSync(join(folder, name));
    if (there.isDirectory()) return 'a folder';
    const { mode, uid } = statSync(folder);
    const sticky = (mode & 0o1000) !== 0;
    const removable = process.uid === 0 || !sticky || uid === process.uid || there.uid === process.uid;
    return removable ? undefined : `a file of uid ${there.uid} in a folder with the sticky bit`;
  } catch {
    return undefined;
  }
}

/** Is the folder there, and not removed while the process stays in it? */
function isThere(path: string): boolean {
  return existsSync(path) && statSync(path).nlink > 0;
}

/** A path as the process sees it, through /proc/PID/root, so that its own mount namespace is looked at. */
export function insideProcess(process: ProcessStatus, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  return path === process.workingDirectory ? `/proc/${process.pid}/cwd` : `/proc/${process.pid}/root${path}`;
}

export function mayWrite(process: ProcessStatus, folder: string): boolean {
  // access(2) would ask for this program's own user.
  if (process.uid === 0) return true;
  const { mode, uid, gid } = statSync(folder);
  const needed = 0o3;
  if (uid === process.uid) return ((mode >> 6) & needed) === needed;
  if (gid === process.gid || process.groups.includes(gid)) return ((mode >> 3) & needed) === needed;
  return (mode & needed) === needed;
}

/** Is the mount that holds `folder` read-only in the mount namespace of that process? See proc_pid_mountinfo(5). */
export function isReadOnly(pid: number, folder: string): boolean {
  let best = { length: -1, readOnly: false };
  for (const line of readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n')) {
    const [, , , , point = '', options = ''] = line.split(' ');
    const path = point.replaceAll(/\\(\d{3})/g, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 8)),
    );
    const holds = path !== '' && (folder === path || folder.startsWith(path === '/' ? '/' : `${path}/`));
    // of two mounts on one point the later one is on top
    if (holds && path.length >= best.length)
      best = { length: path.length, readOnly: options.split(',').includes('ro') };
  }
  return best.readOnly;
}

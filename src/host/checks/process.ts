import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { coreName, type CorePattern } from '../core-pattern.ts';
import { hostCheck, type HostCheck } from '../host-check.ts';
import type { ProcessStatus } from '../process-status.ts';
import { findModuleRecord } from '../module-record.ts';
import { coreFolder, formatBytes, spaceCheck } from './storage.ts';

// core(5): private and shared anonymous memory, and the first page of every ELF file.
const DEFAULT_FILTER = 0x33;
const ANONYMOUS_PRIVATE = 0x1;

// Measured: 1.07 GB take 4.8 s to write, 335 MB 1.3 s (a virtual machine's disk): a cautious 200 MB a second.
const BYTES_A_SECOND = 200e6;

/** Checks whether the kernel would write a usable core of this one process, were it to abort now. */
export function processChecks(
  process: ProcessStatus,
  pattern: CorePattern,
  usesPid: boolean,
  cores: number,
): HostCheck[] {
  const subject = `pid ${process.pid} (${process.name})`;
  const check: Check = (id, verdict, ...rest) => hostCheck(subject, id, verdict, ...rest);
  const checks = [
    limitCheck(process, pattern, check),
    dumpableCheck(process, check),
    ...abortChecks(process, check),
  ];
  if (pattern.kind === 'file') checks.push(...destinationChecks(process, pattern, usesPid, check));
  checks.push(
    ...spaceCheck(
      insideProcess(process, coreFolder(pattern, process.workingDirectory)),
      process.residentBytes,
      cores,
      subject,
    ),
  );
  const timeout = serverTimeout(process.commandLine);
  if (timeout !== undefined) {
    const seconds = process.residentBytes / BYTES_A_SECOND;
    checks.push(
      seconds < timeout / 2
        ? check(
            'server-timeout',
            'good',
            `a core of ${formatBytes(process.residentBytes)} takes about ${seconds.toFixed(1)} s, the server waits ${timeout} s`,
          )
        : check(
            'server-timeout',
            'bad',
            `a core of ${formatBytes(process.residentBytes)} takes about ${seconds.toFixed(1)} s, the server kills its worker after ${timeout} s`,
            'gunicorn kills a worker that does not answer with SIGKILL, and the kernel then cuts the core off.',
            `gunicorn --timeout ${Math.ceil(seconds * 3)}`,
          ),
    );
  }
  if (runsPython(process)) checks.push(moduleCheck(process, check));
  return checks;
}

type Check = (
  id: string,
  verdict: HostCheck['verdict'],
  detail: string,
  why?: string,
  command?: string,
) => HostCheck;

function limitCheck({ coreLimit, pid }: ProcessStatus, pattern: CorePattern, check: Check): HostCheck {
  if (coreLimit === undefined)
    return check(
      'core-limit',
      'unknown',
      'its limits cannot be read',
      undefined,
      `sudo pycrash doctor --pid ${pid}`,
    );
  const shown = `core limit: soft ${limit(coreLimit.soft)}, hard ${limit(coreLimit.hard)}`;
  // The limit is not applied to a pipe (fs/coredump.c), but a handler that is given %c applies it itself.
  const applies = pattern.kind !== 'pipe' || pattern.arguments.some((word) => word.includes('%c'));
  if (!applies) {
    return coreLimit.soft === 1
      ? check(
          'core-limit',
          'bad',
          shown,
          'A limit of 1 tells the kernel not to start a pipe handler.',
          raise(pid),
        )
      : check('core-limit', 'good', `${shown}; it does not apply to cores that are piped`);
  }
  if (coreLimit.soft === 'unlimited') return check('core-limit', 'good', shown);
  if (coreLimit.soft === 0) {
    const why =
      coreLimit.hard === 0
        ? 'No core is written, and the process cannot lift the limit itself.'
        : 'No core is written, unless the process lifts its soft limit, as the generated module does.';
    return check(
      'core-limit',
      'bad',
      shown,
      why,
      `LimitCORE=infinity in the unit; for this process: ${raise(pid)}`,
    );
  }
  return check(
    'core-limit',
    'bad',
    shown,
    'A longer core is cut off there.',
    `LimitCORE=infinity in the unit; for this process: ${raise(pid)}`,
  );
}

function dumpableCheck(process: ProcessStatus, check: Check): HostCheck {
  if (process.uid === 0)
    return check(
      'dumpable',
      'unknown',
      'it runs as root, so /proc does not show whether it is dumpable',
      undefined,
      'run the service as a user of its own',
    );
  return process.dumpable === true
    ? check('dumpable', 'good', `it runs as uid ${process.uid} and is dumpable`)
    : check(
        'dumpable',
        'bad',
        `it runs as uid ${process.uid} and is not dumpable`,
        'A process that changes its user without exec loses the flag (PR_SET_DUMPABLE(2const)), and so does one that runs a file with capabilities.',
        'User= in the unit instead of --user of the server',
      );
}

function abortChecks(process: ProcessStatus, check: Check): HostCheck[] {
  const checks: HostCheck[] = [];
  if (process.sigabrt !== 'default') {
    // abort(3) unblocks the signal, and restores the default disposition before it raises it again.
    checks.push(
      check(
        'sigabrt',
        'good',
        `SIGABRT is ${process.sigabrt}; os.abort() gets through, a sent signal would not`,
      ),
    );
  }
  const filter = process.coredumpFilter ?? DEFAULT_FILTER;
  if ((filter & ANONYMOUS_PRIVATE) === 0) {
    checks.push(
      check(
        'coredump-filter',
        'bad',
        `coredump_filter is 0x${filter.toString(16)}: private memory is left out`,
        "Python's objects lie there: the core would be empty (core(5)).",
        `echo 0x33 > /proc/${process.pid}/coredump_filter`,
      ),
    );
  }
  return checks;
}

function destinationChecks(
  process: ProcessStatus,
  pattern: Extract<CorePattern, { kind: 'file' }>,
  usesPid: boolean,
  check: Check,
): HostCheck[] {
  const folder = coreFolder(pattern, process.workingDirectory);
  const path = insideProcess(process, folder);
  if (folder === undefined || path === undefined || !existsSync(path)) {
    return [
      process.workingDirectory === undefined
        ? check(
            'core-folder',
            'unknown',
            'its working directory cannot be read',
            undefined,
            `sudo pycrash doctor --pid ${process.pid}`,
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
  if (!name.includes('*') && isFolder(join(path, name))) {
    checks.push(
      check(
        'core-name-taken',
        'bad',
        `${join(folder, name)} is a folder`,
        'It has the name that the core would get: none is written.',
        'sysctl -w kernel.core_uses_pid=1',
      ),
    );
  }
  return checks;
}

function moduleCheck(process: ProcessStatus, check: Check): HostCheck {
  switch (findModuleRecord(process.pid)) {
    case 'found':
      return check('module-loaded', 'good', 'the generated module is loaded');
    case 'absent':
      return check(
        'module-loaded',
        'bad',
        'the generated module is not in its memory',
        'An uncaught exception is answered with a 500 and leaves no core.',
        'pycrash check',
      );
    case 'unreadable':
      return check(
        'module-loaded',
        'unknown',
        'its memory cannot be read',
        undefined,
        `sudo pycrash doctor --pid ${process.pid}`,
      );
  }
}

function runsPython({ executable, name }: ProcessStatus): boolean {
  return /(^|\/)(python|pypy|uwsgi)[\d.]*$/.test(executable ?? name);
}

/** A path as the process sees it, through /proc/PID/root, so that its own mount namespace is looked at. */
function insideProcess(process: ProcessStatus, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  return path === process.workingDirectory ? `/proc/${process.pid}/cwd` : `/proc/${process.pid}/root${path}`;
}

function mayWrite(process: ProcessStatus, folder: string): boolean {
  // access(2) would ask for this program's own user.
  if (process.uid === 0) return true;
  const { mode, uid, gid } = statSync(folder);
  const needed = 0o3;
  if (uid === process.uid) return ((mode >> 6) & needed) === needed;
  if (gid === process.gid || process.groups.includes(gid)) return ((mode >> 3) & needed) === needed;
  return (mode & needed) === needed;
}

/** Is the mount that holds `folder` read-only in the mount namespace of that process? See proc_pid_mountinfo(5). */
function isReadOnly(pid: number, folder: string): boolean {
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

function isFolder(path: string): boolean {
  try {
    const stat = lstatSync(path);
    // the kernel does not follow a link there either (O_NOFOLLOW, fs/coredump.c)
    return stat.isDirectory() || stat.isSymbolicLink();
  } catch {
    return false;
  }
}

/** Seconds after which gunicorn kills a worker; undefined for other servers, and for 0 (never). */
function serverTimeout(words: readonly string[]): number | undefined {
  if (!words.some((word) => /(^|\/)gunicorn$/.test(word)) && !words[0]?.startsWith('gunicorn:'))
    return undefined;
  const at = words.findIndex((word) => word === '-t' || word === '--timeout');
  const value =
    at >= 0 ? words[at + 1] : words.find((word) => word.startsWith('--timeout='))?.slice('--timeout='.length);
  const seconds = value === undefined ? 30 : Number(value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

function raise(pid: number): string {
  return `prlimit --pid ${pid} --core=unlimited`;
}

function limit(value: number | 'unlimited'): string {
  return value === 'unlimited' || value === 0 ? String(value) : formatBytes(value);
}

import type { CorePattern } from '../core-pattern.ts';
import { checkOf, type Check, type HostCheck } from '../host-check.ts';
import type { ProcessStatus } from '../process-status.ts';
import { destinationChecks, insideProcess } from './core-destination.ts';
import { moduleChecks } from './module.ts';
import { coreFolder, formatBytes, spaceCheck } from './storage.ts';
import { typedCommand } from '../../typed-command.ts';

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
  const subject = subjectOf(process);
  const check = checkOf(subject);
  const checks = [
    limitCheck(process, pattern, check),
    ...fileSizeCheck(process, pattern, check),
    dumpableCheck(process, check),
    ...abortChecks(process, check),
  ];
  if (pattern.kind === 'file') checks.push(...destinationChecks(process, pattern, usesPid, check));
  const folder = coreFolder(pattern, process.workingDirectory);
  checks.push(...spaceCheck(folder, insideProcess(process, folder), process.residentBytes, cores, subject));
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
  checks.push(...moduleChecks(process, check));
  return checks;
}

/** How people see which process it is. */
export function subjectOf({ pid, name }: ProcessStatus): string {
  return `pid ${pid} (${name})`;
}

function limitCheck({ coreLimit, pid }: ProcessStatus, pattern: CorePattern, check: Check): HostCheck {
  if (coreLimit === undefined)
    return check(
      'core-limit',
      'unknown',
      'its limits cannot be read',
      undefined,
      `sudo ${typedCommand(`doctor --pid ${pid}`)}`,
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

/** Of a file, not of a pipe: the kernel counts the core as any other file (core(5), RLIMIT_FSIZE). */
function fileSizeCheck(
  { fileSizeLimit, pid }: ProcessStatus,
  pattern: CorePattern,
  check: Check,
): HostCheck[] {
  if (pattern.kind !== 'file' || fileSizeLimit === undefined || fileSizeLimit.soft === 'unlimited') return [];
  return [
    check(
      'file-size-limit',
      'bad',
      `file size limit: soft ${limit(fileSizeLimit.soft)}, hard ${limit(fileSizeLimit.hard)}`,
      'No file of the process grows over that, and a core is one.',
      `LimitFSIZE=infinity in the unit; for this process: prlimit --pid ${pid} --fsize=unlimited`,
    ),
  ];
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

import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { descendants } from './processes.ts';

/** A resource limit in bytes (getrlimit(2)). */
interface Limit {
  soft: number | 'unlimited';
  hard: number | 'unlimited';
}

/** What /proc says of one process, as far as it decides whether its core is written. See proc(5). */
export interface ProcessStatus {
  pid: number;
  parent: number;
  name: string;
  commandLine: string[];
  /** Effective ids, as the kernel uses them when it writes the core. */
  uid: number;
  gid: number;
  groups: number[];
  /** Absent where /proc does not let us read them (another user's process). */
  workingDirectory?: string;
  rootDirectory?: string;
  executable?: string;
  mountNamespace?: string;
  coreLimit?: Limit;
  /** Of any file that it writes, in bytes. */
  fileSizeLimit?: Limit;
  /** As it was when the process started; absent where it may not be read. */
  environment?: ReadonlyMap<string, string>;
  /** Bits of core(5) "Controlling which mappings are written". */
  coredumpFilter?: number;
  residentBytes: number;
  /** Is SIGABRT ignored, caught, or blocked? */
  sigabrt: 'default' | 'ignored' | 'caught' | 'blocked';
  seccomp: 'none' | 'strict' | 'filter';
  /**
   * PR_GET_DUMPABLE cannot be asked from outside; but the files of a process that is not dumpable belong to root
   * (proc(5)). `undefined` for a process that runs as root: then there is nothing to see.
   */
  dumpable?: boolean;
}

const SIGABRT_BIT = 1n << 5n;

/** Reads `/proc/PID`; undefined where there is no such process. */
export function processStatus(pid: number): ProcessStatus | undefined {
  const folder = `/proc/${pid}`;
  const status = readOrNothing(`${folder}/status`);
  if (status === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const numbers = (name: string): number[] => field(name).split(/\s+/).filter(Boolean).map(Number);
  const has = (name: string): boolean => (BigInt(`0x${field(name) || '0'}`) & SIGABRT_BIT) !== 0n;
  const uid = numbers('Uid')[1] ?? 0;
  const filter = readOrNothing(`${folder}/coredump_filter`);
  const limits = readOrNothing(`${folder}/limits`) ?? '';
  const environment = readOrNothing(`${folder}/environ`);
  // not of the folder itself: fs/proc/base.c task_dump_owner leaves it to the process's user
  const dumpable = uid === 0 ? undefined : ownerOf(`${folder}/status`) === uid;
  return {
    pid,
    parent: numbers('PPid')[0] ?? 0,
    name: field('Name'),
    commandLine: (readOrNothing(`${folder}/cmdline`) ?? '').split('\0').slice(0, -1),
    uid,
    gid: numbers('Gid')[1] ?? 0,
    groups: numbers('Groups'),
    ...definedOnly({
      workingDirectory: linkOrNothing(`${folder}/cwd`),
      rootDirectory: linkOrNothing(`${folder}/root`),
      executable: linkOrNothing(`${folder}/exe`),
      mountNamespace: linkOrNothing(`${folder}/ns/mnt`),
      coreLimit: limitIn(limits, 'core file size'),
      fileSizeLimit: limitIn(limits, 'file size'),
      environment: environment === undefined ? undefined : variablesOf(environment),
      coredumpFilter: filter === undefined ? undefined : Number.parseInt(filter, 16),
      dumpable,
    }),
    residentBytes: (numbers('VmRSS')[0] ?? 0) * 1024,
    sigabrt: has('SigBlk') ? 'blocked' : has('SigIgn') ? 'ignored' : has('SigCgt') ? 'caught' : 'default',
    seccomp: (['none', 'strict', 'filter'] as const)[numbers('Seccomp')[0] ?? 0] ?? 'none',
  };
}

/** The process and everything that descends from it, parents first. */
export function processTree(pid: number): ProcessStatus[] {
  return [pid, ...descendants(pid).map((child) => child.pid)].flatMap((each) => processStatus(each) ?? []);
}

/** Reads the line `Max NAME` of `/proc/PID/limits`, for limits in bytes. */
function limitIn(limits: string, name: string): Limit | undefined {
  const [, soft, hard] = new RegExp(`^Max ${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(limits) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  return { soft: limitOf(soft), hard: limitOf(hard) };
}

function variablesOf(environ: string): ReadonlyMap<string, string> {
  const entries = environ.split('\0').filter((entry) => entry.includes('='));
  return new Map(
    entries.map(
      (entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const,
    ),
  );
}

function limitOf(text: string): number | 'unlimited' {
  return text === 'unlimited' ? text : Number(text);
}

function definedOnly<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function linkOrNothing(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function ownerOf(file: string): number {
  try {
    return statSync(file).uid;
  } catch {
    return -1;
  }
}

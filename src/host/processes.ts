import { readFileSync, readdirSync } from 'node:fs';

/** A process as /proc shows it (proc(5)). */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** `Z` is one that has ended and waits for its parent. */
  state: string;
  /** Start time in clock ticks since boot: with the pid it names a process for ever. */
  startTime: number;
}

/** The process, or undefined where there is none. */
export function processEntry(pid: number): ProcessEntry | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // the command's name, in parentheses, may hold anything
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '?',
    parent: Number(fields[1]),
    startTime: Number(fields[19]),
  };
}

export function isRunning(pid: number): boolean {
  const entry = processEntry(pid);
  return entry !== undefined && entry.state !== 'Z' && entry.state !== 'X';
}

/** Sends a signal; a process that is gone is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Is the kernel writing its core (proc(5), CoreDumping)? */
export function isDumping(pid: number): boolean {
  try {
    return /^CoreDumping:\s*1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Every process below `pid`, itself not included, that has not ended. */
export function descendants(pid: number): ProcessEntry[] {
  const children = new Map<number, ProcessEntry[]>();
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? processEntry(Number(name)) : undefined;
    if (entry === undefined || entry.state === 'Z' || entry.state === 'X') continue;
    children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
  }
  const found: ProcessEntry[] = [];
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of children.get(next) ?? []) {
      found.push(child);
      waiting.push(child.pid);
    }
  }
  return found;
}

/** The pid that the process has in its own pid namespace: what `os.getpid()` gives there, and %p in a core pattern. */
export function ownPid(pid: number): number | undefined {
  try {
    const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return line === undefined ? undefined : Number(line.trim().split(/\s+/).at(-1));
  } catch {
    return undefined;
  }
}

/** Processes that have this entry (`NAME=value`) in the environment that they were started with. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry);
      } catch {
        // another user's, or gone
        return false;
      }
    });
}

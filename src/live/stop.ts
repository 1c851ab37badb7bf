import { readFileSync, readdirSync } from 'node:fs';
import { processEntry, signal } from '../host/processes.ts';
import type { Target } from './watchdog.ts';

const LONGEST_WAIT_MILLISECONDS = 1000;

/** Why stopping (SIGSTOP) would do more than stop, or nothing; undefined where it is fine. */
export function whyNotToStop(pid: number): string | undefined {
  const status = textOf(`/proc/${pid}/status`);
  const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  if (tracer !== 0) {
    return `process ${tracer} traces it (a debugger, strace), and would be told of the stop`;
  }
  const own = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  if (own.length === 1 && own[0] === '1') {
    // pid_namespaces(7)
    return 'it is PID 1 of this PID namespace, and the kernel lets no process in the namespace stop it';
  }
  if (isForegroundJob(pid)) {
    return 'it runs in the foreground of a terminal, whose shell would take the terminal back';
  }
  try {
    process.kill(pid, 0);
  } catch {
    return 'you may read it, but not send it a signal';
  }
  return undefined;
}

/** Has an interactive shell given it the terminal? Such a shell watches its children with WUNTRACED (waitpid(2)). */
function isForegroundJob(pid: number): boolean {
  // proc(5): state, parent, process group, session, terminal, the terminal's foreground group
  const [, parent, group, session, terminal, foreground] = statFields(textOf(`/proc/${pid}/stat`));
  const [, , groupOfParent, sessionOfParent] = statFields(textOf(`/proc/${parent ?? 0}/stat`));
  return terminal !== '0' && group === foreground && session === sessionOfParent && group !== groupOfParent;
}

/** Is every thread of it stopped, by a signal or a debugger? */
export function isStopped(pid: number): boolean {
  return threadStates(pid).every((state) => state === 'T' || state === 't' || state === 'Z' || state === 'X');
}

/**
 * Stops the processes, does `work`, and continues those that were not stopped before, whatever happens. `work` is not
 * done where one does not stop; the result is undefined then.
 */
export function whileStopped<T>(
  targets: readonly Target[],
  work: () => T,
): { milliseconds: number; result: T | undefined } {
  const running = targets.filter(({ pid }) => !isStopped(pid));
  const begin = process.hrtime.bigint();
  let result: T | undefined;
  try {
    for (const { pid } of running) signal(pid, 'SIGSTOP');
    if (running.every(({ pid }) => standsStill(pid))) result = work();
  } finally {
    for (const { pid, startTime } of running) {
      // also where it did not stop: the signal could wait for it
      if (processEntry(pid)?.startTime === startTime) signal(pid, 'SIGCONT');
    }
  }
  return { milliseconds: Number(process.hrtime.bigint() - begin) / 1e6, result };
}

/** Waits until no thread of it can run. False where it has ended, or a signal does not stop it. */
function standsStill(pid: number): boolean {
  const end = Date.now() + LONGEST_WAIT_MILLISECONDS;
  for (;;) {
    const states = threadStates(pid);
    if (states.length === 0) return false;
    const stopped = states.filter((state) => state === 'T' || state === 't').length;
    const ended = states.filter((state) => state === 'Z' || state === 'X').length;
    // what waits in the kernel (D) stops before it comes back to the program: signal(7), do_signal_stop() of kernel/signal.c
    const waiting = states.filter((state) => state === 'D').length;
    if (stopped > 0 && stopped + ended + waiting === states.length) return true;
    if (ended === states.length || Date.now() > end) return false;
  }
}

function threadStates(pid: number): string[] {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).flatMap((thread) => {
      const [state] = statFields(textOf(`${folder}/${thread}/stat`));
      return state === undefined || state === '' ? [] : [state];
    });
  } catch {
    return [];
  }
}

/** The fields of stat from `state` on; the name before it, in parentheses, may hold anything. */
function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

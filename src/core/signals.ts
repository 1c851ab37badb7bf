import type { CrashReport } from '../report/model.ts';
import type { Memory } from './elf/memory.ts';
import type { Modules } from './elf/modules.ts';
import { SI_KERNEL, type CoreNotes } from './elf/notes.ts';

// signal(7); the numbers are the same on x86_64 and aarch64.
const NAMES: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

export function signalName(number: number): string {
  return NAMES[number] ?? `signal ${number}`;
}

type Signal = CrashReport['process']['signal'];

const [SIGABRT, SIGSEGV] = [6, 11];
// gcore(1) and the like write none, or the one that stopped the process: SIGTRAP, SIGSTOP
const LIVING = new Set([0, 5, 19]);
const FAULTS = new Set([4, 7, 8, SIGSEGV]);
const SI_TKILL = -6;
const NEAR = 64 * 1024;

/** The signal, and where it hit. */
export function readSignal(memory: Memory, notes: CoreNotes, modules: Modules): Signal {
  const [thread] = notes.threads;
  const { signal, signalCode, sender, faultAddress } = notes;
  const found: Signal = {
    number: signal,
    name: signalName(signal),
    ...(signalCode === undefined ? {} : { code: signalCode }),
    ...(sender === undefined ? {} : { sender }),
  };
  // what kill(2) sends hits anywhere
  if (thread === undefined || signalCode === undefined || signalCode <= 0) return found;
  const instruction = modules.place(thread.programCounter);
  return {
    ...found,
    instruction,
    ...(faultAddress === undefined ? {} : { address: `0x${faultAddress.toString(16)}` }),
    ...(isStackOverflow(memory, signal, faultAddress, thread.stackPointer) ? { stackOverflow: true } : {}),
  };
}

/** The access that failed was near the stack pointer, and nothing can be written there. */
function isStackOverflow(
  memory: Memory,
  signal: number,
  address: number | undefined,
  stackPointer: number,
): boolean {
  if (signal !== SIGSEGV || address === undefined || stackPointer === 0) return false;
  const segment = memory.segmentAt(address);
  return Math.abs(address - stackPointer) < NEAR && segment?.writable !== true;
}

/** Another process sent it: whatever this one was doing is not why. */
export function isFromOutside({ number, code, sender }: Signal, pid: number): boolean {
  if (LIVING.has(number)) return true;
  return code !== undefined && code <= 0 && sender !== undefined && sender !== pid;
}

/** A fault that a handler of the process took and raised once more: raise(3). */
export function isRaisedAgain({ number, code, sender }: Signal, pid: number): boolean {
  return FAULTS.has(number) && code === SI_TKILL && sender === pid;
}

/** The process gave up by itself: abort(3), which is a fault where the process is the first of a container. */
export function isDeliberate({ number, code }: Signal): boolean {
  return number === SIGABRT || (number === SIGSEGV && code === SI_KERNEL);
}

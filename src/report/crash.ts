import { isDeliberate, isFromOutside } from '../core/signals.ts';
import { printable } from '../printable.ts';
import { ownFrames } from './application-frame.ts';
import type { Crash, CrashReport, ReportedFrame, ReportedThread } from './model.ts';
import { headline } from './printed-chain.ts';
import { shownFrames } from './shown-frames.ts';

/** The thread that took the signal, where it is one of Python's. */
export function crashedThread({ threads }: CrashReport): ReportedThread | undefined {
  return threads.find(({ current }) => current);
}

/** What crashed: the exception of the thread that took the signal, or else what the signal hit. */
export function crashOf(report: CrashReport): Crash {
  const at = report.exceptions.findIndex(({ crashed }) => crashed === true);
  const exception = report.exceptions[at]?.chain[0];
  const frames = exception?.frames.toReversed() ?? crashedThread(report)?.frames ?? [];
  const [inner] = ownFrames(frames, frames[0]);
  const frame =
    inner === undefined ? {} : { frame: { file: inner.file, line: inner.line, function: inner.function } };
  if (exception === undefined) return { title: signalTitle(report, inner), ...frame };
  const [first = ''] = headline(exception).split('\n', 1);
  const { signal } = report.process;
  const title = isFault(report) ? `${signal.name}${hit(report)}, while handling ${first}` : first;
  return { title, exception: at, ...frame };
}

/** `Aborted here`, or what else the signal did where it hit. */
export function stoppedHere({ process: { signal, pid } }: CrashReport): string {
  if (isFromOutside(signal, pid)) return 'Stopped here';
  if (signal.name === 'SIGABRT') return 'Aborted here';
  return `${printable(signal.name)} here`;
}

/** Why no exception is what crashed. */
export function noException({ exceptions, process: { signal, pid } }: CrashReport): string {
  if (exceptions.length === 0) return 'No exception was found in this core.';
  return isFromOutside(signal, pid)
    ? 'The signal came from outside: no exception of this process is its reason.'
    : 'The thread that took the signal was not raising or handling an exception.';
}

function isFault({ process: { signal } }: CrashReport): boolean {
  return signal.instruction !== undefined && !isDeliberate(signal);
}

function signalTitle(report: CrashReport, inner: ReportedFrame | undefined): string {
  const { signal, pid } = report.process;
  if (signal.number === 0)
    return `process ${pid}${report.live === undefined ? ', which had not crashed' : ''}`;
  const thread = crashedThread(report);
  const place = inner === undefined ? '' : `${inner.function} (${inner.file}:${inner.line})`;
  if (signal.stackOverflow === true) {
    const recursion = recursionIn(thread);
    const how = recursion === undefined ? '' : ` by recursion of ${recursion}`;
    return `${signal.name}: stack overflow${how}${recursion === undefined && place !== '' ? ` in ${place}` : ''}`;
  }
  const from = isFromOutside(signal, pid) && signal.sender !== undefined ? sentBy(signal.sender) : '';
  const native = isFault(report) ? hit(report) : '';
  if (place !== '')
    return `${signal.name}${from}${native}${native === '' ? ' in' : ', called from'} ${place}`;
  const foreign = thread === undefined && report.threads.length > 0;
  return `${signal.name}${from}${native}${foreign ? ', in a thread that is not of Python' : ''}`;
}

function sentBy(sender: number): string {
  return sender === 0 ? ' from outside of its PID namespace' : ` from process ${sender}`;
}

/** What the kernel calls shared memory that is no file: mmap(2) with MAP_ANONYMOUS, memfd_create(2), shmget(2). */
const UNNAMED = /^(?:zero|memfd:.*|SYSV[0-9a-f]{8}) \(deleted\)$/;

/** The C code that the fault was in: what a debugger says, or else the symbol or the file. */
function hit(report: CrashReport): string {
  const { instruction } = report.process.signal;
  if (instruction === undefined) return '';
  const [innermost] = crashedThread(report)?.native ?? [];
  const name =
    innermost === undefined || innermost.function === '??' ? instruction.function : innermost.function;
  const library = instruction.library?.slice(instruction.library.lastIndexOf('/') + 1);
  if (library === undefined) return ` at ${instruction.address}, where no code is mapped`;
  if (UNNAMED.test(library)) return ` at ${instruction.address}, in code that was written at run time`;
  return name === undefined ? ` in ${library}` : ` in ${name} of ${library}`;
}

/** The calls that fill the stack: `f (shop/tree.py:9), 20311 times`. */
function recursionIn(thread: ReportedThread | undefined): string | undefined {
  let longest: { names: string; calls: number } | undefined;
  const shown = shownFrames(thread?.frames ?? []);
  shown.forEach(({ frame: { repeated } }, index) => {
    if (repeated === undefined || repeated.of * repeated.times <= (longest?.calls ?? 0)) return;
    const names = shown
      .slice(Math.max(0, index + 1 - repeated.of), index + 1)
      .map(({ frame }) => `${frame.function} (${frame.file}:${frame.line})`);
    // three times in front of the mark and once after it
    const more = thread?.framesIncomplete === true ? ' or more' : '';
    longest = {
      names: `${names.join(', ')}, ${repeated.times + 4} times${more}`,
      calls: repeated.of * repeated.times,
    };
  });
  return longest?.names;
}

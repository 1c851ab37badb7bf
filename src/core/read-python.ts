import type { ReportedException, ReportedTask, ReportedThread } from '../report/model.ts';
import type { Memory } from './elf/memory.ts';
import type { CoreNotes } from './elf/notes.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Exceptions } from './python/exceptions.ts';
import { Frames, type Frame } from './python/frames.ts';
import { readGreenlets } from './python/greenlets.ts';
import { Interpreters, nameTypes, type ThreadState } from './python/interpreters.ts';
import { Objects, ValueBudget } from './python/objects.ts';
import { readRequest } from './python/requests.ts';
import { ExceptionRoots, type Root } from './python/roots.ts';
import type { Runtime } from './python/runtime.ts';
import { scanForExceptions } from './python/scan.ts';
import { readTasks, type FoundTasks } from './python/tasks.ts';
import type { PythonValue } from './python/value.ts';
import type { ReadCoreOptions, UnredactedReport } from './read-core.ts';
import { isDeliberate, isFromOutside } from './signals.ts';

// More of them would bury the other warnings.
const MOST_PLACES = 50;
const MOST_FILES = 5;

/** Fills in all that is Python's; returns its threads, the one that took the signal first. */
export function readPython(
  report: UnredactedReport,
  runtime: Runtime,
  notes: CoreNotes,
  options: ReadCoreOptions,
): ThreadState[] {
  return new PythonReader(report, runtime, notes, options).read();
}

class PythonReader {
  private readonly report: UnredactedReport;
  private readonly memory: Memory;
  private readonly notes: CoreNotes;
  private readonly options: ReadCoreOptions;
  private readonly limits: Limits;
  private readonly objects: Objects;
  private readonly frames: Frames;
  private readonly interpreters: Interpreters;
  private readonly exceptions: Exceptions;
  private readonly roots: ExceptionRoots;
  private readonly seen = new Set<number>();
  /** Exceptions that were reached and are not listed. */
  private unlisted = 0;
  private raised: Frame[] = [];

  constructor(report: UnredactedReport, runtime: Runtime, notes: CoreNotes, options: ReadCoreOptions) {
    const { process } = runtime;
    this.report = report;
    this.memory = process.memory;
    this.notes = notes;
    this.options = options;
    this.limits = { ...LIMITS, ...options.limits };
    this.objects = new Objects(process, this.limits);
    this.frames = new Frames(this.objects);
    this.interpreters = new Interpreters(runtime, this.frames);
    this.exceptions = new Exceptions(this.frames);
    this.roots = new ExceptionRoots(this.interpreters, this.frames, this.exceptions);
    report.python = {
      version: runtime.version,
      implementation: 'cpython',
      freeThreaded: process.layout.freeThreaded,
      layoutSource: `${process.layout.source}; found by ${runtime.foundBy}`,
    };
  }

  read(): ThreadState[] {
    const { report, frames } = this;
    const threads = this.part('threads', () => {
      nameTypes(this.interpreters);
      return this.interpreters.threads(this.notes, this.options.living);
    });
    const crashed = threads.find(({ current }) => current);
    this.part('exceptions of the thread that took the signal', () => this.ofCrash(crashed));
    // before all others: it is what crashed
    const [own] =
      crashed === undefined
        ? []
        : this.part('frames of the thread that took the signal', () => [this.thread(crashed)]);
    this.part('exceptions of other threads', () => {
      for (const thread of threads) {
        if (thread !== crashed) for (const root of this.roots.ofThread(thread)) this.list(root);
      }
    });
    // A hook sees the request on its own stack; an abort in excepthook has it only in the frames of the exception.
    const request = this.part('request', () =>
      readRequest([...(crashed?.frames ?? []), ...this.raised], frames),
    );
    if (request !== undefined) report.request = request;
    report.threads = this.part('frames of other threads', () =>
      threads.map((thread) => (thread === crashed && own !== undefined ? own : this.thread(thread))),
    );
    this.tasks(threads);
    if (this.options.scan === true) this.scan();
    this.warnings(threads);
    return threads;
  }

  /** A part of the report, with reads and a budget for values of its own: what it uses up is missing nowhere else. */
  private part<T>(what: string, read: () => T, reads = this.limits.partReads): T {
    const budget = new ValueBudget(this.objects.limits);
    const result = this.objects.within(budget, () =>
      this.memory.within(reads, read, (_, exhausted) => {
        if (!exhausted) return;
        this.warn(
          'stopped',
          `reading the ${what} was stopped after ${reads} reads: the rest of it is missing`,
        );
      }),
    );
    if (budget.unread > 0) {
      this.warn(
        'values-not-read',
        `${what}: ${budget.unread} value${budget.unread === 1 ? ' was' : 's were'} not read to the end, because of the limits on values`,
      );
    }
    return result;
  }

  private warn(code: string, message: string): void {
    this.report.warnings.push({ code, message });
  }

  /** Lists the exceptions of the thread that took the signal, and marks the one that is the crash's. */
  private ofCrash(crashed: ThreadState | undefined): void {
    const { signal } = this.report.process;
    const outside = isFromOutside(signal, this.report.process.pid);
    const deliberate = isDeliberate(signal);
    for (const root of this.roots.ofCrash(crashed)) {
      const first = this.report.exceptions.every((each) => each.crashed !== true);
      // A fault, or a signal of another process, comes whatever a local or a list refers to.
      const crash =
        first &&
        !outside &&
        (root.handled ||
          (deliberate &&
            (root.postMortem === true || !this.exceptions.wasCaughtIn(root.address, crashed?.frames ?? []))));
      const listed = this.list(root, crash ? { crashed: true } : {});
      if (listed && crash) this.raised = this.exceptions.tracebackFrames(root.address);
    }
    const at = this.report.exceptions.findIndex((each) => each.crashed === true);
    if (at > 0) this.report.exceptions.unshift(...this.report.exceptions.splice(at, 1));
  }

  private list(
    { address, thread, foundVia }: Omit<Root, 'handled'>,
    more: Partial<ReportedException<PythonValue>> = {},
  ): boolean {
    if (this.seen.has(address)) return false;
    if (this.report.exceptions.length >= this.limits.exceptions) {
      this.seen.add(address);
      this.unlisted += 1;
      return false;
    }
    const { chain, leftOut } = this.exceptions.chain(address, this.seen);
    if (chain.length === 0) return false;
    this.report.exceptions.push({
      threadId: String(thread?.ident ?? 0),
      ...this.interpreterOf(thread),
      foundVia,
      ...more,
      chain,
      ...(leftOut > 0 ? { leftOut } : {}),
    });
    return true;
  }

  private interpreterOf(thread: ThreadState | undefined): { interpreter?: number } {
    return thread === undefined || this.interpreters.all.length < 2
      ? {}
      : { interpreter: thread.interpreter };
  }

  private tasks(threads: readonly ThreadState[]): void {
    const all: ReportedTask<PythonValue>[] = [];
    const kinds: [string, () => FoundTasks][] = [
      ['tasks', () => readTasks(this.interpreters, threads, this.frames)],
      ['greenlets', () => readGreenlets(this.interpreters, this.frames)],
    ];
    for (const [what, read] of kinds) {
      const found = this.part(what, read);
      this.part(`exceptions of ${what}`, () => {
        for (const { task, exception } of found.handled) {
          if (!this.exceptions.is(exception)) continue;
          const foundVia = `exc_info of the ${what.slice(0, -1)}: it was being handled`;
          this.list({ address: exception, thread: undefined, foundVia }, { task: all.length + task });
        }
      });
      all.push(...found.tasks);
      if (found.leftOut > 0 || !found.complete) {
        const [more, rest] = [
          found.leftOut > 0 ? `, ${found.leftOut} more are not` : '',
          found.complete ? '' : '; the process can have others: the search ended at a limit',
        ];
        this.warn(`${what}-incomplete`, `${found.tasks.length} ${what} are listed${more}${rest}`);
      }
    }
    if (all.length > 0) this.report.tasks = all;
  }

  private scan(): void {
    const { memory, exceptions, limits } = this;
    let found = 0;
    const scan = scanForExceptions(memory, exceptions, limits.scannedBytes);
    // Each word costs a read or two, and each exception that is found as much as any other.
    const { written } = scan;
    this.part(
      'scan of the heap',
      () => {
        for (const address of scan.addresses()) {
          if (this.seen.has(address)) continue;
          if ((found += 1) > limits.scanned) break;
          this.list({ address, thread: undefined, foundVia: 'scan of the heap' });
        }
      },
      this.limits.partReads + written,
    );
    if (scan.left > 0 || found > limits.scanned) {
      this.warn(
        'scan-incomplete',
        found > limits.scanned
          ? `the scan ended after ${limits.scanned} exceptions; ${scan.left} bytes were not searched`
          : `${scan.left} bytes of writable memory were not searched: the limit is ${scan.most}`,
      );
    }
  }

  private warnings(threads: readonly ThreadState[]): void {
    const { report, interpreters } = this;
    if (report.exceptions.length === 0 && this.options.living === undefined) {
      this.warn(
        'no-exception',
        'no exception is reachable: none was being handled or was held by a frame; one that was handled and dropped is gone' +
          (this.options.scan === true ? '' : ' (--scan looks through the whole heap)'),
      );
    }
    if (this.unlisted > 0) {
      this.warn(
        'exceptions-left-out',
        `${this.unlisted} more exceptions are not listed: the limit is ${this.limits.exceptions}`,
      );
    }
    const { leftOut, compiled } = this.objects;
    for (const compiler of new Set(compiled.values())) {
      const files = [...compiled].flatMap(([file, by]) => (by === compiler ? [file] : []));
      const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more files` : '';
      this.warn(
        'compiled',
        `functions are compiled to C by ${compiler}, which keeps their locals where a report cannot read them: ${files.slice(0, MOST_FILES).join(', ')}${more}`,
      );
    }
    const places = [...leftOut].slice(0, MOST_PLACES);
    for (const message of places) this.warn('left-out', message);
    if (leftOut.size > places.length)
      this.warn('left-out', `something is left out in ${leftOut.size - places.length} more places`);
    for (const thread of threads) {
      if (!thread.cut || thread.torn) continue;
      this.warn(
        'stack-incomplete',
        `the frames of thread ${thread.name ?? thread.ident} could not be read to the end: ${thread.frames.length} were`,
      );
    }
    if (interpreters.all.length > 1) {
      this.warn(
        'subinterpreters',
        `the process has ${interpreters.all.length} interpreters; the threads of all of them are listed`,
      );
    }
    if (threads.length === 0) {
      report.core.missing.push({ what: 'the thread states', consequence: 'no Python frames can be shown' });
    }
  }

  private thread(thread: ThreadState): ReportedThread<PythonValue> {
    const calls = thread.frames.map((frame) => ({ frame, lasti: frame.lasti, line: 0 }));
    // in a core it is that of the crash alone
    const request = this.options.living === undefined ? undefined : readRequest(thread.frames, this.frames);
    return {
      id: String(thread.ident),
      osThreadId: thread.nativeId,
      ...(thread.name === undefined ? {} : { name: thread.name }),
      ...this.interpreterOf(thread),
      current: thread.current,
      ...(thread.holdsGil === undefined ? {} : { holdsGil: thread.holdsGil }),
      ...(thread.cut ? { framesIncomplete: true } : {}),
      ...(thread.torn ? { torn: true } : {}),
      ...(request === undefined ? {} : { request }),
      frames: this.frames.reportedStack(calls, 'first'),
    };
  }
}

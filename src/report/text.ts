import { cutMark } from '../core/python/value.ts';
import { printable, printableLines, shellQuoted } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { isApplicationFrame, ownFrames } from './application-frame.ts';
import { crashedThread, noException, stoppedHere } from './crash.ts';
import type {
  ChainedException,
  CrashReport,
  LiveReading,
  ReportedException,
  ReportedFrame,
  ReportedThread,
  ReportedValue,
} from './model.ts';
import { headline, printedChain, remarks, type PrintedException } from './printed-chain.ts';
import { shownFrames } from './shown-frames.ts';

export interface TextOptions {
  /** The frames of every thread, not one line each. */
  threads: boolean;
  /** Whose locals to show. */
  locals: 'app' | 'all' | 'none';
  /** Cut longer values here; the JSON has them whole. */
  width: number;
  /** Only these parts. */
  parts?: readonly ('head' | 'crash' | 'request' | 'threads')[];
}

type Style = Parameters<Terminal['style']>[0];
type Paint = (style: Style, text: string) => string;

/** The report for people: what crashed first, then where the signal hit, then everything else. */
export function reportText(report: CrashReport, options: TextOptions, paint: Paint): string {
  const page = new Page(options, paint);
  const parts = new Set(options.parts ?? ['head', 'crash', 'request', 'threads']);
  if (parts.has('head')) page.head(report);
  if (parts.has('crash')) {
    if (report.live === undefined) page.crash(report);
    else page.firstThread(report);
  }
  if (parts.has('request')) page.request(report);
  if (parts.has('threads')) {
    if (report.crash.exception !== undefined) page.crashedThread(report);
    page.otherExceptions(report);
    page.threads(report);
    page.tasks(report);
  }
  if (parts.has('head')) page.foot(report);
  return `${page.lines.join('\n').replace(/^\n/, '')}\n`;
}

class Page {
  readonly lines: string[] = [];
  readonly #options: TextOptions;
  readonly #paint: Paint;

  constructor(options: TextOptions, paint: Paint) {
    this.#options = options;
    this.#paint = paint;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  blank(): void {
    this.lines.push('');
  }

  head({ core, crash, process, python, fingerprint, live }: CrashReport): void {
    const { signal } = process;
    const what = live === undefined ? `${printable(signal.name)} in process` : 'Process';
    this.line(this.#paint('bold', `${what} ${process.pid}: ${words(process.cmdline)}`));
    if (live === undefined) {
      this.line(`crash        ${this.#paint(['bold', 'red'], printable(crash.title))}`);
      this.line(
        `core         ${printable(core.path)}, ${size(core.bytes)}${core.truncated ? ', truncated' : ''}`,
      );
    } else {
      this.line(`memory       ${printable(core.path)}, ${size(core.bytes)} read, ${howRead(live)}`);
    }
    this.line(
      `executable   ${printable(process.executable)}${process.buildId === undefined ? '' : `, build ID ${process.buildId}`}`,
    );
    const threading = python.freeThreaded ? ', free-threaded' : '';
    if (python.version !== '')
      this.line(`python       ${printable(`${python.implementation} ${python.version}${threading}`)}`);
    if (process.cwd !== undefined) this.line(`directory    ${printable(process.cwd)}`);
    if (fingerprint !== '') this.line(`fingerprint  ${fingerprint}`);
    for (const missing of core.missing) {
      const bytes = missing.bytes === undefined ? '' : ` (${size(missing.bytes)})`;
      this.line(
        this.#paint('yellow', printable(`missing      ${missing.what}${bytes}: ${missing.consequence}`)),
      );
    }
  }

  /** The exception of the thread that took the signal, or else its frames. */
  crash(report: CrashReport): void {
    const exception = report.exceptions[report.crash.exception ?? -1];
    if (exception !== undefined) return this.#listed(exception, 'Found via');
    this.blank();
    this.line(this.#paint('yellow', noException(report)));
    this.crashedThread(report);
  }

  /** Of a process that runs: its main thread. */
  firstThread({ threads: [thread] }: CrashReport): void {
    if (thread === undefined) return;
    this.blank();
    this.line(this.#paint('bold', `${capital(threadName(thread))} (most recent call first):`));
    this.#stack(thread, this.#options.locals !== 'none');
    this.request(thread);
  }

  /** Where the signal hit; with the values that explain it where no exception has them. */
  crashedThread(report: CrashReport): void {
    const thread = crashedThread(report);
    this.blank();
    if (thread === undefined) {
      const where =
        report.threads.length > 0
          ? ", in a thread that is not one of Python's."
          : '. The threads of Python could not be read: see what is missing.';
      this.line(this.#paint('bold', `${stoppedHere(report)}${where}`));
      return;
    }
    this.line(
      this.#paint('bold', `${stoppedHere(report)}, in ${threadName(thread)} (most recent call first):`),
    );
    const { locals } = this.#options;
    this.#stack(thread, report.crash.exception === undefined ? locals !== 'none' : locals === 'all');
  }

  /** Every other exception, under the thread or task that it belongs to. */
  otherExceptions(report: CrashReport): void {
    report.exceptions.forEach((exception, index) => {
      if (index === report.crash.exception) return;
      this.#listed(exception, `${belongsTo(report, exception)}, found via`);
    });
  }

  #listed(exception: ReportedException, found: string): void {
    const printed = printedChain(exception);
    if (printed === undefined) return;
    this.blank();
    this.line(this.#paint('dim', `${found} ${printable(exception.foundVia)}`));
    this.#exception(printed, '');
  }

  /** As Lib/traceback.py prints it: what came before, then this one, then the members of a group. */
  #exception(printed: PrintedException, margin: string): void {
    if (printed.before !== undefined) {
      this.#exception(printed.before.printed, margin);
      this.line(margin.trimEnd());
      this.line(`${margin}${this.#paint('dim', printed.before.sentence)}`);
      this.line(margin.trimEnd());
    }
    const group = printed.members.length > 0;
    if (printed.exception.frames.length > 0) {
      this.line(`${margin}${group ? 'Exception Group Traceback' : 'Traceback'} (most recent call last):`);
      this.#frames(printed.exception.frames, `${margin}  `);
    }
    this.#headline(printed.exception, margin);
    for (const [at, member] of printed.members.entries()) {
      this.line(`${margin}  +---------------- ${at + 1} ----------------`);
      this.#exception(member, `${margin}  | `);
    }
    const { membersLeftOut = 0 } = printed.exception;
    if (membersLeftOut > 0) this.line(`${margin}  +---------------- … ${membersLeftOut} more`);
    if (group) this.line(`${margin}  +------------------------------------`);
    if (printed.hidden !== undefined) {
      this.line(margin.trimEnd());
      this.line(`${margin}${this.#paint('dim', 'Hidden by `raise … from …`, but in the core:')}`);
      this.#exception(printed.hidden, `${margin}  `);
    }
  }

  #headline(exception: ChainedException, margin: string): void {
    const [first, ...rest] = printableLines(headline(exception)).split('\n');
    this.line(`${margin}${this.#paint(['bold', 'red'], first ?? '')}`);
    for (const line of [...rest, ...remarks(exception).flatMap((note) => printableLines(note).split('\n'))]) {
      this.line(`${margin}${line}`);
    }
    if (this.#options.locals !== 'none') this.#values(exception.attributes ?? {}, margin);
  }

  /** Frames in the order given; `innermost` says at which end the crash is. */
  #frames(
    frames: readonly ReportedFrame[],
    margin: string,
    withLocals = this.#options.locals !== 'none',
    innermost: 'first' | 'last' = 'last',
  ): void {
    const shown = shownFrames(frames);
    const all = shown.map(({ frame }) => frame);
    const mine = ownFrames(all, innermost === 'last' ? all.at(-1) : all[0]);
    for (const { frame, notes } of shown) {
      const own = mine.has(frame);
      this.#frame(frame, margin, withLocals && (own || this.#options.locals === 'all'), own);
      for (const note of notes) this.line(`${margin}${this.#paint('dim', note)}`);
    }
  }

  #frame(frame: ReportedFrame, margin: string, withLocals: boolean, own: boolean): void {
    const where = `File "${printable(frame.file)}", line ${frame.line}, in ${printable(frame.function)}`;
    this.line(`${margin}${own ? where : this.#paint('dim', where)}`);
    if (frame.source !== undefined) {
      const doubt = frame.sourceDoubtful === true ? this.#paint('yellow', '  (file changed since)') : '';
      this.line(`${margin}  ${this.#paint('bold', printable(frame.source))}${doubt}`);
    }
    if (withLocals) this.#values(frame.locals, margin);
  }

  #values(values: Record<string, ReportedValue>, margin: string): void {
    for (const [name, value] of Object.entries(values)) {
      const cut = this.#cut(value.repr);
      const shown = value.redacted ? this.#paint('magenta', cut) : cut;
      this.line(`${margin}    ${this.#paint('cyan', printable(name))} = ${shown}`);
    }
  }

  request({ request }: Pick<CrashReport, 'request'>): void {
    if (request === undefined) return;
    this.blank();
    const query = request.query === undefined || request.query === '' ? '' : `?${request.query}`;
    const what = `${request.method ?? 'request'} ${request.path ?? ''}${query}`;
    this.line(this.#paint('bold', printable(`Request (${request.framework}): ${what}`)));
    if (request.view !== undefined) this.line(`  view ${printable(request.view)}`);
    if (request.user !== undefined) this.line(`  user ${this.#cut(request.user)}`);
    for (const [name, value] of Object.entries(request.headers)) {
      this.line(`  ${this.#paint('cyan', printable(name))}: ${this.#cut(value)}`);
    }
  }

  threads({ threads, live }: CrashReport): void {
    const others = live === undefined ? threads.filter((thread) => !thread.current) : threads.slice(1);
    if (others.length === 0) return;
    this.blank();
    if (this.#options.threads) {
      for (const thread of others) {
        this.line(this.#paint('bold', `${capital(threadName(thread))} (most recent call first):`));
        this.#stack(thread, this.#options.locals !== 'none');
        this.request(thread);
        this.blank();
      }
      this.lines.pop();
      return;
    }
    const count = `${others.length} other thread${others.length === 1 ? '' : 's'}`;
    this.line(`${this.#paint('bold', count)} ${this.#paint('dim', '(--threads shows all of their frames)')}`);
    for (const thread of others) {
      const [top] = thread.frames;
      // the innermost call of the application says more than the lock it waits in
      const own = thread.frames.find(isApplicationFrame) ?? top;
      const where = own === undefined ? 'no Python frame' : `${own.file}:${own.line} in ${own.function}`;
      const waits = top === undefined || top === own ? '' : `, now in ${top.function}`;
      const { method = '', path = '' } = thread.request ?? {};
      const work = thread.request === undefined ? '' : `, for ${method} ${path}`;
      this.line(`  ${threadName(thread)}: ${printable(where + waits + work)}`);
    }
  }

  /** The frames of a thread; those of Python in the place of the call of the interpreter's loop that runs them. */
  #stack({ frames, native = [], framesIncomplete }: ReportedThread, withLocals: boolean): void {
    const merged = native.some((each) => each.python !== undefined);
    let done = 0;
    if (!merged) this.#frames(frames, '  ', withLocals, 'first');
    for (const { function: name, library, address, python = 0 } of native) {
      if (python > 0) {
        this.#frames(frames.slice(done, done + python), '  ', withLocals, 'first');
        done += python;
        continue;
      }
      const file = library === undefined ? '' : ` in ${library.slice(library.lastIndexOf('/') + 1)}`;
      this.line(this.#paint('dim', printable(`  native ${address} ${name}${file}`)));
    }
    if (merged) this.#frames(frames.slice(done), '  ', withLocals, 'first');
    if (framesIncomplete === true) this.line(this.#paint('dim', '  [… more frames, which were not read]'));
  }

  tasks({ tasks = [] }: CrashReport): void {
    if (tasks.length === 0) return;
    this.blank();
    this.line(this.#paint('bold', `${tasks.length} task${tasks.length === 1 ? '' : 's'}`));
    for (const task of tasks) {
      const state = task.state === undefined ? '' : ` (${task.state})`;
      const awaits =
        task.awaits === undefined || task.awaits.length === 0 ? '' : `: ${task.awaits.join(' → ')}`;
      this.line(printable(`  ${task.kind} ${task.name ?? ''}${state}${awaits}`));
      this.#frames(task.frames, '    ', this.#options.threads && this.#options.locals !== 'none');
    }
  }

  foot({ warnings, secretsShown }: CrashReport): void {
    if (warnings.length > 0) this.blank();
    for (const warning of warnings)
      this.line(this.#paint('yellow', `warning: ${printable(warning.message)}`));
    if (secretsShown === true) {
      this.blank();
      this.line(
        this.#paint(
          ['bold', 'yellow'],
          'Nothing is redacted in this report (--redact none): do not pass it on.',
        ),
      );
    }
  }

  #cut(text: string): string {
    const shown = printable(text);
    const left = shown.length - this.#options.width;
    return left > 0 ? shown.slice(0, this.#options.width) + cutMark(left, 'characters') : shown;
  }
}

function threadName(thread: ReportedThread): string {
  const name = thread.name === undefined ? '' : ` "${printable(thread.name)}"`;
  const torn = thread.torn === true ? ', which ran while it was read' : '';
  return `thread ${thread.osThreadId}${name}${interpreterOf(thread)}${thread.holdsGil === true ? ', which holds the GIL' : ''}${torn}`;
}

/** A thread has frames of its own in each interpreter that it runs code of. */
export function interpreterOf({ interpreter }: ReportedThread): string {
  if (interpreter === undefined) return '';
  return interpreter === 0 ? ' in the main interpreter' : ` in interpreter ${interpreter}`;
}

/** Whose an exception is that is not the crash's: `In thread 8 "worker"`. */
export function belongsTo({ tasks, threads }: CrashReport, exception: ReportedException): string {
  const task = tasks?.[exception.task ?? -1];
  if (task !== undefined)
    return `In ${task.kind === 'asyncio' ? 'task' : task.kind} ${printable(task.name ?? '')}`;
  const thread = threads.find(
    ({ id, interpreter }) => id === exception.threadId && interpreter === exception.interpreter,
  );
  if (thread === undefined) return 'Also in this core';
  return thread.current ? 'Also in the thread that took the signal' : `In ${threadName(thread)}`;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}

/** How a process was read, in words. */
export function howRead({ stop, stops, stoppedMilliseconds = 0, wasStopped }: LiveReading): string {
  if (wasStopped === true) return 'while it was stopped already';
  if (stop === 'none') return 'while it ran';
  const times = stops === 1 ? '' : ` (the longest of ${stops} stops)`;
  return `stopped for ${stoppedMilliseconds.toFixed(1)} ms${times}`;
}

/** A command line as it could be typed. */
function words(cmdline: readonly string[]): string {
  const quoted = cmdline.map((word) => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : shellQuoted(word)));
  return printable(quoted.join(' '));
}

/** `33.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

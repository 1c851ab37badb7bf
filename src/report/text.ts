import { printable, printableLines, shellQuoted } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { ChainedException, CrashReport, ReportedFrame, ReportedThread, ReportedValue } from './model.ts';
import { headline, printedChain, remarks, type PrintedException } from './printed-chain.ts';

export interface TextOptions {
  /** The frames of every thread, not one line each. */
  threads: boolean;
  /** Whose locals to show. */
  locals: 'app' | 'all' | 'none';
  /** Cut longer values here; the JSON has them whole. */
  width: number;
  /** Only these parts. */
  parts?: readonly ('head' | 'exceptions' | 'request' | 'threads')[];
}

type Style = Parameters<Terminal['style']>[0];
type Paint = (style: Style, text: string) => string;

/** The report for people: the exception first, then where the process aborted, then everything else. */
export function reportText(report: CrashReport, options: TextOptions, paint: Paint): string {
  const page = new Page(options, paint);
  const parts = new Set(options.parts ?? ['head', 'exceptions', 'request', 'threads']);
  if (parts.has('head')) page.head(report);
  if (parts.has('exceptions')) page.exceptions(report);
  if (parts.has('request')) page.request(report);
  if (parts.has('threads')) {
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

  head({ core, process, python, fingerprint }: CrashReport): void {
    const { signal } = process;
    this.line(
      this.#paint('bold', `${printable(signal.name)} in process ${process.pid}: ${words(process.cmdline)}`),
    );
    this.line(
      `core         ${printable(core.path)}, ${size(core.bytes)}${core.truncated ? ', truncated' : ''}`,
    );
    this.line(
      `executable   ${printable(process.executable)}${process.buildId === undefined ? '' : `, build ID ${process.buildId}`}`,
    );
    const threading = python.freeThreaded ? ', free-threaded' : '';
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

  exceptions({ exceptions }: CrashReport): void {
    if (exceptions.length === 0) {
      this.blank();
      this.line(this.#paint('yellow', 'No exception was found in this core.'));
    }
    for (const [at, exception] of exceptions.entries()) {
      const printed = printedChain(exception);
      if (printed === undefined) continue;
      this.blank();
      const found = `ound via ${printable(exception.foundVia)}`;
      this.line(this.#paint('dim', at === 0 ? `F${found}` : `Also in this core, f${found}`));
      this.#exception(printed, '');
    }
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

  /** Frames in the order given; a recursion is cut as Python cuts it, after the third time. */
  #frames(
    frames: readonly ReportedFrame[],
    margin: string,
    withLocals = this.#options.locals !== 'none',
  ): void {
    const application = frames.some(isApplicationFrame);
    let repeated = 0;
    for (const [at, frame] of frames.entries()) {
      repeated = sameCall(frame, frames[at - 1]) ? repeated + 1 : 0;
      if (repeated < 3 || at === frames.length - 1) {
        const own = isApplicationFrame(frame) || (!application && at === frames.length - 1);
        this.#frame(frame, margin, withLocals && (own || this.#options.locals === 'all'), own);
      } else if (!sameCall(frame, frames[at + 1]) || at === frames.length - 2) {
        this.line(`${margin}${this.#paint('dim', `[Previous line repeated ${repeated - 2} more times]`)}`);
      }
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

  request({ request }: CrashReport): void {
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

  threads({ threads }: CrashReport): void {
    const aborted = threads.filter((thread) => thread.current);
    for (const thread of aborted) {
      this.blank();
      this.line(this.#paint('bold', `Aborted here, in ${threadName(thread)} (most recent call first):`));
      this.#stack(thread, this.#options.locals === 'all');
    }
    const others = threads.filter((thread) => !thread.current);
    if (others.length === 0) return;
    this.blank();
    if (this.#options.threads) {
      for (const thread of others) {
        this.line(this.#paint('bold', `${capital(threadName(thread))} (most recent call first):`));
        this.#stack(thread, this.#options.locals !== 'none');
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
      this.line(`  ${threadName(thread)}: ${printable(where + waits)}`);
    }
  }

  /** The frames of a thread; those of Python in the place of the call of the interpreter's loop that runs them. */
  #stack({ frames, native = [] }: ReportedThread, withLocals: boolean): void {
    const merged = native.some((each) => each.python !== undefined);
    let done = 0;
    if (!merged) this.#frames(frames, '  ', withLocals);
    for (const { function: name, library, address, python = 0 } of native) {
      if (python > 0) {
        this.#frames(frames.slice(done, done + python), '  ', withLocals);
        done += python;
        continue;
      }
      const file = library === undefined ? '' : ` in ${library.slice(library.lastIndexOf('/') + 1)}`;
      this.line(this.#paint('dim', printable(`  native ${address} ${name}${file}`)));
    }
    if (merged) this.#frames(frames.slice(done), '  ', withLocals);
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
    return shown.length > this.#options.width ? `${shown.slice(0, this.#options.width)}…` : shown;
  }
}

function sameCall(frame: ReportedFrame, other: ReportedFrame | undefined): boolean {
  return (
    other !== undefined &&
    frame.file === other.file &&
    frame.line === other.line &&
    frame.function === other.function
  );
}

function threadName(thread: ReportedThread): string {
  const name = thread.name === undefined ? '' : ` "${printable(thread.name)}"`;
  return `thread ${thread.osThreadId}${name}${thread.holdsGil === true ? ', which holds the GIL' : ''}`;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
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

import { existsSync } from 'node:fs';
import { printable, printableLines } from '../printable.ts';
import type { CrashReport, ReportedFrame } from './model.ts';
import { headline } from './printed-chain.ts';
import { reportText, type TextOptions } from './text.ts';

/** What `templates/gdb/pycrash_commands.py` shows: texts, ready to be printed. */
interface GdbState {
  /** `py-exc`, without and with locals. */
  chain: string;
  chainLocals: string;
  exceptions: { headline: string; frames: { text: string; locals: string[] }[] }[];
  /** Frames of the thread that aborted, for `py-bt` without symbols. */
  threads: string;
  symbolsHint: string;
  /** CPython's own gdb script for this version, where it is installed. */
  libpython: string;
}

/** The state for gdb; `message` stands for the report where the core could not be read. */
export function gdbState(report: CrashReport | undefined, message: string): GdbState {
  const version = /^\d+\.\d+/.exec(report?.python.version ?? '')?.[0] ?? '3';
  const text = (parts: TextOptions['parts'] & object, locals: 'app' | 'none'): string =>
    report === undefined
      ? message
      : reportText(report, { threads: false, locals, width: 400, parts }, (_, shown) => shown).trimEnd();
  // nothing has crashed in a process that runs: the exceptions that its threads are handling are listed before these
  const part = report?.live === undefined ? 'crash' : 'threads';
  const first = report?.crash.exception ?? (report?.live === undefined ? -1 : 0);
  return {
    chain: text([part], 'none'),
    chainLocals: text([part], 'app'),
    exceptions: (report?.exceptions[first]?.chain ?? []).map((exception) => ({
      headline: printableLines(headline(exception)),
      frames: exception.frames.toReversed().map(shownFrame),
    })),
    threads: text(['threads'], 'none'),
    symbolsHint:
      `gdb has no debug symbols of this Python. Debian and Ubuntu: apt-get install python${version}-dbg; ` +
      `Fedora: dnf debuginfo-install python${version}; or set DEBUGINFOD_URLS. ` +
      'py-exc, py-tb and py-tb-locals work without them.',
    libpython: libpythonScript(version) ?? '',
  };
}

function shownFrame(frame: ReportedFrame, index: number): { text: string; locals: string[] } {
  const source = frame.source === undefined ? '' : `\n    ${printable(frame.source)}`;
  return {
    text: `#${index} File "${printable(frame.file)}", line ${frame.line}, in ${printable(frame.function)}${source}`,
    locals: Object.entries(frame.locals).map(
      ([name, value]) => `${printable(name)} = ${printable(value.repr)}`,
    ),
  };
}

/** Only from gdb's own folder, which root alone can write to: a script is executed, and the core names none. */
function libpythonScript(version: string): string | undefined {
  const folder = '/usr/share/gdb/auto-load';
  return [
    `${folder}/usr/bin/python${version}-gdb.py`,
    ...['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'lib64', 'lib'].map(
      (library) => `${folder}/usr/${library}/libpython${version}.so.1.0-gdb.py`,
    ),
  ].find((script) => existsSync(script));
}

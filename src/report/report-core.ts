import { closeSync, fchmodSync, fstatSync, openSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openLocalFile } from '../core/local-files.ts';
import { readCore, type ReadCoreOptions, type UnredactedReport } from '../core/read-core.ts';
import { usageError, UserError, reasonOf } from '../errors.ts';
import { printableJson } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { buildReport } from './build-report.ts';
import { findCore, type FoundCore } from './find-core.ts';
import type { CrashReport } from './model.ts';
import type { RedactionLevel } from './redaction/door.ts';
import { SourceLines } from './source-lines.ts';
import { reportText, type TextOptions } from './text.ts';

type Options = Readonly<Record<string, unknown>>;

/** `pycrash report`: finds the core, reads it, and prints or writes the report. */
export async function reportCore(wanted: string, options: Options, terminal: Terminal): Promise<0> {
  const core = await findCore(wanted, terminal);
  try {
    await printReport(await readReport(core, options, terminal), options, terminal);
  } finally {
    core.remove();
  }
  return 0;
}

/** Prints the report in the format that was asked for, or writes it to `--output`. */
export async function printReport(report: CrashReport, options: Options, terminal: Terminal): Promise<void> {
  const output =
    typeof options['output'] === 'string' ? resolve(terminal.options.cwd, options['output']) : undefined;
  const text = await formatted(report, options, terminal, output !== undefined);
  if (output === undefined) terminal.out(text);
  else writePrivately(output, text);
}

/** The report of a core that was found, with progress on the terminal. */
export async function readReport(
  core: Omit<FoundCore, 'remove'>,
  options: Options,
  terminal: Terminal,
): Promise<CrashReport> {
  const { cwd } = terminal.options;
  const file = openLocalFile(core.path);
  if (file === undefined) {
    throw new UserError('no-core', `${core.name} cannot be read`, {
      help: `Are you allowed to? ls -l ${core.name}`,
    });
  }
  let contents;
  try {
    terminal.progress(`reading ${core.name} …`);
    contents = await readCore(file, { ...readingOptions(options, cwd), path: core.name });
  } finally {
    terminal.progress('');
    file.close();
  }
  if (options['native'] === true) {
    terminal.progress(`reading the native frames of ${core.name} …`);
    // only here: execa and nunjucks, which it loads, take 15 of the 105 ms of a report
    const { addNativeFrames } = await import('./native-frames.ts');
    await addNativeFrames(contents, { core: resolve(cwd, core.path), ...readingOptions(options, cwd) });
    terminal.progress('');
  }
  if (core.broken !== undefined) {
    contents.warnings.unshift({
      code: 'broken-compression',
      message: `${core.name} could not be unpacked to its end (${core.broken}): this is the report of what came before`,
    });
  }
  return finishedReport(contents, core, options, terminal);
}

/** What was read as a report: redacted, with source lines. `root` is where files are unless `--sysroot` says it. */
export function finishedReport(
  contents: UnredactedReport,
  { name, written, root }: { name: string; written?: number; root?: string },
  options: Options,
  { options: { cwd } }: Terminal,
): CrashReport {
  const sysroot = typeof options['sysroot'] === 'string' ? resolve(cwd, options['sysroot']) : root;
  const sources = new SourceLines({
    folders: strings(options['source']).map((folder) => resolve(cwd, folder)),
    ...(sysroot === undefined ? {} : { sysroot }),
    ...(written === undefined ? {} : { written }),
  });
  return buildReport(contents, { name, redact: redactionLevel(options), sources });
}

/** `--show-secrets` is the older name of `--redact none`. */
function redactionLevel({ redact, showSecrets }: Options): RedactionLevel {
  if (showSecrets === true) return 'none';
  return redact === 'strict' || redact === 'none' ? redact : 'default';
}

/** The options of the command line that are the reader's, with absolute paths. */
export function readingOptions(
  options: Options,
  cwd: string,
): Omit<ReadCoreOptions, 'path' | 'searchPath'> & { searchPath: readonly string[] } {
  const { executable } = options;
  const sysroot = typeof options['sysroot'] === 'string' ? resolve(cwd, options['sysroot']) : undefined;
  if (sysroot !== undefined && !isFolder(sysroot)) {
    throw usageError(
      `--sysroot: ${sysroot} is not a folder`,
      'give the root folder of the container or host that crashed',
    );
  }
  return {
    ...(typeof executable === 'string' ? { executable: resolve(cwd, executable) } : {}),
    ...(sysroot === undefined ? {} : { sysroot }),
    searchPath: strings(options['searchPath']).map((folder) => resolve(cwd, folder)),
    scan: options['scan'] === true,
    native: options['native'] === true,
  };
}

async function formatted(
  report: CrashReport,
  options: Options,
  terminal: Terminal,
  toFile: boolean,
): Promise<string> {
  const format = terminal.options.json ? 'json' : options['format'];
  if (format === 'json') return `${printableJson(report)}\n`;
  const { locals } = options;
  const text: TextOptions = {
    threads: options['threads'] === true,
    locals: locals === 'all' || locals === 'none' ? locals : 'app',
    width: Number(options['maxValueLength']),
  };
  if (format === 'markdown') return (await import('./documents.ts')).reportMarkdown(report, text.width);
  if (format === 'html') return (await import('./documents.ts')).reportHtml(report);
  return reportText(report, text, (style, shown) => (toFile ? shown : terminal.style(style, shown)));
}

/** A report is about as secret as the core: only its owner may read it, also where the file was there before. */
function writePrivately(file: string, text: string): void {
  try {
    const handle = openSync(file, 'w', 0o600);
    try {
      if (fstatSync(handle).isFile()) fchmodSync(handle, 0o600);
      writeFileSync(handle, text);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('not-written', `the report cannot be written: ${why}`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

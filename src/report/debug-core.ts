import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExitCode } from '../commands/command.ts';
import { UserError } from '../errors.ts';
import { templateText } from '../templates.ts';
import type { Terminal } from '../terminal.ts';
import { findCore } from './find-core.ts';
import { findProgram } from './find-program.ts';
import { INSTALL_GDB, gdbArguments, isInstalled } from './gdb.ts';
import { gdbState } from './gdb-state.ts';
import type { CrashReport } from './model.ts';
import { privateFolder, removePrivateFolder, surviveInterrupts } from './private-file.ts';
import { readReport, readingOptions } from './report-core.ts';
import { reportText } from './text.ts';

type Options = Readonly<Record<string, unknown>>;

/** `pycrash debug CORE`. */
export async function debugCore(wanted: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const core = await findCore(wanted, terminal);
  try {
    const target = { core: resolve(terminal.options.cwd, core.path) };
    return await debugTarget(target, () => readReport(core, options, terminal), options, terminal);
  } finally {
    core.remove();
  }
}

/** Starts gdb with everything it needs, or prints the report where there is no gdb. */
export async function debugTarget(
  target: { core: string } | { pid: number },
  read: () => Promise<CrashReport>,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const folder = privateFolder();
  try {
    let report: CrashReport | undefined;
    let message = '';
    try {
      report = await read();
    } catch (error) {
      // gdb can show a core of something else than a Python that we know; of what is no core, nobody can
      if (!(error instanceof UserError) || REFUSED.has(error.code)) throw error;
      message = error.message;
      terminal.say(message);
    }
    if (!(await isInstalled('gdb'))) return withoutGdb(report, terminal);
    const reading = readingOptions(options, terminal.options.cwd);
    // of a process gdb finds it by itself, in /proc/PID/exe
    const isCore = 'core' in target;
    const program = report === undefined || !isCore ? reading.executable : findProgram(report, reading);
    if (program === undefined && isCore) terminal.say(noProgram(report));
    writeFileSync(join(folder, 'report.json'), JSON.stringify(gdbState(report, message)), { mode: 0o600 });
    const commands = join(folder, 'pycrash_commands.py');
    writeFileSync(commands, templateText('gdb/pycrash_commands.py'), { mode: 0o600 });
    const batch = typeof options['batch'] === 'string' ? options['batch'] : undefined;
    const args = gdbArguments({ target, program, commands, batch, ...reading });
    // Ctrl-C is gdb's: it stops what gdb does, not gdb, and not us who clean up after it.
    surviveInterrupts();
    const result = await execa('gdb', args, { stdio: 'inherit', reject: false, cwd: terminal.options.cwd });
    return result.failed ? 3 : 0;
  } finally {
    removePrivateFolder(folder);
  }
}

const REFUSED: ReadonlySet<string> = new Set([
  'not-a-core',
  'no-core',
  'wrong-executable',
  'not-an-executable',
  'no-process',
  'process-ended',
  'not-permitted',
]);

function noProgram(report: CrashReport | undefined): string {
  const id = report?.process.buildId;
  return `gdb starts without the program: none with ${id === undefined ? 'a known build ID' : `the build ID ${id}`} was found (--executable, --sysroot and --search-path say where to look)`;
}

function withoutGdb(report: CrashReport | undefined, terminal: Terminal): ExitCode {
  if (report === undefined) throw new UserError('no-gdb', 'there is no gdb here', { help: INSTALL_GDB });
  terminal.say(`There is no gdb here; this is the report instead. ${INSTALL_GDB}`);
  terminal.out(
    reportText(report, { threads: true, locals: 'app', width: 400 }, (style, text) =>
      terminal.style(style, text),
    ),
  );
  return 3;
}

import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExitCode } from '../commands/command.ts';
import { UserError } from '../errors.ts';
import { templateText } from '../templates.ts';
import type { Terminal } from '../terminal.ts';
import { findCore } from './find-core.ts';
import { findProgram } from './find-program.ts';
import { gdbState } from './gdb-state.ts';
import type { CrashReport } from './model.ts';
import { privateFolder, removePrivateFolder, surviveInterrupts } from './private-file.ts';
import { readReport, readingOptions } from './report-core.ts';
import { reportText } from './text.ts';

type Options = Readonly<Record<string, unknown>>;

/** `pycrash debug`: starts gdb on the core with everything it needs, or prints the report where there is no gdb. */
export async function debugCore(wanted: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const core = await findCore(wanted, terminal);
  const folder = privateFolder();
  try {
    let report: CrashReport | undefined;
    let message = '';
    try {
      report = await readReport(core, options, terminal);
    } catch (error) {
      // gdb can show a core of something else than a Python that we know; of what is no core, nobody can
      if (!(error instanceof UserError) || REFUSED.has(error.code)) throw error;
      message = error.message;
      terminal.say(message);
    }
    if (!(await gdbIsThere())) return withoutGdb(report, terminal);
    const reading = readingOptions(options, terminal.options.cwd);
    const program =
      report === undefined ? reading.executable : findProgram(report, { searchPath: [], ...reading });
    if (program === undefined) terminal.say(noProgram(report));
    writeFileSync(join(folder, 'report.json'), JSON.stringify(gdbState(report, message)), { mode: 0o600 });
    const commands = join(folder, 'pycrash_commands.py');
    writeFileSync(commands, templateText('gdb/pycrash_commands.py'), { mode: 0o600 });
    const batch = typeof options['batch'] === 'string' ? options['batch'] : undefined;
    const args = gdbArguments({
      core: resolve(terminal.options.cwd, core.path),
      program,
      commands,
      batch,
      ...reading,
    });
    // Ctrl-C is gdb's: it stops what gdb does, not gdb, and not us who clean up after it.
    surviveInterrupts();
    const result = await execa('gdb', args, { stdio: 'inherit', reject: false, cwd: terminal.options.cwd });
    return result.failed ? 3 : 0;
  } finally {
    removePrivateFolder(folder);
    core.remove();
  }
}

const REFUSED: ReadonlySet<string> = new Set([
  'not-a-core',
  'no-core',
  'wrong-executable',
  'not-an-executable',
]);

interface GdbRun {
  core: string;
  program: string | undefined;
  commands: string;
  batch: string | undefined;
  sysroot?: string;
  searchPath?: readonly string[];
}

/** gdb's command line. Nothing that the core names is run: scripts load from gdb's own folder alone. */
function gdbArguments({ core, program, commands, batch, sysroot, searchPath = [] }: GdbRun): string[] {
  const settings = [
    'set auto-load local-gdbinit off',
    'set auto-load safe-path $datadir/auto-load',
    ...(sysroot === undefined
      ? []
      : [
          `set sysroot ${sysroot}`,
          `set debug-file-directory ${join(sysroot, 'usr/lib/debug')}:/usr/lib/debug`,
        ]),
    ...(searchPath.length === 0 ? [] : [`set solib-search-path ${searchPath.join(':')}`]),
  ];
  const list = batch === undefined ? [] : batch.split(/[;\n]/).map((command) => command.trim());
  return [
    '--quiet',
    ...(batch === undefined ? [] : ['--batch']),
    ...settings.flatMap((setting) => ['-iex', setting]),
    ...(program === undefined ? [] : [`--se=${program}`]),
    `--core=${core}`,
    '-ex',
    `source ${commands}`,
    ...list.flatMap((command) => (command === '' ? [] : ['-ex', command])),
  ];
}

function noProgram(report: CrashReport | undefined): string {
  const id = report?.process.buildId;
  return `gdb starts without the program: none with ${id === undefined ? 'a known build ID' : `the build ID ${id}`} was found (--executable, --sysroot and --search-path say where to look)`;
}

async function gdbIsThere(): Promise<boolean> {
  const { failed } = await execa('gdb', ['--version'], { reject: false });
  return !failed;
}

function withoutGdb(report: CrashReport | undefined, terminal: Terminal): ExitCode {
  if (report === undefined) throw new UserError('no-gdb', 'there is no gdb here', { help: INSTALL });
  terminal.say(`There is no gdb here; this is the report of the core instead. ${INSTALL}`);
  terminal.out(
    reportText(report, { threads: true, locals: 'app', width: 400 }, (style, text) =>
      terminal.style(style, text),
    ),
  );
  return 3;
}

const INSTALL =
  'To get it: apt-get install gdb (Debian, Ubuntu), dnf install gdb (Fedora), brew install gdb (macOS).';

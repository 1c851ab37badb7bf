import { Option, type Command } from 'commander';
import { reportCore } from '../report/report-core.ts';
import { usageError } from '../errors.ts';
import { namedProcess } from '../live/named-process.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';
import { defineReading } from './reading-options.ts';

export function define(command: Command): void {
  command.argument(
    '<core>',
    'a core (also .zst, .gz, .xz, .lz4), the PID of a running process, `last`, or a match of coredumpctl(1)',
  );
  defineReading(command)
    .addOption(
      new Option('--format <format>', 'how to print it')
        .choices(['text', 'json', 'markdown', 'html'])
        .default('text'),
    )
    .option('--output <file>', 'write it to this file, readable by you alone')
    .option('--threads', 'the frames of every thread')
    .option('--native', 'the frames of C code around those of Python, where eu-stack or gdb is installed')
    .addOption(
      new Option('--locals <whose>', "in text: the locals of the application's frames, of all or of none")
        .choices(['app', 'all', 'none'])
        .default('app'),
    )
    .option('--max-value-length <n>', 'in text and markdown: the characters of a value that are shown', '200')
    .addOption(
      new Option(
        '--stop <how>',
        'a running process: stop it shortly, not at all, or until all is read (default: short)',
      ).choices(['short', 'none', 'whole']),
    )
    .addHelpText(
      'after',
      `
Examples:
  pycrash report core.1234
  pycrash report 4711 --threads
  pycrash report last --format markdown --output crash.md
  pycrash report core.zst --sysroot /mnt/container --source ~/shop`,
    );
}

export async function run(
  terminal: Terminal,
  [core]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const length = String(options['maxValueLength']);
  if (!/^[1-9]\d{0,5}$/.test(length)) {
    throw usageError(`--max-value-length ${length} is no number of characters`);
  }
  const pid = namedProcess(String(core), terminal.options.cwd);
  if (pid === undefined) {
    if (options['stop'] !== undefined)
      throw usageError(`--stop is for a running process, and ${String(core)} is none`);
    return reportCore(String(core), options, terminal);
  }
  const { reportProcess } = await import('../live/report-process.ts');
  return reportProcess(pid, options, terminal);
}

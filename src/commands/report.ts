import { Option, type Command } from 'commander';
import { reportCore } from '../report/report-core.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';

/** The options that say how to read a core; `debug` has them too. */
function defineReading(command: Command): Command {
  return command
    .option('--executable <file>', "the program that ran; its build ID has to be the core's")
    .option('--sysroot <dir>', 'the root folder of the container or host that the core is from')
    .option('--search-path <dir...>', 'folders in which programs and libraries are found by name')
    .option('--source <dir...>', 'folders with the source code, for the source lines')
    .option('--scan', 'search the whole heap for exceptions')
    .option('--show-secrets', 'redact nothing');
}

export function define(command: Command): void {
  command.argument('<core>', 'a core (also .zst, .gz, .xz, .lz4), `last`, or a match of coredumpctl(1)');
  defineReading(command)
    .addOption(
      new Option('--format <format>', 'how to print it')
        .choices(['text', 'json', 'markdown', 'html'])
        .default('text'),
    )
    .option('--output <file>', 'write it to this file, readable by you alone')
    .option('--threads', 'the frames of every thread')
    .addOption(
      new Option('--locals <whose>', "in text: the locals of the application's frames, of all or of none")
        .choices(['app', 'all', 'none'])
        .default('app'),
    )
    .addHelpText(
      'after',
      `
Examples:
  pycrash report core.1234
  pycrash report last --format markdown --output crash.md
  pycrash report core.zst --sysroot /mnt/container --source ~/shop`,
    );
}

export async function run(
  terminal: Terminal,
  [core]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  return reportCore(String(core), options, terminal);
}

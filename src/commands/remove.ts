import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { runRemove } from '../wiring/remove.ts';
import type { ExitCode } from './command.ts';
import { withWritingOptions, writingOptions } from './wiring-options.ts';

export function define(command: Command): void {
  withWritingOptions(
    command,
    'also with uncommitted changes, and delete generated files that were edited',
  ).addHelpText(
    'after',
    `
Edits that were made after init are kept: exactly what init put in is taken out.

Examples:
  pycrash remove --dry-run
  pycrash remove --yes`,
  );
}

export async function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  return runRemove(terminal, writingOptions(args, options));
}

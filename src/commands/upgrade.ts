import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { runInit } from '../wiring/init.ts';
import type { ExitCode } from './command.ts';
import { withWiringOptions, wiringOptions } from './wiring-options.ts';

export function define(command: Command): void {
  withWiringOptions(
    command,
    'also with uncommitted changes, and give up edits of generated files',
  ).addHelpText(
    'after',
    `
Local edits of generated files are kept. Where an edit and the new version change the same
lines, nothing is written and the lines are named (exit code 1).

Examples:
  pycrash upgrade --dry-run
  pycrash upgrade --yes`,
  );
}

export async function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  return runInit(terminal, { ...wiringOptions(args, options), upgrade: true });
}

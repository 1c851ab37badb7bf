import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { runInit } from '../wiring/init.ts';
import type { ExitCode } from './command.ts';
import { withWiringOptions, wiringOptions } from './wiring-options.ts';

export function define(command: Command): void {
  withWiringOptions(command, 'also with uncommitted changes in the tree').addHelpText(
    'after',
    `
Examples:
  pycrash init                       plan, diff, confirm, write
  pycrash init --dry-run             only look
  pycrash init --yes --only settings,library
  pycrash init --settings shop.settings.production`,
  );
}

export async function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  return runInit(terminal, { ...wiringOptions(args, options), upgrade: false });
}

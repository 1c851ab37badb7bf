import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';

export function define(command: Command): void {
  command.argument('[dir]', 'the repository', '.');
}

export async function run(_terminal: Terminal): Promise<ExitCode> {
  throw new UserError('not-there', 'init is not there yet');
}

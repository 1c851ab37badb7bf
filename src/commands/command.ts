import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** DESIGN: 0 good, 1 findings or a failed verification, 2 wrong usage, 3 could not do it. */
export type ExitCode = 0 | 1 | 2 | 3;

/**
 * A module in this folder. `define` declares arguments, options and examples;
 * `run` gets commander's parsed arguments and options, makes one call, prints,
 * and returns the exit code.
 */
export interface CommandModule {
  define(command: Command): void;
  run(
    terminal: Terminal,
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode>;
}

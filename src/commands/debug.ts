import type { Command } from 'commander';
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
    .option('--batch <commands>', 'run these gdb commands, separated by `;` or line ends, and leave')
    .addHelpText(
      'after',
      `
In gdb: py-exc, py-tb [K], py-tb-locals [N [K]] show the exceptions; py-bt, py-list, py-up, py-locals are CPython's own
and need the interpreter's debug symbols.

Examples:
  pycrash debug core.1234
  pycrash debug 4711
  pycrash debug last --batch 'py-exc; thread apply all bt'`,
    );
}

export async function run(
  terminal: Terminal,
  [core]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const pid = namedProcess(String(core), terminal.options.cwd);
  if (pid !== undefined) {
    const { debugProcess } = await import('../live/report-process.ts');
    return debugProcess(pid, options, terminal);
  }
  // `report` shares this chunk, and needs neither gdb's templates nor what runs gdb
  const { debugCore } = await import('../report/debug-core.ts');
  return debugCore(String(core), options, terminal);
}

import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { Terminal } from '../terminal.ts';
import { systemdVersion } from '../wiring/systemd-version.ts';
import type { ExitCode } from './command.ts';

const FORMATS = ['text', 'json', 'sarif', 'github', 'junit', 'gitlab'];

export function define(command: Command): void {
  command
    .argument('[dir]', 'the repository', '.')
    .addOption(new Option('--format <format>', 'how the findings are printed').choices(FORMATS))
    .option('--fix', 'make the edits that are safe, then check again')
    .addOption(
      new Option('--fail-level <level>', 'exit with 1 on findings of this level or above')
        .choices(['error', 'warning', 'info'])
        .default('warning'),
    )
    .option('--baseline <file>', 'leave out the findings that this file lists')
    .option('--write-baseline <file>', 'write the findings of today to this file, and exit with 0')
    .option('--systemd-version <version>', 'version of systemd that the service will run on, e.g. 252')
    .option('--no-cache', 'read every file again, also where none has changed since the last run')
    .option('--explain <rule>', 'print the page of a rule, e.g. PYC007')
    .addHelpText(
      'after',
      `
Examples:
  $ pycrash check
  $ pycrash check --format sarif > pycrash.sarif
  $ pycrash check --fix --systemd-version 252
  $ pycrash check --write-baseline .pycrash-baseline.json
  $ pycrash check --explain PYC010`,
    );
}

export async function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const { cwd, json } = terminal.options;
  if (typeof options['explain'] === 'string') {
    const { explain } = await import('../rules/explain.ts');
    terminal.out(explain(options['explain']));
    return 0;
  }
  const { check } = await import('../rules/check-repository.ts');
  return check(terminal, {
    root: resolve(cwd, String(args[0])),
    format: json ? 'json' : String(options['format'] ?? 'text'),
    fix: options['fix'] === true,
    cache: options['cache'] !== false,
    failLevel: String(options['failLevel']),
    ...fileOption('baseline', options['baseline'], cwd),
    ...fileOption('writeBaseline', options['writeBaseline'], cwd),
    target:
      typeof options['systemdVersion'] === 'string'
        ? { systemd: systemdVersion(options['systemdVersion']) }
        : {},
  });
}

function fileOption<Name extends string>(
  name: Name,
  value: unknown,
  cwd: string,
): { [key in Name]?: string } {
  return typeof value === 'string' ? ({ [name]: resolve(cwd, value) } as { [key in Name]: string }) : {};
}

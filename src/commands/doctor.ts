import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import { examine, fixScript, pidOfContainer, pidOfUnit } from '../host/doctor.ts';
import type { HostCheck } from '../host/host-check.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';

export function define(command: Command): void {
  command
    .option('--pid <n>', 'look at this process and its children, too')
    .option('--unit <name>', 'the same for the main process of a systemd unit')
    .option('--container <name>', 'the same for a docker or podman container')
    .option('--cores <n>', 'how many cores the disk has to hold', '5')
    .option('--fix-script', 'print a shell script that mends what is bad; nothing is changed')
    .addHelpText(
      'after',
      `
Examples:
  pycrash doctor                         this host
  pycrash doctor --unit shop.service     the workers of that service
  pycrash doctor --fix-script > mend.sh  what to run, for you to read first

Exit code 1 where a check is bad; "unknown" says how to find out.`,
    );
}

export async function run(
  terminal: Terminal,
  _args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const pid = processOf(options);
  const cores = wholeNumber('--cores', options['cores']);
  const { around, checks } = examine(pid === undefined ? { cores } : { pid, cores });
  const bad = checks.some(({ verdict }) => verdict === 'bad');
  if (terminal.options.json) {
    const count = (wanted: HostCheck['verdict']): number =>
      checks.filter(({ verdict }) => verdict === wanted).length;
    const summary = { good: count('good'), bad: count('bad'), unknown: count('unknown') };
    terminal.document({ schemaVersion: 1, surroundings: around, summary, checks });
  } else if (options['fixScript'] === true) {
    terminal.out(fixScript(checks));
  } else {
    for (const check of checks) terminal.out(line(terminal, check));
  }
  return bad ? 1 : 0;
}

function line(terminal: Terminal, { verdict, subject, detail, why, command }: HostCheck): string {
  const style = { good: 'green', bad: 'red', unknown: 'yellow' } as const;
  const first = `${terminal.style(style[verdict], verdict.padEnd(8))}${subject}: ${detail}`;
  const rest = verdict === 'good' ? [] : [why, command === undefined ? undefined : `$ ${command}`];
  return [first, ...rest.filter((text) => text !== undefined).map((text) => `        ${text}`)].join('\n');
}

/** The process that --pid, --unit or --container names; undefined where none of them is given. */
export function processOf(options: Readonly<Record<string, unknown>>): number | undefined {
  const given = ['pid', 'unit', 'container'].filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw usageError(`--${given.join(' and --')} name a process each`, 'Give one of them.');
  if (options['pid'] !== undefined) return wholeNumber('--pid', options['pid']);
  if (typeof options['unit'] === 'string') return pidOfUnit(options['unit']);
  if (typeof options['container'] === 'string') return pidOfContainer(options['container']);
  return undefined;
}

function wholeNumber(option: string, value: unknown): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw usageError(`${option} takes a whole number over 0, not ${JSON.stringify(value)}`);
}

import { Command, CommanderError } from 'commander';
import { resolve } from 'node:path';
import { COMMANDS } from './commands/index.ts';
import type { ExitCode } from './commands/command.ts';
import { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** Parses `argv`, loads the one command that it names, runs it, and returns the exit code. */
export async function execute(
  program: 'pycrash' | 'pycrash-init',
  argv: readonly string[],
): Promise<ExitCode> {
  const root = new Command(program)
    .description('Production post-mortem debugging for Python web services.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  const wanted = commandName(program, argv);
  let exitCode: ExitCode = 0;
  for (const entry of COMMANDS) {
    const command = root.command(entry.name).summary(entry.summary).exitOverride();
    command.description(`${entry.summary[0]?.toUpperCase() ?? ''}${entry.summary.slice(1)}.`);
    if (entry.name !== wanted) continue;
    const module = await entry.load();
    module.define(command);
    command
      .option('--json', 'print one JSON document on stdout')
      .option('--cwd <dir>', 'run as if started in this directory')
      .option('--no-color', 'no colour (NO_COLOR is respected too)')
      .option('-q, --quiet', 'no progress and no prose');
    command.action(async (...received: unknown[]) => {
      const options = command.opts<Record<string, unknown>>();
      const terminal = new Terminal({
        json: options['json'] === true,
        quiet: options['quiet'] === true,
        color: options['color'] !== false && !process.env['NO_COLOR'] && process.stdout.isTTY === true,
        cwd: resolve(typeof options['cwd'] === 'string' ? options['cwd'] : '.'),
      });
      // commander passes the declared arguments, then the options, then the command
      exitCode = await module.run(terminal, received.slice(0, -2), options);
    });
  }
  try {
    await root.parseAsync(withDefaultCommand(program, argv, wanted), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return exitCode;
}

/** The command that `argv` names, or `init` for `pycrash-init` without one. */
function commandName(program: string, argv: readonly string[]): string | undefined {
  const named = argv.find((word) => COMMANDS.some((entry) => entry.name === word));
  const first = argv.find((word) => !word.startsWith('-'));
  if (named !== undefined && (named === first || program === 'pycrash')) return named;
  if (program === 'pycrash-init' && !argv.some((word) => word === '-V' || word === '--version'))
    return 'init';
  return undefined;
}

function withDefaultCommand(program: string, argv: readonly string[], wanted: string | undefined): string[] {
  const named = argv.find((word) => !word.startsWith('-'));
  const isHelp = argv.length === 1 && (argv[0] === '-h' || argv[0] === '--help');
  if (argv.length === 0 && program === 'pycrash') return ['--help'];
  return program === 'pycrash-init' && wanted === 'init' && named !== 'init' && !isHelp
    ? ['init', ...argv]
    : [...argv];
}

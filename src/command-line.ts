import { Command, CommanderError } from 'commander';
import { resolve } from 'node:path';
import type { CommandModule, ExitCode } from './commands/command.ts';
import { COMMANDS } from './commands/index.ts';
import { isTerminal, Terminal, write } from './terminal.ts';
import { typedCommand, typedExamples } from './typed-command.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  pycrash init               set this repository up: plan, diff, confirm
  pycrash check              is crash handling wired? (for CI)
  pycrash verify             crash the real application and prove the core
  pycrash report core.1234   the exception in a core, with its locals

Exit codes: 0 good, 1 findings or a failed verification, 2 wrong usage, 3 could not be done.`;

/** Parses `argv`, loads the one command that it names, runs it, and returns the exit code. */
export async function execute(
  program: 'pycrash' | 'pycrash-init',
  argv: readonly string[],
): Promise<ExitCode> {
  const words = normalised(program, argv);
  const root = new Command(typedCommand('').trim())
    .description('Production post-mortem debugging for Python web services.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    // commands made by command() inherit it
    .configureOutput({
      writeOut: (text) => write('stdout', typedExamples(text)),
      writeErr: (text) => write('stderr', text),
    })
    .exitOverride();
  let exitCode: ExitCode = 0;
  for (const { name, summary, load } of COMMANDS) {
    const command = root.command(name).summary(summary).description(sentence(summary)).exitOverride();
    // only the command that is called is loaded; the others are there for the list in the help
    if (name !== words[0]) continue;
    const module = await load();
    module.define(command);
    withCommonOptions(command).action(async (...received: unknown[]) => {
      exitCode = await call(module, command, received);
    });
  }
  try {
    await root.parseAsync(words, { from: 'user' });
  } catch (error) {
    // commander has already said what was wrong
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return exitCode;
}

/** The words with the command first: `help check` is `check --help`, and `pycrash-init` alone is `init`. */
function normalised(program: string, argv: readonly string[]): string[] {
  const [first, second] = argv;
  if (first === 'help' && second !== undefined && isCommand(second)) return [second, '--help'];
  if (isCommand(first) || first === 'help' || first === '-h' || first === '--help') return [...argv];
  if (program === 'pycrash-init') return ['init', ...argv];
  return argv.length === 0 ? ['--help'] : [...argv];
}

function isCommand(word: string | undefined): boolean {
  return COMMANDS.some(({ name }) => name === word);
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document on stdout')
    .option('--cwd <dir>', 'run as if started in this folder')
    .option('--no-color', 'no colour (NO_COLOR is respected too)')
    .option('-q, --quiet', 'no progress and no prose');
}

async function call(
  module: CommandModule,
  command: Command,
  received: readonly unknown[],
): Promise<ExitCode> {
  const options = command.opts<Record<string, unknown>>();
  const terminal = new Terminal({
    json: options['json'] === true,
    quiet: options['quiet'] === true,
    color: options['color'] !== false && !process.env['NO_COLOR'] && isTerminal('stdout'),
    cwd: resolve(typeof options['cwd'] === 'string' ? options['cwd'] : '.'),
  });
  // commander passes the declared arguments, then the options, then the command itself
  return module.run(terminal, received.slice(0, -2), options);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

import { resolve } from 'node:path';
import { enableCompileCache } from './compile-cache.ts';
import { UserError } from './errors.ts';
import { printableLines } from './printable.ts';
import { allWritten, write } from './terminal.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line and ends the process with its exit code.
 *
 * `program` is the name of the bin: `pycrash-init` with no subcommand is `init`.
 */
export async function main(program: 'pycrash' | 'pycrash-init', argv: readonly string[]): Promise<void> {
  // Before commander is loaded: this answer is what `npx` users wait for first.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    write('stdout', `${VERSION}\n`);
    return;
  }
  enableCompileCache(program === 'pycrash-init' ? 'init' : (argv[0] ?? 'help'));
  // What ends before it has an answer (a promise that nobody settles) is no success.
  process.exitCode = 3;
  try {
    const { execute } = await import('./command-line.ts');
    process.exitCode = await execute(program, argv);
  } catch (error) {
    process.exitCode = explain(program, error);
  }
  await allWritten();
  // Nothing is left to be done, but Node's own way out waits for the threads that collect garbage and compile (12 of the
  // 111 ms of check), and for every handle to close: after verify has reset connections, it was seen to turn in
  // node::Environment::CleanupHandles for ever.
  process.exit();
}

/** Tells the user what went wrong and returns the exit code. */
function explain(program: string, error: unknown): number {
  if (error instanceof UserError) {
    write('stderr', `${program}: ${printableLines(error.message)}\n`);
    if (error.help !== undefined) write('stderr', `${printableLines(error.help)}\n`);
    return error.exitCode;
  }
  const text =
    error instanceof Error ? (process.env['PYCRASH_DEBUG'] ? error.stack : error.message) : String(error);
  write(
    'stderr',
    `${program}: internal error: ${text}\n` +
      `This is a defect of pycrash ${VERSION} in ${resolve('.')}; run again with PYCRASH_DEBUG=1 for the details.\n`,
  );
  return 3;
}

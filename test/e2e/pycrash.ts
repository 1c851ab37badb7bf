import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../dist/', import.meta.url));

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

interface Options {
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
  bin?: 'pycrash' | 'pycrash-init';
  /** Words of a command that runs it, e.g. as another user. */
  through?: readonly string[];
  /** Kills it with SIGKILL. */
  kill?: AbortSignal;
}

/** Runs the built bundle as a user would; never throws on a non-zero exit. */
export async function pycrash(args: readonly string[], options: Options = {}): Promise<Outcome> {
  const words = [process.execPath, `${BIN}${options.bin ?? 'pycrash'}.js`, ...args];
  const [program = '', ...rest] = [...(options.through ?? []), ...words];
  const result = await execa(program, rest, {
    reject: false,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.kill === undefined ? {} : { cancelSignal: options.kill, killSignal: 'SIGKILL' }),
    input: options.input ?? '',
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

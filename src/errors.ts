/**
 * A failure that is told to the user in one message, without a stack trace.
 *
 * `exitCode` 2 means the command was used wrongly, 3 that it could not be done.
 * `help` says what to do next; it is printed on a line of its own.
 */
export class UserError extends Error {
  readonly code: string;
  readonly help: string | undefined;
  readonly exitCode: 2 | 3;

  constructor(
    code: string,
    message: string,
    options: { help?: string; exitCode?: 2 | 3; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.code = code;
    this.help = options.help;
    this.exitCode = options.exitCode ?? 3;
  }
}

/** The command line itself was wrong: exit code 2. */
export function usageError(message: string, help?: string): UserError {
  return new UserError('usage', message, help === undefined ? { exitCode: 2 } : { help, exitCode: 2 });
}

/** What an error of any kind says, for the end of a message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Is it an error of the system with this code, such as ENOENT (errno(3))? */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

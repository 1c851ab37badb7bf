import { fstatSync, writeSync } from 'node:fs';
import { styleText } from 'node:util';
import { hasCode } from './errors.ts';

/** The options that every command has. */
export interface CommonOptions {
  json: boolean;
  quiet: boolean;
  color: boolean;
  cwd: string;
}

type Style = Parameters<typeof styleText>[0];

/**
 * Where a command writes. Results go to stdout, progress and prose to stderr,
 * so that `--json` leaves exactly one document on stdout.
 */
export class Terminal {
  readonly options: CommonOptions;

  constructor(options: CommonOptions) {
    this.options = options;
  }

  /** Writes a result to stdout. */
  out(text: string): void {
    write('stdout', text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Writes one JSON document to stdout. */
  document(value: unknown): void {
    write('stdout', `${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Writes prose to stderr, unless `--quiet`. */
  say(text: string): void {
    if (!this.options.quiet) write('stderr', `${text}\n`);
  }

  /** Shows what is going on, on one line that is overwritten; only on a terminal. */
  progress(text: string): void {
    if (this.options.quiet || !isTerminal('stderr')) return;
    write('stderr', text === '' ? '\r\u001B[K' : `\r\u001B[K${text}`);
  }

  /** Applies a style where colour is on. */
  style(style: Style, text: string): string {
    return this.options.color ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Can a question be asked? Never without a terminal on both ends. */
  get interactive(): boolean {
    return process.stdin.isTTY === true && isTerminal('stderr') && !this.options.json;
  }
}

type StreamName = 'stdout' | 'stderr';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;
/** Which of the two go through Node's stream, from the first write that needs it. */
const streamed = new Map<StreamName, boolean>();

/**
 * Writes all of it, in order, before it returns where that can be done. To a file or a pipe without Node's stream, for
 * which Node loads `node:net` first: 2 of the 60 ms of `report` into a file, 5 into a pipe. A reader that goes away
 * (`| head`) is not an error: without one for stdout the process ends, with 0; prose that nobody reads is dropped.
 */
export function write(name: StreamName, text: string): void {
  if (!streamed.has(name)) useStream(name, isCharacterDevice(name));
  let rest = Buffer.from(text);
  while (rest.length > 0 && streamed.get(name) === false) {
    try {
      rest = rest.subarray(writeSync(DESCRIPTORS[name], rest));
    } catch (error) {
      if (hasCode(error, 'EPIPE')) return withoutReader(name);
      // somebody made the pipe non-blocking, and its reader is slow
      if (!hasCode(error, 'EAGAIN')) throw error;
      useStream(name, true);
    }
  }
  if (rest.length > 0) process[name].write(rest);
}

/** Settles when all that was given to `write` has left this process. */
export async function allWritten(): Promise<void> {
  for (const [name, stream] of streamed) {
    if (stream) await new Promise<void>((settled) => process[name].write('', () => settled()));
  }
}

function useStream(name: StreamName, stream: boolean): void {
  streamed.set(name, stream);
  if (!stream) return;
  process[name].on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) throw error;
    withoutReader(name);
  });
}

function withoutReader(name: StreamName): void {
  if (name === 'stdout') process.exit(0);
}

/** Like `process.stdout.isTTY`, without making the stream where it cannot be a terminal. */
export function isTerminal(name: StreamName): boolean {
  return isCharacterDevice(name) && process[name].isTTY;
}

function isCharacterDevice(name: StreamName): boolean {
  try {
    return fstatSync(DESCRIPTORS[name]).isCharacterDevice();
  } catch {
    // closed by who started us: Node's stream says what that means
    return true;
  }
}

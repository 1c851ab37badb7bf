import { styleText } from 'node:util';

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
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Writes one JSON document to stdout. */
  document(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Writes prose to stderr, unless `--quiet`. */
  say(text: string): void {
    if (!this.options.quiet) process.stderr.write(`${text}\n`);
  }

  /** Shows what is going on, on one line that is overwritten; only on a terminal. */
  progress(text: string): void {
    if (this.options.quiet || !process.stderr.isTTY) return;
    process.stderr.write(text === '' ? '\r\u001B[K' : `\r\u001B[K${text}`);
  }

  /** Applies a style where colour is on. */
  style(style: Style, text: string): string {
    return this.options.color ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Can a question be asked? Never without a terminal on both ends. */
  get interactive(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true && !this.options.json;
  }
}

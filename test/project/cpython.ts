import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { interpreter, PYTHON_VERSIONS } from '../python-environment.ts';
import type { Files } from './evaluate.ts';

interface Case {
  files: Files;
  module: string;
  name: string;
  environment?: Readonly<Record<string, string>>;
  /** Python expressions that are evaluated in the module after it has run; all of each row together. */
  conditions?: readonly (readonly string[])[];
}

export type Answer = { type: string; value: string[]; holds: boolean[] } | { error: string };

/** One CPython process that imports many settings modules, one after the other. */
export class CPython {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const python = PYTHON_VERSIONS.map((version) => interpreter(version)).find(
      (one) => one !== undefined && one.root === undefined,
    );
    const program = python?.path ?? 'python3';
    this.#process = spawn(program, ['-I', fileURLToPath(new URL('oracle.py', import.meta.url))]);
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async run(one: Case): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(one)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('python ended');
    return JSON.parse(line.value) as Answer;
  }

  end(): void {
    this.#process.stdin.end();
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Header } from '../../src/crashtest/hostile-client/connection.ts';
import { Client } from '../../src/crashtest/provoke.ts';
import { crashesIn } from '../../src/crashtest/session.ts';
import { waitFor } from '../../src/crashtest/wait.ts';

export interface ServiceOptions {
  /** Both in the folder of the copy. */
  cwd: string;
  log: string;
  environment: Readonly<Record<string, string>>;
  /** Goes with the requests that ask whether it is alive. */
  headers: readonly Header[];
  /** Answers 200. */
  healthy: string;
}

/** Seconds: longer than gunicorn leaves a worker that hangs. */
const PATIENCE = 45;
/** One that ends again and again does not start. */
const MOST_STARTS = 4;

/** A server as a supervisor starts it: again, where it has ended. */
export class Service {
  readonly #words: (port: number) => readonly [string, ...string[]];
  readonly #options: ServiceOptions;
  readonly client: Client;
  readonly #port: number;
  #process: ChildProcess | undefined;
  /** How the first process has ended each time, by its signal or exit code. */
  readonly ends: (string | number)[] = [];

  constructor(
    words: (port: number) => readonly [string, ...string[]],
    port: number,
    options: ServiceOptions,
  ) {
    this.#words = words;
    this.#options = options;
    this.#port = port;
    this.client = new Client(this, Object.fromEntries(options.headers), 5);
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#port };
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Starts it where it does not run, and waits for a 200; false where there was none. */
  async isAlive(): Promise<boolean> {
    let starts = 0;
    const answered = await waitFor(PATIENCE, async () => {
      if (!this.isRunning) {
        if (starts >= MOST_STARTS) return false;
        starts += 1;
        this.#start();
      }
      const { status } = await this.client.get(this.#options.healthy);
      return status === 200 ? true : undefined;
    });
    return answered === true;
  }

  log(): string {
    return readFileSync(this.#options.log, 'utf8');
  }

  /** The lines of crashes in the log, all that there ever were. */
  crashes(): Record<string, unknown>[] {
    return crashesIn(this.log());
  }

  /** Takes the cores away; how many there were. */
  takeCores(): number {
    const cores = readdirSync(this.#options.cwd).filter((name) => /^core(\.\d+)?$/.test(name));
    for (const name of cores) rmSync(join(this.#options.cwd, name));
    return cores.length;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  #start(): void {
    const { cwd, environment, log } = this.#options;
    const output = openSync(log, 'a');
    // the core is there to be seen, not to be read
    const script = 'echo 0 > /proc/self/coredump_filter; ulimit -c unlimited; exec "$@"';
    const child = spawn('sh', ['-c', script, 'sh', ...this.#words(this.#port)], {
      cwd,
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...environment, PORT: String(this.#port) },
    });
    closeSync(output);
    this.#process = child;
    child.once('exit', (code, signal) => {
      this.ends.push(signal ?? code ?? 0);
      this.#process = undefined;
      // workers that a server left behind hold the port
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // there are none
      }
    });
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { freePort } from '../../src/crashtest/address.ts';

/** A server of Python programs in a folder, without cores: the end of its processes is what counts. */
export class ServerProcess {
  log = '';
  port = 0;
  process: ChildProcess | undefined;

  /** Starts a server program of the environment and waits for an answer to `/ok`. */
  async start(
    folder: string,
    version: PythonVersion,
    requirements: readonly string[],
    words: (port: number) => [string, ...string[]],
    env: Record<string, string> = {},
  ): Promise<void> {
    this.port = await freePort();
    const [program, ...args] = words(this.port);
    const environment = pythonEnvironment(version, requirements);
    const command = environment.command(program, args, { cwd: folder, share: [folder] });
    this.process = spawn('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', ...command], {
      cwd: folder,
      detached: true,
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget'), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    expect(await this.answer('/ok'), this.log).toBe(200);
  }

  /** Ends the process and all of its group. */
  async stop(): Promise<void> {
    const { process: server } = this;
    if (server?.pid === undefined) return;
    const ended = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // it has ended, and its children as well
    }
    await ended;
  }

  /** The status of a page, asked for until there is an answer; 0 where there is none. */
  async answer(page: string, attempts = 150): Promise<number> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        return (await fetch(`http://127.0.0.1:${this.port}${page}`)).status;
      } catch {
        if (attempt < attempts - 1) await sleep(100);
      }
    }
    return 0;
  }

  async logged(pattern: RegExp): Promise<void> {
    for (let attempt = 0; attempt < 100 && !pattern.test(this.log); attempt += 1) await sleep(100);
    expect(this.log).toMatch(pattern);
  }

  /** The JSON lines of the module. */
  events(): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.startsWith('{"time"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

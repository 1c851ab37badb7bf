import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../../host/processes.ts';
import { boundAddress, freePort, withoutBind } from '../address.ts';
import {
  AMPLE_BUDGET,
  pathWith,
  plantedEnvironment,
  type LaunchRequest,
  type RunningService,
} from '../launch.ts';
import { programOf } from '../python.ts';
import { waitFor } from '../wait.ts';
import type { StartableSupervisor } from './supervisor.ts';

export const none: StartableSupervisor = { name: 'none', start: startWithNone };

/** Starts the service as a plain process: nothing brings it back where its main process ends. */
async function startWithNone(request: LaunchRequest): Promise<RunningService> {
  const { target, place, python } = request;
  const port = await freePort();
  const words =
    typeof target.command === 'string'
      ? ['/bin/sh', '-c', `exec ${target.command}`]
      : [programOf(target.command[0] ?? '', python), ...withoutBind(target.command.slice(1))];
  const bind = typeof target.command === 'string' ? bindOf(target.command) : undefined;
  const logFile = join(place.folder, 'service.log');
  let running = start(AMPLE_BUDGET);

  function start(budget: number): Running {
    const log = openSync(logFile, 'a');
    const [program = '', ...args] = words;
    const child = spawn(program, args, {
      cwd: join(place.tree, target.folder),
      // a process group of its own, so that all of it can be ended
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        PATH: pathWith(python),
        ...target.environment,
        ...plantedEnvironment(target, place, place, { port, budget }),
      },
    });
    closeSync(log);
    return new Running(child, program);
  }

  return {
    address: (bind === undefined ? undefined : boundAddress(bind)) ?? { host: '127.0.0.1', port },
    detail: words.join(' '),
    root: () => Promise.resolve(''),
    mainPid: () => Promise.resolve(running.ended === undefined ? running.pid : undefined),
    log: () => Promise.resolve(readFileSync(logFile, 'utf8')),
    failure: () => Promise.resolve(running.ended),
    exits: () => Promise.resolve([]),
    restarts: () => Promise.resolve(undefined),
    restart: async (budget) => {
      await running.stop();
      running = start(budget);
    },
    stop: () => running.stop(),
  };
}

class Running {
  readonly pid: number | undefined;
  /** How it ended; undefined while it runs. */
  ended: string | undefined;

  constructor(child: ChildProcess, program: string) {
    this.pid = child.pid;
    child.on('error', (error) => (this.ended = `${program} cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => (this.ended ??= `it ended with ${signal ?? `exit code ${code}`}`));
  }

  async stop(): Promise<void> {
    const { pid } = this;
    if (pid === undefined || this.ended !== undefined) return;
    process.kill(pid, 'SIGTERM');
    await waitFor(10, () => (isRunning(pid) ? undefined : true));
  }
}

function bindOf(command: string): string | undefined {
  return /(?:--bind(?:=|\s+)|-b\s*)(\S+)/.exec(command)?.[1];
}

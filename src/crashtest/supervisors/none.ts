import { execa } from 'execa';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../../host/processes.ts';
import { UserError } from '../../errors.ts';
import { movedText, movedWords, namedAddress } from '../listening.ts';
import { giveTreeTo } from '../private-root.ts';
import {
  AMPLE_BUDGET,
  insteadOfTemporary,
  pathWith,
  plantedEnvironment,
  type LaunchRequest,
  type RunningService,
} from '../launch.ts';
import { portFor } from '../listening-files.ts';
import { programOf } from '../python.ts';
import { waitFor } from '../wait.ts';
import type { StartableSupervisor } from './supervisor.ts';
import { deployedFolders, foldersHere } from './unit-facts.ts';

export const none: StartableSupervisor = { name: 'none', start: startWithNone };

/** Starts the service as a plain process: nothing brings it back where its main process ends. */
async function startWithNone(request: LaunchRequest): Promise<RunningService> {
  const { target, place, python, options } = request;
  const { server, command, service } = target;
  const folders = service === undefined ? undefined : foldersHere(service, target.folder, place.tree, python);
  const port = await portFor(request, folders);
  // an address in a command that was given is meant
  const named = typeof command === 'string' ? namedAddress(command, server) : undefined;
  const words =
    typeof command === 'string'
      ? ['/bin/sh', '-c', `exec ${named === undefined ? movedText(command, server, port) : command}`]
      : movedWords(
          [programOf(command[0] ?? '', python), ...command.slice(1).map((word) => inCopy(word, request))],
          server,
          port,
        );
  const user = options.user === undefined ? undefined : await userIds(options.user);
  if (user !== undefined) await giveTreeTo(place, options.user, undefined);
  const logFile = join(place.folder, 'service.log');
  let running = start(AMPLE_BUDGET);

  function start(budget: number): Running {
    const log = openSync(logFile, 'a');
    const [program = '', ...args] = words;
    const child = spawn(program, args, {
      cwd: join(place.tree, target.folder),
      // a process group of its own, so that all of it can be ended
      detached: true,
      // before exec: what gives root away itself leaves no core (prctl(2), PR_SET_DUMPABLE)
      ...user,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...target.environment,
        PATH: pathWith(python, target.environment),
        ...plantedEnvironment(target, place, place, { port, budget }),
        ...insteadOfTemporary(place, target.environment),
      },
    });
    closeSync(log);
    return new Running(child, program);
  }

  return {
    address: request.address ?? named ?? { host: '127.0.0.1', port },
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

/** A path in the tree where that is deployed, e.g. of a configuration file, as that in the copy. */
function inCopy(word: string, { target, place }: LaunchRequest): string {
  if (target.service === undefined) return word;
  const { tree } = deployedFolders(target.service, target.folder);
  const [, option = '', path = ''] = /^((?:-[\w-]+=)?)(\/.*)$/s.exec(word) ?? [];
  if (path !== tree && !path.startsWith(`${tree}/`)) return word;
  const copied = place.tree + path.slice(tree.length);
  return existsSync(copied) ? option + copied : word;
}

class Running {
  readonly pid: number | undefined;
  /** How it ended; undefined while it runs. */
  ended: string | undefined;

  constructor(child: ChildProcess, program: string) {
    this.pid = child.pid;
    child.on('error', (error: NodeJS.ErrnoException) => {
      this.ended =
        error.code === 'ENOENT'
          ? `there is no program ${program} here: install it into the environment that --python names, ` +
            'or choose another server (--server gunicorn) or another start (--command)'
          : `${program} cannot be started: ${error.message}`;
    });
    child.on('exit', (code, signal) => (this.ended ??= `it ended with ${signal ?? `exit code ${code}`}`));
  }

  async stop(): Promise<void> {
    const { pid } = this;
    if (pid === undefined || this.ended !== undefined) return;
    // to uWSGI, SIGTERM means to start again
    process.kill(pid, 'SIGINT');
    await waitFor(10, () => (isRunning(pid) ? undefined : true));
    // workers that outlive their parent would keep the port (tornado.process)
    endGroup(pid);
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // nobody is left
  }
}

async function userIds(name: string): Promise<{ uid: number; gid: number }> {
  const ids = await Promise.all(['-u', '-g'].map((flag) => execa('id', [flag, name], { reject: false })));
  const [uid, gid] = ids.map(({ exitCode, stdout }) => (exitCode === 0 ? Number(stdout) : undefined));
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new UserError('no-user', `there is no user ${name} on this machine`, { exitCode: 2 });
}

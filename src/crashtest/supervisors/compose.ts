import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { descendants, isRunning } from '../../host/processes.ts';
import { processStatus } from '../../host/process-status.ts';
import { UserError } from '../../errors.ts';
import type { Service } from '../../project/project.ts';
import { resolvedProject, withAddition } from '../compose-file.ts';
import {
  exitCodes,
  findEngine,
  inspectService,
  removeProject,
  type ContainerEngine,
  type ContainerState,
} from '../containers.ts';
import { AMPLE_BUDGET, plantedEnvironment, type LaunchRequest, type RunningService } from '../launch.ts';
import { listeningSockets, type ListeningSocket } from '../listening-sockets.ts';
import { INSIDE } from '../private-root.ts';
import { waitFor } from '../wait.ts';
import type { StartableSupervisor } from './supervisor.ts';
import { typedCommand } from '../../typed-command.ts';

/** The project's own compose file under docker or podman, as a project of its own. Never chosen by itself: it may build for minutes. */
export const compose: StartableSupervisor = { name: 'compose', start: startCompose };

/** Seconds in which an engine has started a container again that it starts again. */
const LONGEST_PAUSE = 5;

async function startCompose(request: LaunchRequest): Promise<RunningService> {
  const { service } = request.target;
  if (service === undefined) {
    throw new UserError(
      'no-service',
      'no compose file in the repository has a service that starts the application',
      { help: `see \`${typedCommand('unit compose')}\`, or verify with --supervisor none` },
    );
  }
  const engine = await findEngine();
  if (engine === undefined) {
    throw new UserError(
      'no-engine',
      'neither docker with its compose plugin nor podman with podman-compose answers',
      { help: 'verify where the container engine runs, or with --supervisor none' },
    );
  }
  return startService(request, service, engine);
}

async function startService(
  request: LaunchRequest,
  { name, file: own }: Pick<Service, 'name' | 'file'>,
  engine: ContainerEngine,
): Promise<RunningService> {
  const { target, place, options, journal } = request;
  const project = `pycrash-verify-${place.token}`;
  const files = (options.environment['COMPOSE_FILE'] ?? own).split(':');
  const folder = join(place.tree, dirname(files[0] ?? own));
  const resolved = await resolvedProject(
    engine,
    files.map((file) => join(place.tree, file)),
    folder,
  );
  const file = join(folder, `${project}.json`);
  const since = new Date();
  const earlier: string[] = [];
  let state: ContainerState | undefined;
  let sockets: ListeningSocket[] = [];
  let downSince: number | undefined;
  journal.composeProject(engine.name, project);
  await up(AMPLE_BUDGET);

  async function up(budget: number): Promise<void> {
    const inside = { planted: `${INSIDE}/planted`, reports: `${INSIDE}/reports` };
    // the service listens where it always does: its network is its own
    const { GUNICORN_CMD_ARGS: _address, ...planted } = plantedEnvironment(
      { environment: target.environment, server: 'none' },
      place,
      inside,
      { port: 0, budget },
    );
    const changed = withAddition(resolved, name, {
      environment: {
        ...options.environment,
        ...(options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings }),
        ...planted,
      },
      volumes: [`${place.planted}:${inside.planted}:ro`, `${place.reports}:${inside.reports}`],
      user: options.user,
    });
    writeFileSync(file, JSON.stringify(changed, undefined, 2));
    const [program, ...words] = engine.compose;
    const database = options.environment['PYCRASH_VERIFY_SQLITE'] === '1' ? ['--no-deps'] : [];
    const { exitCode, stderr, stdout } = await execa(
      program,
      [...words, '-p', project, '-f', file, 'up', '--build', '--detach', ...database, name],
      { cwd: folder, reject: false },
    );
    if (exitCode !== 0) {
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
      throw new UserError('compose-up', `${program} ${words.join(' ')} up ${name} failed:\n${said}`);
    }
    await waitFor(options.timeout, async () => {
      const main = await mainPid();
      if (main !== undefined) sockets = listeningSockets([main, ...descendants(main).map(({ pid }) => pid)]);
      return sockets.length > 0 || (await failure()) !== undefined ? true : undefined;
    });
  }

  async function look(): Promise<ContainerState | undefined> {
    state = await inspectService(engine, project, name);
    downSince = (state?.pid ?? 0) > 0 ? undefined : (downSince ?? performance.now());
    return state;
  }

  async function mainPid(): Promise<number | undefined> {
    const first =
      state !== undefined && state.pid > 0 && isRunning(state.pid) ? state.pid : (await look())?.pid;
    if (first === undefined || first === 0) return undefined;
    // `init: true` puts a process in front that only reaps and forwards
    const only = descendants(first).find(({ parent }) => parent === first);
    return INITS.test(processStatus(first)?.name ?? '') ? only?.pid : first;
  }

  async function failure(): Promise<string | undefined> {
    const now = await look();
    if (now === undefined) return `the engine has no container of ${name} any more`;
    if (now.pid > 0 || now.status === 'restarting') return undefined;
    const down = (performance.now() - (downSince ?? performance.now())) / 1000;
    if (now.restartPolicy !== 'no' && down < LONGEST_PAUSE) return undefined;
    return `the container has exited with ${now.exitCode} and is not started again (restart: ${now.restartPolicy})`;
  }

  async function log(): Promise<string> {
    return (await execa(engine.name, ['logs', state?.id ?? ''], { reject: false, all: true })).all;
  }

  return {
    get address() {
      const socket = sockets.find(({ loopback }) => !loopback);
      return (
        request.address ?? { host: state?.address ?? '127.0.0.1', port: (socket ?? sockets[0])?.port ?? 1 }
      );
    },
    detail: `${files.join(', ')}: ${name} under ${engine.name === 'docker' ? 'docker compose' : 'podman-compose'}`,
    root: async () => `/proc/${(await mainPid()) ?? 0}/root`,
    mainPid,
    log: async () => [...earlier, await log()].join('\n'),
    failure,
    exits: async () => {
      const codes = state === undefined ? [] : await exitCodes(engine, state.id, since);
      return codes.map((code) => `container exited with ${code}`);
    },
    restarts: () =>
      Promise.resolve({
        // engines wait longer each time, from 0.1 s on
        pause: 1,
        crashes: 3,
        givesUp:
          state !== undefined && state.restartPolicy === 'on-failure' && state.maximumRetries > 0
            ? `restart: on-failure:${state.maximumRetries}: that many crashes stop it for good. Write restart: unless-stopped`
            : undefined,
      }),
    restart: async (budget) => {
      earlier.push(await log());
      [state, sockets] = [undefined, []];
      await removeProject(engine.name, project);
      await up(budget);
    },
    stop: () => removeProject(engine.name, project),
  };
}

/** docker and podman, and those that images have. */
const INITS = /^(?:docker-init|tini|catatonit|dumb-init)/;

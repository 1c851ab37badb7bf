import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { isRunning } from '../../host/processes.ts';
import { shellQuoted } from '../../printable.ts';
import {
  AMPLE_BUDGET,
  pathWith,
  plantedEnvironment,
  type LaunchRequest,
  type Restarts,
  type RunningService,
} from '../launch.ts';
import { portFor } from '../listening-files.ts';
import {
  bootLog,
  checkPrivateRoot,
  endPrivateRoot,
  giveTreeTo,
  INSIDE,
  sharedFolders,
  startPrivateRoot,
  writeOver,
} from '../private-root.ts';
import { deploymentOf, type Deployment } from './deployment.ts';
import { typedCommand } from '../../typed-command.ts';

/** What is special about a supervisor that is the first process of a root of its own. */
export interface Supervision {
  /** As `pycrash unit` has it. */
  kind: string;
  /** Its program, and the Debian package that has it. */
  program: string;
  package: string;
  /** Writes its configuration for the deployment. */
  configure(setup: Setup): void;
  /** Words that start it; `program` is its path. */
  words(program: string, deployment: Deployment): string[];
  /** Is it up? */
  ready(setup: Setup, first: number): boolean;
  /** The process of the service; undefined while there is none. */
  mainPid(setup: Setup, first: number): number | undefined;
  /** What the service writes elsewhere than to the output of the first process. */
  log?(setup: Setup): string;
  /** Why it does not start the service any more; `down` is for how many seconds there has been no process. */
  failure(setup: Setup, first: number, down: number): string | undefined | Promise<string | undefined>;
  /** As in `RunningService`. */
  exits(setup: Setup, first: number): Promise<readonly string[]>;
  restarts(setup: Setup): Restarts;
}

export interface Setup {
  request: LaunchRequest;
  deployment: Deployment;
  /** What the service has to have, whatever its own configuration sets. */
  environment: Readonly<Record<string, string>>;
  /** Where it is to listen, on 127.0.0.1. */
  port: number;
}

/** Starts the service as it is deployed, in a root of its own whose first process is the supervisor. */
export async function startSupervised(
  request: LaunchRequest,
  supervision: Supervision,
): Promise<RunningService> {
  const { kind } = supervision;
  checkPrivateRoot(kind);
  const { place, options, python, target } = request;
  const program = findProgram(supervision, python);
  const deployment = deploymentOf(request, kind);
  const port = await portFor(request);
  await giveTreeTo(place, deployment.user, undefined);
  let { setup, first } = await boot(AMPLE_BUDGET);
  let known: number | undefined;
  let downSince: number | undefined;

  async function boot(budget: number): Promise<{ setup: Setup; first: number }> {
    const paths = { planted: `${INSIDE}/planted`, reports: `${INSIDE}/reports` };
    const environment = {
      ...options.environment,
      ...(options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings }),
      ...plantedEnvironment({ ...target, ...deployment }, place, paths, { port, budget }),
    };
    const next = { request, deployment, environment, port };
    const wanted = Object.entries(environment).filter(([name]) => name !== 'PYTHONPATH');
    writeOver(place, `${INSIDE}/environment.json`, JSON.stringify(Object.fromEntries(wanted)));
    supervision.configure(next);
    const words = supervision.words(program, deployment);
    writeOver(place, `${INSIDE}/start`, startScript(next, words));
    const started = await startPrivateRoot({
      place,
      supervisor: kind,
      script: 'verify/private-supervisor.sh',
      shared: await sharedFolders(place, deployment.folders, python),
      cgroups: [],
      ready: (pid) => supervision.ready(next, pid),
    });
    return { setup: next, first: started };
  }

  const mainPid = (): number | undefined => {
    if (known !== undefined && isRunning(known)) return known;
    known = supervision.mainPid(setup, first);
    downSince = known === undefined ? (downSince ?? performance.now()) : undefined;
    return known;
  };
  const { file } = deployment;
  return {
    address: request.address ?? { host: '127.0.0.1', port },
    detail: `${file ?? `what \`${typedCommand(`unit ${kind}`)}\` prints`} in a private ${kind}`,
    root: () => Promise.resolve(`/proc/${first}/root`),
    mainPid: () => Promise.resolve(mainPid()),
    log: () => Promise.resolve(bootLog(place) + (supervision.log?.(setup) ?? '')),
    failure: () => {
      if (mainPid() !== undefined) return Promise.resolve(undefined);
      const down = (performance.now() - (downSince ?? performance.now())) / 1000;
      return Promise.resolve(supervision.failure(setup, first, down));
    },
    exits: () => supervision.exits(setup, first),
    restarts: () => Promise.resolve(supervision.restarts(setup)),
    restart: async (budget) => {
      await endPrivateRoot(first);
      [known, downSince] = [undefined, undefined];
      ({ setup, first } = await boot(budget));
    },
    stop: () => endPrivateRoot(first),
  };
}

/** The supervisor's program: of the project's environment (PyPI) or on PATH. */
export function programOfSupervisor(
  { program }: Pick<Supervision, 'program'>,
  python?: string,
): string | undefined {
  const own = python === undefined ? [] : [dirname(python)];
  const folders = [...own, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function findProgram(supervision: Supervision, python: string): string {
  const { kind, program, package: name } = supervision;
  const found = programOfSupervisor(supervision, python);
  if (found !== undefined) return found;
  throw new UserError('no-supervisor', `there is no ${program} on this machine`, {
    help: `apt-get install ${name}, or verify with --supervisor none (asked for: ${kind})`,
  });
}

/** What the first process of the root runs. */
function startScript({ request, deployment, environment }: Setup, words: readonly string[]): string {
  const { user, workingDirectory } = deployment;
  const folder =
    workingDirectory?.startsWith('/') === true
      ? // whoever provides the server makes it; the log of the service goes there, too
        `[ -d ${shellQuoted(workingDirectory)} ] || install -d -m 750 ` +
        `${user === undefined ? '' : `-o ${shellQuoted(user)} `}${shellQuoted(workingDirectory)}\n`
      : '';
  const variables = Object.entries({
    PATH: pathWith(request.python),
    ...deployment.environment,
    ...environment,
  })
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`);
  return `${variables.join('')}${folder}exec ${words.map(shellQuoted).join(' ')}\n`;
}

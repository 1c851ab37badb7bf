import { isJobServer } from '../project/servers/index.ts';
import { posix } from 'node:path';
import { UserError, usageError } from '../errors.ts';
import type { Application, EntryPoint, Project, Service } from '../project/project.ts';
import { choosesItsAddress, defaultCommand, serverOf } from './listening.ts';
import { readPlants } from './plants.ts';
import { chosenSupervisor } from './supervisors/index.ts';
import type { VerifyOptions } from './verification.ts';
import { typedCommand } from '../typed-command.ts';

/** What is going to be started. */
export interface Target {
  application: Application;
  /** The service of the repository that it comes from; absent with --command, and where the supervisor has none that starts the application. */
  service?: Service;
  /** The name of the supervisor that looks after it. */
  supervisor: string;
  /** What the repository asks for and cannot be done here; undefined where nothing was left out. */
  leftOut: string | undefined;
  server: string;
  /** Words of the start command, or one text for the shell. */
  command: readonly string[] | string;
  /** Files that the server reads its options from, from the root of the tree. */
  configurationFiles: readonly string[];
  /** What the service sets, and what the user of this command sets. */
  environment: Readonly<Record<string, string>>;
  /** Folder that it is started in, from the root of the tree. */
  folder: string;
}

/** Finds what to start; throws a `UserError` that says what to name where that is not clear. */
export function findTarget(project: Project, options: VerifyOptions): Target {
  const application = findApplication(project, options);
  const all = project.services.filter(
    ({ command }) =>
      command?.value.server !== undefined &&
      !['runserver', 'mod_wsgi'].includes(command.value.server) &&
      !isJobServer(command.value.server) &&
      (options.server === undefined || command.value.server === options.server),
  );
  const { supervisor, leftOut } = supervisorFor(all, options);
  const candidates = supervisor === 'systemd' ? all.filter((one) => one.supervisor === 'systemd') : all;
  const own = candidates.filter((one) => one.supervisor === supervisor);
  const preferred = own.length > 0 ? own : candidates;
  const service = preferred.find(({ command }) => command?.value.server === 'gunicorn') ?? preferred[0];
  const environment: Record<string, string> = { ...environmentOf(service), ...options.environment };
  const settings = options.settings ?? service?.settingsModule?.value;
  if (settings !== undefined) environment['DJANGO_SETTINGS_MODULE'] = settings;
  const configurationFiles = service?.command?.value.configurationFiles ?? [];
  const common = {
    application,
    supervisor,
    leftOut,
    environment,
    folder: application.importRoot,
    configurationFiles,
  };
  if (options.command !== undefined) {
    return { ...common, server: options.server ?? serverOf(options.command), command: options.command };
  }
  if (service?.command !== undefined) {
    const { argv, server = 'unknown' } = service.command.value;
    const usable = supervisor === 'none' || service.supervisor === supervisor;
    // the service's own port may be taken here; another one is set when it is started
    const moves = choosesItsAddress(argv, server) && options.environment['PORT'] === undefined;
    if (moves) delete environment['PORT'];
    return { ...common, server, command: argv, ...(usable ? { service } : {}) };
  }
  if (supervisor === 'systemd') {
    throw new UserError('no-unit', 'no systemd unit in the repository starts the application', {
      help: `let \`${typedCommand('init --supervisor systemd')}\` write one, or verify with --supervisor none`,
    });
  }
  return { ...common, ...commandFor(application, options.server) };
}

function findApplication(project: Project, { settings, environment, migrate }: VerifyOptions): Application {
  const plantable = readPlants().flatMap(({ frameworks }) => frameworks);
  const can = project.applications.filter(({ framework }) => plantable.includes(framework));
  const application = can.find(({ framework }) => framework === 'django') ?? can[0];
  if (application === undefined) {
    const others = project.applications.map(({ framework }) => framework);
    throw new UserError(
      'no-application',
      others.length === 0
        ? `no application was found in ${project.root}`
        : `verify cannot crash ${others.join(', ')} yet, only ${plantable.join(', ')}`,
      { exitCode: 2, help: 'name the folder that has manage.py or the module of the application in it' },
    );
  }
  if (application.framework === 'django') return application;
  const given = {
    '--settings': settings !== undefined,
    '--sqlite': environment['PYCRASH_VERIFY_SQLITE'] !== undefined,
    '--migrate': migrate === true,
  };
  const forDjango = Object.entries(given).find(([, isGiven]) => isGiven);
  if (forDjango === undefined) return application;
  throw usageError(`${forDjango[0]} is for Django, and this is ${application.framework}`);
}

/** The one that was asked for; else the one that the project says, where it can be started here. */
function supervisorFor(
  services: readonly Service[],
  options: VerifyOptions,
): Pick<Target, 'supervisor' | 'leftOut'> {
  if (options.supervisor !== undefined) return { supervisor: options.supervisor, leftOut: undefined };
  if (options.command !== undefined) return { supervisor: 'none', leftOut: undefined };
  return chosenSupervisor(services);
}

/** A server on the application's own entry point. */
function commandFor(application: Application, named: string | undefined): Pick<Target, 'server' | 'command'> {
  const entryOf = (kind: EntryPoint['kind']): string | undefined => {
    const entry = application.entryPoints.find((one) => one.kind === kind);
    return entry === undefined ? undefined : `${entry.module}:${entry.object ?? 'application'}`;
  };
  const own = entryOf('http') === undefined ? undefined : application.framework;
  if (application.pasteFile !== undefined && (named ?? 'gunicorn') === 'gunicorn') {
    const file = posix.relative(application.importRoot, application.pasteFile);
    return { server: 'gunicorn', command: ['gunicorn', '--workers', '2', '--paste', file] };
  }
  const server = named ?? own ?? (entryOf('wsgi') === undefined ? 'uvicorn' : 'gunicorn');
  const start = defaultCommand(server);
  const object = start === undefined ? undefined : entryOf(start.interface);
  if (start === undefined || object === undefined) {
    throw new UserError('no-command', 'nothing in the repository says how the application is started', {
      exitCode: 2,
      help: "give the command, e.g. --command 'gunicorn shop.wsgi:application'",
    });
  }
  return { server, command: start.command(object) };
}

function environmentOf(service: Service | undefined): Record<string, string> {
  const entries = [...(service?.environment ?? [])].map(([name, { value }]): [string, string] => [
    name,
    value,
  ]);
  return Object.fromEntries(entries);
}

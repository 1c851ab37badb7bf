import { UserError } from '../errors.ts';
import type { Application, Project, Service } from '../project/project.ts';
import type { VerifyOptions } from './verification.ts';

/** What is going to be started. */
export interface Target {
  application: Application;
  /** The service of the repository that it comes from; absent with --command, and where the supervisor has none that starts the application. */
  service?: Service;
  server: string;
  /** Words of the start command, or one text for the shell. */
  command: readonly string[] | string;
  /** What the service sets, and what the user of this command sets. */
  environment: Readonly<Record<string, string>>;
  /** Folder that it is started in, from the root of the tree. */
  folder: string;
}

/** Finds what to start; throws a `UserError` that says what to name where that is not clear. */
export function findTarget(project: Project, options: VerifyOptions): Target {
  const application = project.applications.find(({ framework }) => framework === 'django');
  if (application === undefined) {
    throw new UserError('no-application', `no Django project was found in ${project.root}`, {
      exitCode: 2,
      help: 'name the folder that has manage.py in it',
    });
  }
  const candidates = project.services.filter(
    ({ command, supervisor }) =>
      command?.value.server !== undefined &&
      command.value.server !== 'runserver' &&
      (options.supervisor !== 'systemd' || supervisor === 'systemd'),
  );
  const own = candidates.filter(({ supervisor }) => supervisor === options.supervisor);
  const preferred = own.length > 0 ? own : candidates;
  const service = preferred.find(({ command }) => command?.value.server === 'gunicorn') ?? preferred[0];
  const environment = { ...environmentOf(service), ...options.environment };
  const settings = options.settings ?? service?.settingsModule?.value;
  if (settings !== undefined) environment['DJANGO_SETTINGS_MODULE'] = settings;
  const folder = application.importRoot;
  if (options.command !== undefined) {
    const server = /\b(gunicorn)\b/.exec(options.command)?.[1] ?? 'unknown';
    return { application, server, command: options.command, environment, folder };
  }
  if (service?.command !== undefined) {
    const { argv, server = 'unknown' } = service.command.value;
    const usable = options.supervisor === 'none' || service.supervisor === options.supervisor;
    const started = { application, server, command: argv, environment, folder };
    return usable ? { ...started, service } : started;
  }
  if (options.supervisor === 'systemd') {
    throw new UserError('no-unit', 'no systemd unit in the repository starts the application', {
      help: 'let `pycrash init --supervisor systemd` write one, or verify with --supervisor none',
    });
  }
  const entry = application.entryPoints.find(({ kind }) => kind === 'wsgi');
  if (entry === undefined) {
    throw new UserError('no-command', 'nothing in the repository says how the application is started', {
      exitCode: 2,
      help: "give the command, e.g. --command 'gunicorn shop.wsgi:application'",
    });
  }
  const object = `${entry.module}:${entry.object ?? 'application'}`;
  return {
    application,
    server: 'gunicorn',
    command: ['gunicorn', '--workers', '2', object],
    environment,
    folder,
  };
}

function environmentOf(service: Service | undefined): Record<string, string> {
  const entries = [...(service?.environment ?? [])].map(([name, { value }]): [string, string] => [
    name,
    value,
  ]);
  return Object.fromEntries(entries);
}

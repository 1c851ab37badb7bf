import type {
  ContainerFiles,
  CoreLimit,
  Located,
  Note,
  RestartPolicy,
  Service,
  StartCommand,
  StopPolicy,
} from '../project.ts';
import { asUser, type CommandReader, type Started } from '../start-command.ts';

/** Something that starts services: an init system, a container platform, a process file. One file each in this folder. */
export interface Supervisor {
  name: string;
  /** Adds the services that the repository defines for it. Never throws; what cannot be read goes into `notes`. */
  find(reader: CommandReader, found: Found): void;
}

export interface Found {
  services: Service[];
  notes: Note[];
}

/** What a supervisor's own file says of a service. */
export interface Definition {
  name: string;
  supervisor: string;
  file: string;
  /** Where it depends on how the command ends, by the command. */
  restart: RestartPolicy | ((command: StartCommand) => RestartPolicy);
  /** Does an end with exit code 0 stay an end? */
  failuresOnly?: boolean;
  stop?: StopPolicy;
  coreLimit: CoreLimit;
  user?: Located<string>;
  workingDirectory?: Located<string>;
  environment?: ReadonlyMap<string, Located<string>>;
  containerFiles?: ContainerFiles;
  notes?: readonly Note[];
}

/**
 * Adds one service for each program of Python that the definition's command starts; of others only why they were not read. What a script or launcher sets nearer to the
 * program (user, working directory, core limit) counts more than what the supervisor sets.
 */
export function addServices(found: Found, definition: Definition, started: readonly Started[]): void {
  const { environment = new Map(), notes = [], failuresOnly = false, ...rest } = definition;
  const python = started.filter(isPython);
  const others = started.filter((one) => !isPython(one) && !isOther(one));
  for (const [index, one] of python.entries()) {
    const user = one.user ?? definition.user;
    const workingDirectory = one.workingDirectory ?? definition.workingDirectory;
    const restart =
      typeof definition.restart === 'function' ? definition.restart(one.command.value) : definition.restart;
    found.services.push({
      ...rest,
      name: index === 0 ? definition.name : `${definition.name}/${one.command.value.server ?? index + 1}`,
      command: startedAs(one.command, definition.user?.value),
      environment: new Map([...environment, ...one.environment]),
      ...(user === undefined ? {} : { user }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(one.settingsModule === undefined ? {} : { settingsModule: one.settingsModule }),
      restart: afterExitOf(restart, failuresOnly, one.command.value),
      coreLimit: one.coreLimit ?? definition.coreLimit,
      notes: [...notes, ...one.notes],
    });
  }
  found.notes.push(...others.flatMap((one) => one.notes));
}

/** The command with what an abort does where the supervisor starts it as that user. */
export function startedAs(command: Located<StartCommand>, user: string | undefined): Located<StartCommand> {
  const { abort } = command.value;
  return abort === undefined
    ? command
    : { ...command, value: { ...command.value, abort: asUser(abort, user) } };
}

/**
 * A server that lives on after its worker's abort is none of the supervisor's business: said in the detail. One that
 * ends with exit code 0 (hypercorn) looks like one that was done.
 */
function afterExitOf(restart: RestartPolicy, failuresOnly: boolean, command: StartCommand): RestartPolicy {
  if (failuresOnly && command.abort?.supervisorSees === 0 && !command.behindShell) {
    return {
      ...restart,
      afterAbort: false,
      detail: `${restart.detail}, but ${command.server ?? 'the server'} ends with exit code 0 after its workers crashed`,
    };
  }
  if (failuresOnly && command.hiddenBy !== undefined) {
    return {
      ...restart,
      afterAbort: false,
      detail: `${restart.detail}, but the shell goes on after the server (${command.hiddenBy}) and ends with the status of that`,
    };
  }
  return command.abort?.supervisorSees === 'nothing'
    ? {
        ...restart,
        detail: `${restart.detail}; ${command.server ?? 'the server'} replaces its worker itself`,
      }
    : restart;
}

/** Is it Python, or a program that Python packages install, which runs what the repository has? */
export function isPythonProgram(program: string): boolean {
  return /(?:^|\/)(?:(?:python|pypy)[\d.]*|rq|rqworker|dramatiq|huey_consumer|flower|arq|saq|taskiq|procrastinate|faust|nameko|django-admin|bokeh|panel|streamlit)$|\.py$/.test(
    program,
  );
}

/** Does the command have to do with Python? Databases and proxies of a compose file have not. */
function isPython(started: Started): boolean {
  const { server, entry, program, argv } = started.command.value;
  return (
    server !== undefined ||
    entry !== undefined ||
    program !== undefined ||
    isPythonProgram(argv[0] ?? '') ||
    argv[1]?.endsWith('.py') === true
  );
}

/** Programs that stand beside an application and are none of ours. */
const OTHERS =
  /(?:^|\/)(?:nginx|node|npm|npx|yarn|pnpm|redis-server|postgres|memcached|cron|crond|sshd|java|php|php-fpm|caddy|haproxy|mysqld|rabbitmq-server|busybox|sleep|tail|cat|sh|s6-\w+|rsyslogd|syslogd|logrotate|apache2|httpd|traefik|mongod|true|receptor|supervisord|s6-svscan|runsvdir|svscan)$/;

function isOther(started: Started): boolean {
  const [program = ''] = started.command.value.argv;
  return OTHERS.test(program) || program.includes('node_modules/');
}

/** The file's folder, '' for the root. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}

/** Limits of what is started are inherited; nothing of the kind was said here. */
export const INHERITED: CoreLimit = {
  soft: 'unknown',
  detail: 'nothing sets it: inherited from what starts this',
};

import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Service } from '../../project/project.ts';
import { withPaths } from '../deployed-paths.ts';
import {
  AMPLE_BUDGET,
  pathWith,
  insteadOfTemporary,
  plantedEnvironment,
  type LaunchRequest,
  type RunningService,
} from '../launch.ts';
import { portFor } from '../listening-files.ts';
import { movedText } from '../listening.ts';
import type { Address } from '../provoke.ts';
import { removeUserUnit, runtimeFolder, userSystemctl, userUnitFile } from '../user-manager.ts';
import { environmentText } from './environment-file.ts';
import { StartedUnit } from './started-unit.ts';
import { foldersHere, lastValue } from './unit-facts.ts';
import { userUnit } from './user-unit.ts';
import { typedCommand } from '../../typed-command.ts';

/** Starts what a systemd that is not root's can have of the project's own unit, as a unit of this user and of this run. */
export async function startWithUserManager(
  request: LaunchRequest,
  service: Service,
): Promise<RunningService> {
  const { target, place, options, journal, python } = request;
  if (options.user !== undefined) {
    throw new UserError('not-root', `--user ${options.user} takes root`, { help: 'run it with sudo' });
  }
  const name = `pycrash-verify-${place.token}.service`;
  const logFile = join(place.folder, 'service.log');
  const exitFile = join(place.folder, 'exits');
  const environmentFile = join(place.folder, 'environment');
  const paths = pathsHere(request, service);
  const runtimeDirectory = (own: string): string => {
    const folder = `pycrash-verify-${place.token}-${own.replaceAll('/', '-')}`;
    // RuntimeDirectoryPreserve= may keep it
    journal.folder(join(runtimeFolder(), folder));
    paths.set(`/run/${own}`, join(runtimeFolder(), folder));
    return folder;
  };
  for (const own of namesIn(service, 'RuntimeDirectory')) runtimeDirectory(own);
  const port = await portFor(request, paths);
  const { text, leftOut } = userUnit(service.unit?.entries ?? [], {
    name: basename(service.file),
    paths,
    runtimeDirectory,
    moved: (command) => movedText(command, target.server, port),
    readable,
    service: [
      `EnvironmentFile=${environmentFile}`,
      // whose journal a user may read is the machine's affair
      `StandardOutput=append:${logFile}`,
      `StandardError=append:${logFile}`,
      `ExecStopPost=/bin/sh -c 'echo "code=$$EXIT_CODE, status=$$EXIT_STATUS" >>${exitFile}'`,
    ],
  });
  const environment = Object.fromEntries(
    Object.entries(target.environment).map(([key, value]) => [key, withPaths(value, paths)]),
  );
  const setEnvironment = (budget: number): void => {
    const planted = {
      ...plantedEnvironment({ ...target, environment }, place, place, { port, budget }),
      ...insteadOfTemporary(place, environment),
    };
    const given = {
      ...options.environment,
      ...(options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings }),
    };
    writeFileSync(environmentFile, environmentText({ PATH: pathWith(python), ...given, ...planted }), {
      mode: 0o600,
    });
  };
  setEnvironment(AMPLE_BUDGET);
  for (const file of [logFile, exitFile]) writeFileSync(file, '');
  const socket = userSocket(request, service);
  const socketName = name.replace(/\.service$/, '.socket');
  const names = socket === undefined ? [name] : [socketName, name];
  for (const each of names) journal.userUnit(each);
  mkdirSync(dirname(userUnitFile(name)), { recursive: true });
  writeFileSync(userUnitFile(name), text);
  if (socket !== undefined) writeFileSync(userUnitFile(socketName), socket.text);
  const unit = new StartedUnit(name, userSystemctl, (pid) => pid);
  await unit.start(names.slice(0, -1));
  return {
    address: request.address ?? socket?.address ?? { host: '127.0.0.1', port },
    detail: `${service.file} as a unit of this user`,
    notTried:
      `${service.file} was started by this user's systemd` +
      (leftOut.length === 0 ? '' : `, without ${leftOut.map((key) => `${key}=`).join(' ')}`) +
      (paths.size === 0 ? '' : `, with other folders for ${[...paths.keys()].join(' ')}`) +
      `. \`sudo ${typedCommand('verify --supervisor systemd')}\` tries it as it is deployed`,
    root: () => Promise.resolve(''),
    mainPid: () => unit.mainPid(),
    log: () => Promise.resolve(readFileSync(logFile, 'utf8')),
    failure: () => unit.failure(),
    exits: () => Promise.resolve(readFileSync(exitFile, 'utf8').split('\n').filter(Boolean)),
    restarts: () => unit.restarts(),
    restart: async (budget) => {
      setEnvironment(budget);
      await unit.restart();
    },
    stop: async () => {
      for (const each of names) await removeUserUnit(each);
    },
  };
}

/** Where the tree, its interpreter, and the folders that systemd or an administrator makes for it are in this run. */
function pathsHere({ target, place, python }: LaunchRequest, service: Service): Map<string, string> {
  const paths = foldersHere(service, target.folder, place.tree, python);
  const make = (folder: string): void => {
    const here = join(place.folder, 'machine', folder);
    mkdirSync(here, { recursive: true });
    paths.set(folder, here);
  };
  for (const [key, parent] of Object.entries(DIRECTORIES)) {
    for (const own of namesIn(service, key)) make(join(parent, own));
  }
  const working = lastValue(service, 'WorkingDirectory')?.replace(/^-/, '') ?? '';
  const words = [working, ...(lastValue(service, 'ExecStart') ?? '').split(/[\s='"]+/)];
  for (const path of words) {
    const isKnown = [...paths.keys()].some((known) => path === known || path.startsWith(`${known}/`));
    if (!isKnown && isVariable(path) && !mayWrite(path)) make(path === working ? path : dirname(path));
  }
  return paths;
}

/** systemd.exec(5), StateDirectory= and the like: below these for the system. */
const DIRECTORIES = { StateDirectory: '/var/lib', CacheDirectory: '/var/cache', LogsDirectory: '/var/log' };

function namesIn(service: Service, key: string): string[] {
  const names = (lastValue(service, key) ?? '').split(/\s+/).map((word) => word.split(':')[0] ?? '');
  return names.filter((name) => name !== '' && !name.includes('%'));
}

/** A folder of a service's own, where it keeps what it writes. */
function isVariable(path: string): boolean {
  return /^\/(?:var\/(?:lib|log|cache|spool)|run)\/[^/%]+(?:\/|$)/.test(path) && !path.includes('%');
}

function mayWrite(path: string): boolean {
  const folder = existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
  return allows(folder, constants.W_OK);
}

function readable(path: string): boolean {
  return path.includes('%') || allows(path, constants.R_OK);
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** The unit's socket at addresses of this run; undefined where there is none. */
function userSocket(
  { options, place }: LaunchRequest,
  service: Service,
): { text: string; address: Address } | undefined {
  const [unitFile = service.file] = service.unit?.files ?? [];
  const file = join(options.root, unitFile.replace(/\.service$/, '.socket'));
  if (!file.endsWith('.socket') || !existsSync(file)) return undefined;
  const listens = [...readFileSync(file, 'utf8').matchAll(/^[ \t]*ListenStream[ \t]*=[ \t]*\S+/gm)];
  const sockets = listens.map((_, index) => join(place.folder, `socket-${index + 1}`));
  const last = sockets.at(-1);
  if (last === undefined) return undefined;
  const lines = sockets.map((path) => `ListenStream=${path}\n`);
  return { text: `[Socket]\n${lines.join('')}RemoveOnStop=yes\n`, address: { socketPath: last } };
}

import { execa } from 'execa';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { descendants, ownPid } from '../../host/processes.ts';
import type { Service } from '../../project/project.ts';
import { boundAddress } from '../address.ts';
import { AMPLE_BUDGET, plantedEnvironment, type LaunchRequest, type RunningService } from '../launch.ts';
import { portFor } from '../listening-files.ts';
import type { Journal } from '../journal.ts';
import { movedText } from '../listening.ts';
import type { Place } from '../place.ts';
import {
  cgroupsOf,
  checkPrivateRoot,
  endPrivateRoot,
  giveTreeTo,
  INSIDE,
  sharedFolders,
  startPrivateRoot,
  writeOver,
} from '../private-root.ts';
import type { Address } from '../provoke.ts';
import { hasUserManager } from '../user-manager.ts';
import { environmentText } from './environment-file.ts';
import { StartedUnit, type SystemctlOutput } from './started-unit.ts';
import type { StartableSupervisor } from './supervisor.ts';
import { deployedFolders, environmentFiles, lastValue, userOf } from './unit-facts.ts';
import { startWithUserManager } from './user-systemd.ts';
import { typedCommand } from '../../typed-command.ts';

export const systemd: StartableSupervisor = {
  name: 'systemd',
  isHere: () => existsSync(PROGRAM),
  worksWithoutRoot: hasUserManager,
  start: startWithSystemd,
};

const PROGRAM = '/lib/systemd/systemd';

/** Starts the project's own unit, with its drop-ins as they are, under a systemd in namespaces of its own; without root, under the user's. */
async function startWithSystemd(request: LaunchRequest): Promise<RunningService> {
  const { target, place, options, journal, python } = request;
  const { service } = target;
  if (service?.unit === undefined) {
    throw new UserError('no-unit', 'no systemd unit in the repository starts the application', {
      help: `let \`${typedCommand('init --supervisor systemd')}\` write one, or verify with --supervisor none`,
    });
  }
  if (process.getuid?.() !== 0) {
    checkUserManager();
    return startWithUserManager(request, service);
  }
  checkMachine();
  const name = basename(service.file).endsWith('.service') ? basename(service.file) : service.name;
  const deployed = deployedFolders(service, target.folder);
  const port = await portFor(request);
  const units = join(place.folder, 'files/etc/systemd/system');
  const environmentFile = join(place.folder, 'environment', 'environment');
  const setEnvironment = (budget: number): void => {
    const planted = plantedEnvironment(
      target,
      place,
      { planted: `${INSIDE}/planted`, reports: `${INSIDE}/reports` },
      { port, budget },
    );
    // everything that was given on the command line wins over the unit's own, as the later file does
    writeFileSync(
      environmentFile,
      environmentText({ ...options.environment, ...settingsOf(request), ...planted }),
    );
  };

  const extra =
    withFreeAddress(service, target.server, port) +
    (options.user === undefined ? '' : `User=${options.user}\n`);
  const socket = installUnit(service, options.root, name, units, extra);
  mkdirSync(dirname(environmentFile), { mode: 0o700 });
  setEnvironment(AMPLE_BUDGET);
  for (const file of environmentFiles(service)) {
    // the machine's own is left as it is; one that is only on the server is empty here
    if (existsSync(file)) continue;
    writeOver(place, file, '');
  }
  await giveTreeTo(place, options.user ?? userOf(service), lastValue(service, 'Group'));
  const first = await startPrivateRoot({
    place,
    supervisor: 'systemd',
    script: 'verify/private-systemd.sh',
    shared: [
      ...(await sharedFolders(place, deployed, python)),
      `${dirname(environmentFile)}=${INSIDE}/environment:ro`,
    ],
    cgroups: makeCgroups(place, journal),
    ready: isBooted,
  });
  const inside = (...words: string[]): Promise<SystemctlOutput> =>
    execa('nsenter', ['--target', String(first), '--all', '--', ...words], {
      reject: false,
      timeout: 60_000,
    });
  const log = async (): Promise<string> =>
    (await inside('journalctl', '--no-pager', '--quiet', '--output=cat', '--all', `--unit=${name}`)).stdout;
  const unit = new StartedUnit(
    name,
    (...words) => inside('systemctl', ...words),
    (own) => descendants(first).find(({ pid }) => ownPid(pid) === own)?.pid,
  );
  await unit.start(socket === undefined ? [] : [name.replace(/\.service$/, '.socket')]);
  return {
    address: request.address ?? addressOf(socket, first, port),
    detail: `${service.file} and ${plural((service.unit.files.length ?? 1) - 1, 'drop-in')} in a private systemd`,
    root: async () => {
      const main = await unit.mainPid();
      return `/proc/${main ?? first}/root`;
    },
    mainPid: () => unit.mainPid(),
    log,
    failure: () => unit.failure(),
    exits: async () =>
      [...(await log()).matchAll(/Main process exited, (code=\S+, status=\S+)/g)].map(([, how = '']) => how),
    restarts: () => unit.restarts(),
    restart: async (budget) => {
      setEnvironment(budget);
      await unit.restart();
    },
    stop: () => endPrivateRoot(first),
  };
}

function checkUserManager(): void {
  if (hasUserManager()) return;
  throw new UserError('not-root', 'a private systemd takes root, and this user has none (systemctl --user)', {
    help: 'run it with sudo, or `sudo loginctl enable-linger $USER` first, or verify with --supervisor none',
  });
}

function checkMachine(): void {
  checkPrivateRoot('systemd');
  if (!existsSync(PROGRAM)) {
    throw new UserError('no-systemd', `there is no ${PROGRAM} on this machine`, {
      help: 'apt-get install systemd, or verify with --supervisor none',
    });
  }
}

async function isBooted(first: number): Promise<boolean> {
  const words = ['--target', String(first), '--all', '--', 'systemctl', 'is-system-running'];
  const { stdout } = await execa('nsenter', words, { reject: false, timeout: 5000 });
  return /^(running|degraded)$/.test(stdout);
}

/**
 * The unit, its drop-ins, its socket, and one drop-in more with the environment of the test. Returns what the socket
 * listens on, in the words of ListenStream=; undefined where there is none.
 */
function installUnit(
  service: Service,
  root: string,
  name: string,
  units: string,
  extra: string,
): string | undefined {
  const [unitFile = service.file, ...dropIns] = service.unit?.files ?? [];
  mkdirSync(join(units, `${name}.d`), { recursive: true });
  copyFileSync(join(root, unitFile), join(units, name));
  // git lists a file that was deleted since the last commit
  for (const file of dropIns.filter((path) => existsSync(join(root, path)))) {
    copyFileSync(join(root, file), join(units, `${name}.d`, basename(file)));
  }
  writeFileSync(
    join(units, `${name}.d`, 'zz-pycrash-verify.conf'),
    `[Service]\nEnvironmentFile=${INSIDE}/environment/environment\n${extra}`,
  );
  const socket = join(root, unitFile.replace(/\.service$/, '.socket'));
  if (!socket.endsWith('.socket') || !existsSync(socket)) return undefined;
  copyFileSync(socket, join(units, name.replace(/\.service$/, '.socket')));
  const listens = [...readFileSync(socket, 'utf8').matchAll(/^[ \t]*ListenStream[ \t]*=[ \t]*(\S+)/gm)];
  return listens.at(-1)?.[1];
}

/** A socket that systemd listens on is handed over, and gunicorn then listens on nothing else. */
function addressOf(socket: string | undefined, first: number, port: number): Address {
  if (socket === undefined) return { host: '127.0.0.1', port };
  if (socket.startsWith('/')) return { socketPath: `/proc/${first}/root${socket}` };
  return boundAddress(/^\d+$/.test(socket) ? `:${socket}` : socket) ?? { host: '127.0.0.1', port };
}

/** The command line wins over the environment: another address is put in. */
function withFreeAddress(service: Service, server: string, port: number): string {
  const command = lastValue(service, 'ExecStart') ?? '';
  const moved = movedText(command, server, port);
  return moved === command ? '' : `ExecStart=\nExecStart=${moved}\n`;
}

function settingsOf({ options }: LaunchRequest): Record<string, string> {
  return options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings };
}

/** cgroups of its own, so that it can be told from the machine's. */
function makeCgroups(place: Place, journal: Journal): string[] {
  const cgroups = cgroupsOf(place.token);
  for (const cgroup of cgroups) {
    journal.cgroup(cgroup);
    try {
      mkdirSync(cgroup);
    } catch (error) {
      throw new UserError('no-cgroup', `${cgroup} cannot be made: ${String(error)}`, {
        help: 'verify with --supervisor none',
      });
    }
  }
  return cgroups;
}

function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

import { execa } from 'execa';
import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  lchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { descendants, isRunning, ownPid } from '../../host/processes.ts';
import { templateText } from '../../templates.ts';
import type { Service } from '../../project/project.ts';
import { boundAddress, freePort } from '../address.ts';
import { AMPLE_BUDGET, plantedEnvironment, type LaunchRequest, type RunningService } from '../launch.ts';
import type { Journal } from '../journal.ts';
import type { Place } from '../place.ts';
import type { Address } from '../provoke.ts';
import { waitFor } from '../wait.ts';
import { deployedFolders, environmentFiles, lastValue, userOf } from './unit-facts.ts';

/** Where the service sees what is planted: PrivateTmp= and ProtectHome= do not hide it. */
const INSIDE = '/run/pycrash-verify';

/** Starts the project's own unit, with its drop-ins as they are, under a systemd in namespaces of its own. */
export async function startWithSystemd(request: LaunchRequest): Promise<RunningService> {
  const { target, place, options, journal, python } = request;
  const { service } = target;
  if (service?.unit === undefined) {
    throw new UserError('no-unit', 'no systemd unit in the repository starts the application', {
      help: 'let `pycrash init --supervisor systemd` write one, or verify with --supervisor none',
    });
  }
  checkMachine();
  const name = basename(service.file).endsWith('.service') ? basename(service.file) : service.name;
  const deployed = deployedFolders(service, target.folder);
  const port = await freePort();
  const systemd = join(place.folder, 'systemd');
  const units = join(systemd, 'etc/systemd/system');
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

  const socket = installUnit(service, options.root, name, units);
  mkdirSync(dirname(environmentFile));
  setEnvironment(AMPLE_BUDGET);
  for (const file of environmentFiles(service)) {
    // the machine's own is left as it is; one that is only on the server is empty here
    if (existsSync(file)) continue;
    mkdirSync(join(systemd, dirname(file)), { recursive: true });
    writeFileSync(join(systemd, file), '');
  }
  await giveTreeTo(service, place, systemd);
  const environment = dirname(dirname(python));
  const shared = [
    `${place.tree}=${deployed.tree}:rw`,
    `${place.planted}=${INSIDE}/planted:ro`,
    `${place.reports}=${INSIDE}/reports:rw`,
    `${dirname(environmentFile)}=${INSIDE}/environment:ro`,
    ...(await pythonFolders(python)).map((folder) => `${folder}=${folder}:ro`),
    ...(existsSync(join(environment, 'pyvenv.cfg')) && deployed.environment !== undefined
      ? [`${environment}=${deployed.environment}:ro`]
      : []),
  ];
  const first = await boot(place, journal, shared);
  const inside = (
    ...words: string[]
  ): Promise<{ stdout: string; stderr: string; exitCode?: number | undefined }> =>
    execa('nsenter', ['--target', String(first), '--all', '--', ...words], {
      reject: false,
      timeout: 60_000,
    });
  const properties = async (...keys: string[]): Promise<(string | undefined)[]> => {
    const { stdout } = await inside('systemctl', 'show', `--property=${keys.join(',')}`, name);
    const lines = stdout.split('\n');
    return keys.map((key) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1));
  };
  const log = async (): Promise<string> =>
    (await inside('journalctl', '--no-pager', '--quiet', '--output=cat', '--all', `--unit=${name}`)).stdout;
  let known: number | undefined;
  const mainPid = async (): Promise<number | undefined> => {
    // systemd is asked only when the last one has ended: that takes longer than anything else here
    if (known !== undefined && isRunning(known)) return known;
    const own = Number((await properties('MainPID'))[0]);
    known = own > 0 ? descendants(first).find(({ pid }) => ownPid(pid) === own)?.pid : undefined;
    return known;
  };
  const sockets = socket === undefined ? [] : [name.replace(/\.service$/, '.socket')];
  const started = await inside('systemctl', 'start', '--no-block', ...sockets, name);
  let refused = started.exitCode === 0 ? undefined : started.stderr.trim();
  return {
    address: addressOf(socket, first, port),
    detail: `${service.file} and ${plural((service.unit.files.length ?? 1) - 1, 'drop-in')} in a private systemd`,
    root: async () => {
      const main = await mainPid();
      return `/proc/${main ?? first}/root`;
    },
    mainPid,
    log,
    failure: async () => {
      if (refused !== undefined) return refused;
      if (known !== undefined && isRunning(known)) return undefined;
      const [state, job, result] = await properties('ActiveState', 'Job', 'Result');
      // between two starts a service is "activating"; queued for its first one it is "inactive" for a moment
      if (state !== 'failed' && (state !== 'inactive' || (job !== undefined && job !== ''))) return undefined;
      return `systemd says ${state} (${result ?? 'no result'})`;
    },
    restarts: async () => {
      const names = ['RestartUSec', 'StartLimitBurst', 'StartLimitIntervalUSec'];
      const [pause = '', burst = '', interval = ''] = await properties(...names);
      return { pause: timeSpan(pause), burst: Number(burst), interval: timeSpan(interval) };
    },
    restart: async (budget) => {
      setEnvironment(budget);
      // this start must not be refused for those that the crashes before it made: it flushes the counter, too
      await inside('systemctl', 'reset-failed', name);
      const result = await inside('systemctl', 'restart', name);
      if (result.exitCode !== 0) refused = result.stderr.trim();
    },
    stop: async () => {
      process.kill(first, 'SIGKILL');
      await waitFor(10, () => (existsSync(`/proc/${first}`) ? undefined : true));
    },
  };
}

function checkMachine(): void {
  if (process.getuid?.() !== 0) {
    throw new UserError('not-root', 'a private systemd takes root', {
      help: 'run it with sudo, or verify with --supervisor none',
    });
  }
  if (!existsSync('/lib/systemd/systemd')) {
    throw new UserError('no-systemd', 'there is no /lib/systemd/systemd on this machine', {
      help: 'apt-get install systemd, or verify with --supervisor none',
    });
  }
}

/**
 * The unit, its drop-ins, its socket, and one drop-in more with the environment of the test. Returns what the socket
 * listens on, in the words of ListenStream=; undefined where there is none.
 */
function installUnit(service: Service, root: string, name: string, units: string): string | undefined {
  const [unitFile = service.file, ...dropIns] = service.unit?.files ?? [];
  mkdirSync(join(units, `${name}.d`), { recursive: true });
  copyFileSync(join(root, unitFile), join(units, name));
  // git lists a file that was deleted since the last commit
  for (const file of dropIns.filter((path) => existsSync(join(root, path)))) {
    copyFileSync(join(root, file), join(units, `${name}.d`, basename(file)));
  }
  writeFileSync(
    join(units, `${name}.d`, 'zz-pycrash-verify.conf'),
    `[Service]\nEnvironmentFile=${INSIDE}/environment/environment\n${withFreeAddress(service)}`,
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

/** gunicorn's command line wins over the environment: an address on it is taken off. */
function withFreeAddress(service: Service): string {
  const command = lastValue(service, 'ExecStart') ?? '';
  const moved = command.replaceAll(/\s(?:--bind(?:=|\s+)|-b\s*)\S+/g, '');
  return moved === command ? '' : `ExecStart=\nExecStart=${moved}\n`;
}

function settingsOf({ options }: LaunchRequest): Record<string, string> {
  return options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings };
}

/** systemd.exec(5), EnvironmentFile=: within double quotes `\` escapes `"`, `\`, `$` and the backtick. */
function environmentText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `${name}="${value.replaceAll(/["\\$`]/g, '\\$&')}"\n`,
  );
  return lines.join('');
}

/** The tree belongs to the service's user, as on a server; a user that this machine does not have is made. */
async function giveTreeTo(service: Service, place: Place, systemd: string): Promise<void> {
  const user = userOf(service);
  if (user === undefined) return;
  const known = await execa('id', ['-u', user], { reject: false });
  const group = lastValue(service, 'Group');
  let uid = Number(known.stdout);
  let gid = Number((await execa('id', ['-g', user], { reject: false })).stdout);
  const knownGroup =
    group === undefined ? 0 : (await execa('getent', ['group', group], { reject: false })).exitCode;
  if (known.exitCode !== 0 || knownGroup !== 0) {
    mkdirSync(join(systemd, 'etc'), { recursive: true });
    if (known.exitCode !== 0) {
      uid = 64_001;
      gid = 64_001;
      writeFileSync(
        join(systemd, 'etc/passwd'),
        `${readFileSync('/etc/passwd', 'utf8')}${user}:x:${uid}:${gid}::/nonexistent:/usr/sbin/nologin\n`,
      );
    }
    const names = [...new Set([known.exitCode === 0 ? undefined : user, group])].filter(
      (word, index) => word !== undefined && (index === 0 || knownGroup !== 0),
    );
    const lines = names.map((word, index) => `${word}:x:${64_001 + index}:\n`);
    writeFileSync(join(systemd, 'etc/group'), `${readFileSync('/etc/group', 'utf8')}${lines.join('')}`);
  }
  chownSync(place.tree, uid, gid);
  for (const file of readdirSync(place.tree, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(place.tree, file), uid, gid);
  }
}

/** Folders that the interpreter is made of, where they are not part of the system's. */
async function pythonFolders(python: string): Promise<string[]> {
  const { stdout } = await execa(python, ['-c', 'import sys; print(sys.prefix); print(sys.base_prefix)']);
  const folders = [...new Set(stdout.split('\n'))];
  return folders.filter((folder) => folder !== '/usr' && folder !== '/usr/local' && folder !== '/');
}

/** Boots the private systemd; the pid of its first process, as seen from here. */
async function boot(place: Place, journal: Journal, shared: readonly string[]): Promise<number> {
  const root = join(place.folder, 'root');
  mkdirSync(root);
  const cgroups = makeCgroups(place, journal);
  const logFile = join(place.folder, 'boot.log');
  const log = openSync(logFile, 'a');
  const enter =
    'n=$1; shift; while [ $n -gt 0 ]; do echo $$ >"$1/cgroup.procs"; shift; n=$((n-1)); done; exec "$@"';
  const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
  const script = ['-ec', templateText('verify/private-systemd.sh'), 'sh', place.folder, root, ...shared];
  const child = spawn(
    'sh',
    ['-ec', enter, 'sh', String(cgroups.length), ...cgroups, 'unshare', ...namespaces, 'sh', ...script],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, PYCRASH_VERIFY_RUN: place.token },
    },
  );
  closeSync(log);
  const { pid } = child;
  let ended = false;
  child.on('exit', () => (ended = true));
  child.on('error', () => (ended = true));
  const first = await waitFor(
    20,
    async () => {
      if (pid === undefined || ended) return null;
      const candidate = descendants(pid).find((entry) => ownPid(entry.pid) === 1)?.pid;
      if (candidate === undefined) return undefined;
      const words = ['--target', String(candidate), '--all', '--', 'systemctl', 'is-system-running'];
      const { stdout } = await execa('nsenter', words, { reject: false, timeout: 5000 });
      return /^(running|degraded)$/.test(stdout) ? candidate : undefined;
    },
    0.05,
  );
  if (typeof first === 'number') return first;
  throw new UserError(
    'no-private-systemd',
    `a private systemd cannot be started here:\n${readFileSync(logFile, 'utf8').trim()}`,
    { help: 'verify with --supervisor none (some containers do not allow namespaces)' },
  );
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

/** Where they are: in systemd's hierarchy and the unified one, which are the same on newer machines (cgroups(7)). */
export function cgroupsOf(token: string): string[] {
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? ['/sys/fs/cgroup']
    : ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];
  return hierarchies
    .filter((hierarchy) => existsSync(hierarchy))
    .map((hierarchy) => join(hierarchy, `pycrash-verify-${token}`));
}

/** Seconds of what systemctl(1) prints for a time span: `0`, `100ms`, `1s`, `1min 30s`. */
function timeSpan(text: string): number {
  const units: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|min|h|d)\b/g)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

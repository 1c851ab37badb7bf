import { execa } from 'execa';
import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UserError } from '../errors.ts';
import { descendants, ownPid } from '../host/processes.ts';
import { templateText } from '../templates.ts';
import type { Place } from './place.ts';
import { waitFor } from './wait.ts';

/** Where the service sees what is planted: PrivateTmp= and ProtectHome= do not hide it. */
export const INSIDE = '/run/pycrash-verify';

/** Throws a `UserError` where this user cannot make one. */
export function checkPrivateRoot(supervisor: string): void {
  if (process.getuid?.() !== 0) {
    throw new UserError('not-root', `a private ${supervisor} takes root`, {
      help: 'run it with sudo, or verify with --supervisor none',
    });
  }
}

/** Writes a file that is laid over the machine's own when the root is made. */
export function writeOver(place: Place, path: string, text: string, mode = 0o644): void {
  // what is given with --env may be secret
  mkdirSync(join(place.folder, 'files'), { recursive: true, mode: 0o700 });
  const file = join(place.folder, 'files', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

/** What every service in a private root sees: its tree where it is deployed, what is planted, and its interpreter. */
export async function sharedFolders(
  place: Place,
  deployed: { tree: string; environment: string | undefined },
  python: string,
): Promise<string[]> {
  const environment = dirname(dirname(python));
  const { prefix, folders, packages } = await interpreterFolders(python);
  const isDeployed = existsSync(join(environment, 'pyvenv.cfg')) && deployed.environment !== undefined;
  // read at every start of the interpreter (site), whatever PYTHONPATH a start script sets
  const line = `import sys; sys.path.append('${INSIDE}/planted'); import pycrash_planting\n`;
  writeOver(place, join(packages, 'pycrash-verify.pth'), line);
  if (isDeployed) {
    writeOver(
      place,
      join(deployed.environment ?? '', relative(prefix, packages), 'pycrash-verify.pth'),
      line,
    );
  }
  return [
    `${place.tree}=${deployed.tree}:rw`,
    `${place.planted}=${INSIDE}/planted:ro`,
    `${place.reports}=${INSIDE}/reports:rw`,
    ...folders.map((folder) => `${folder}=${folder}:cow`),
    ...(isDeployed ? [`${environment}=${deployed.environment}:cow`] : []),
  ];
}

/** The tree belongs to the service's user, as on a server; a user or group that this machine does not have is made. */
export async function giveTreeTo(
  place: Place,
  user: string | undefined,
  group: string | undefined,
): Promise<void> {
  if (user === undefined) return;
  const known = await execa('id', ['-u', user], { reject: false });
  let uid = Number(known.stdout);
  let gid = Number((await execa('id', ['-g', user], { reject: false })).stdout);
  const knownGroup =
    group === undefined ? 0 : (await execa('getent', ['group', group], { reject: false })).exitCode;
  if (known.exitCode !== 0) {
    uid = 64_001;
    gid = 64_001;
    const line = `${user}:x:${uid}:${gid}::/nonexistent:/usr/sbin/nologin\n`;
    writeOver(place, 'etc/passwd', `${readFileSync('/etc/passwd', 'utf8')}${line}`);
  }
  const unknown = [
    ...(known.exitCode === 0 ? [] : [user]),
    ...(knownGroup === 0 || group === undefined || group === user ? [] : [group]),
  ];
  if (unknown.length > 0) {
    const lines = unknown.map((word, index) => `${word}:x:${64_001 + index}:\n`);
    writeOver(place, 'etc/group', `${readFileSync('/etc/group', 'utf8')}${lines.join('')}`);
  }
  chownSync(place.tree, uid, gid);
  for (const file of readdirSync(place.tree, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(place.tree, file), uid, gid);
  }
}

/** Folders that the interpreter is made of, where they are not part of the system's, and where its packages are. */
async function interpreterFolders(
  python: string,
): Promise<{ prefix: string; folders: string[]; packages: string }> {
  const program =
    "import sys, sysconfig; print(sys.prefix, sys.base_prefix, sysconfig.get_path('purelib'), sep='\\n')";
  const { stdout } = await execa(python, ['-c', program]);
  const [prefix = '', base = '', packages = ''] = stdout.split('\n');
  const folders = [...new Set([prefix, base])];
  const own = folders.filter((folder) => folder !== '/usr' && folder !== '/usr/local' && folder !== '/');
  return { prefix, folders: own, packages };
}

interface PrivateRoot {
  place: Place;
  /** For people. */
  supervisor: string;
  /** Template that says what is special about it and starts it. */
  script: string;
  shared: readonly string[];
  /** cgroups that it is put into. */
  cgroups: readonly string[];
  /** Is it up? `first` is its first process. */
  ready(first: number): boolean | Promise<boolean>;
}

/** Makes the root and starts its supervisor; the pid of the first process, as seen from here. */
export async function startPrivateRoot(request: PrivateRoot): Promise<number> {
  const { place, supervisor, shared, cgroups } = request;
  const root = join(place.folder, 'root');
  mkdirSync(root, { recursive: true });
  const logFile = join(place.folder, 'boot.log');
  rmSync(logFile, { force: true });
  const log = openSync(logFile, 'a');
  const enter =
    'n=$1; shift; while [ $n -gt 0 ]; do echo $$ >"$1/cgroup.procs"; shift; n=$((n-1)); done; exec "$@"';
  const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
  const text = templateText('verify/private-root.sh') + templateText(request.script);
  const script = ['-ec', text, 'sh', place.folder, root, ...shared];
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
      return (await request.ready(candidate)) ? candidate : undefined;
    },
    0.05,
  );
  if (typeof first === 'number') return first;
  throw new UserError(
    'no-private-root',
    `a private ${supervisor} cannot be started here:\n${readFileSync(logFile, 'utf8').trim()}`,
    { help: 'verify with --supervisor none (some containers do not allow namespaces)' },
  );
}

/** Where the cgroups of a private systemd are: in systemd's hierarchy and the unified one, which are the same on newer machines (cgroups(7)). */
export function cgroupsOf(token: string): string[] {
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? ['/sys/fs/cgroup']
    : ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];
  return hierarchies
    .filter((hierarchy) => existsSync(hierarchy))
    .map((hierarchy) => join(hierarchy, `pycrash-verify-${token}`));
}

/** What the first process and all that inherited its output have written. */
export function bootLog(place: Place): string {
  const file = join(place.folder, 'boot.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Ends everything in it, by its first process (pid_namespaces(7)). */
export async function endPrivateRoot(first: number): Promise<void> {
  if (!existsSync(`/proc/${first}`)) return;
  process.kill(first, 'SIGKILL');
  await waitFor(10, () => (existsSync(`/proc/${first}`) ? undefined : true));
}

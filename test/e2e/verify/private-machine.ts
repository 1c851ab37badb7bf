import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place } from '../../../src/crashtest/place.ts';
import {
  cgroupsOf,
  endPrivateRoot,
  startPrivateRoot,
  writeOver,
} from '../../../src/crashtest/private-root.ts';
import { waitFor } from '../../../src/crashtest/wait.ts';
import { CACHE } from '../../python-environment.ts';

/** A user that only the private machine has. */
export const USER = { name: 'tester', id: 64_100, home: '/home/tester', runtime: '/run/user/64100' };

/** A systemd as the first process of namespaces of its own, over a view of this machine's files, with a user. */
export class PrivateMachine {
  readonly #place: Place;
  readonly #first: number;

  private constructor(place: Place, first: number) {
    this.#place = place;
    this.#first = first;
  }

  /** `shared`: folders that are there at the same path; `files`: what is laid over the machine's own. */
  static async boot(
    shared: readonly string[],
    files: Readonly<Record<string, string>> = {},
  ): Promise<PrivateMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'verify-machine-'));
    const token = basename(folder);
    const place: Place = {
      folder,
      token,
      tree: folder,
      planted: folder,
      reports: folder,
      cores: folder,
      prefix: '',
    };
    const line = `${USER.name}:x:${USER.id}:`;
    const added = {
      '/etc/passwd': `${readFileSync('/etc/passwd', 'utf8')}${line}${USER.id}::${USER.home}:/bin/sh\n`,
      '/etc/group': `${readFileSync('/etc/group', 'utf8')}${line}\n`,
      '/etc/systemd/system/manager-of-user.service': USER_MANAGER,
      ...files,
    };
    for (const [path, text] of Object.entries(added)) writeOver(place, path, text);
    const cgroups = cgroupsOf(token);
    for (const cgroup of cgroups) mkdirSync(cgroup);
    const first = await startPrivateRoot({
      place,
      supervisor: 'systemd',
      script: 'verify/private-systemd.sh',
      shared: shared.map((path) => `${path}=${path}:rw`),
      cgroups,
      ready: async (pid) => {
        const words = ['--target', String(pid), '--all', '--', 'systemctl', 'is-system-running'];
        const { stdout } = await execa('nsenter', words, { reject: false, timeout: 5000 });
        return /^(?:running|degraded)$/.test(stdout);
      },
    });
    const machine = new PrivateMachine(place, first);
    // another user gets to the interpreters and to what is tested
    const reached = new Set<string>();
    for (const path of [
      CACHE,
      join(homedir(), '.pyenv'),
      fileURLToPath(new URL('../../../dist', import.meta.url)),
    ]) {
      for (let each = path; each !== '/'; each = dirname(each)) reached.add(each);
    }
    await machine.run('sh', '-c', 'for f; do [ ! -d "$f" ] || chmod a+rx "$f"; done', 'sh', ...reached);
    return machine;
  }

  /** Words that run a command in it as root. */
  get asRoot(): string[] {
    return ['nsenter', '--target', String(this.#first), '--all', '--'];
  }

  /** Words that run a command in it as the user, with little more than what a login gives. */
  get asUser(): string[] {
    const environment = [
      'PATH=/usr/local/bin:/usr/bin:/bin',
      `HOME=${USER.home}`,
      `XDG_RUNTIME_DIR=${USER.runtime}`,
    ];
    const user = ['setpriv', `--reuid=${USER.id}`, `--regid=${USER.id}`, '--clear-groups'];
    return [...this.asRoot, ...user, 'env', '-i', ...environment];
  }

  /** What the command prints; throws where it fails. */
  async run(...words: string[]): Promise<string> {
    const [program = '', ...rest] = [...this.asRoot, ...words];
    return (await execa(program, rest)).stdout;
  }

  async runAsUser(...words: string[]): Promise<string> {
    const [program = '', ...rest] = [...this.asUser, ...words];
    return (await execa(program, rest)).stdout;
  }

  async stop(): Promise<void> {
    await endPrivateRoot(this.#first);
    // a cgroup is empty a moment after its last process
    for (const cgroup of cgroupsOf(this.#place.token)) {
      await waitFor(5, async () => {
        await execa('find', [cgroup, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], { reject: false });
        try {
          rmdirSync(cgroup);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
        }
        return true;
      });
    }
    rmSync(this.#place.folder, { recursive: true, force: true });
  }
}

/** As user@.service has it, without pam_systemd, which wants a bus and logind. */
const USER_MANAGER = `[Service]
Type=notify
User=${USER.name}
Delegate=yes
RuntimeDirectory=user/${USER.id}
RuntimeDirectoryMode=0700
LimitCORE=0:infinity
Environment=XDG_RUNTIME_DIR=${USER.runtime} HOME=${USER.home}
ExecStartPre=+/usr/bin/install -d -o ${USER.name} ${USER.home}
ExecStart=/lib/systemd/systemd --user
`;

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pythonEnvironment } from './python-environment.ts';

/** The image that `Podman` makes: Debian's Python 3.11, a shell, and what the example needs. */
export const IMAGE = 'localhost/pycrash-test-python';

const PYTHON = '/usr/bin/python3.11';

/** A podman with a store of its own, whose containers and images go with it. */
export class Podman {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podman-test-'));
  /** For every command that is to see this store. podman-compose is first on its PATH. */
  readonly environment: Record<string, string>;

  /** The image has the packages of the folder `site`, the programs, and the files with their texts, which can be executed. */
  constructor(
    site: string | undefined,
    programs: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ) {
    const write = (name: string, lines: readonly string[]): string => {
      writeFileSync(join(this.folder, name), `${lines.join('\n')}\n`);
      return join(this.folder, name);
    };
    const compose = pythonEnvironment('3.11', ['podman-compose==1.6.0']);
    this.environment = {
      PATH: [join(compose.folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      // runc takes a host that has both versions of cgroups; a container may not raise limits over this machine's
      CONTAINERS_CONF: write('containers.conf', [
        '[containers]',
        'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]',
        '[engine]',
        'runtime = "runc"',
        'cgroup_manager = "cgroupfs"',
        'events_logger = "file"',
        '[network]',
        `network_config_dir = "${join(this.folder, 'networks')}"`,
      ]),
      CONTAINERS_STORAGE_CONF: write('storage.conf', [
        '[storage]',
        'driver = "overlay"',
        `graphroot = "${join(this.folder, 'graph')}"`,
        `runroot = "${join(this.folder, 'run')}"`,
      ]),
    };
    this.#makeImage(site, ['/bin/sh', '/bin/cat', ...programs], files);
  }

  run(...words: readonly string[]): string {
    return execFileSync('podman', words, {
      encoding: 'utf8',
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** One that is just started again can refuse; left over it would be started again for ever. */
  removeContainers(): void {
    for (let attempt = 1; ; attempt++) {
      try {
        this.run('pod', 'rm', '--all', '--force', '--time', '0');
        this.run('rm', '--all', '--force', '--time', '0');
        return;
      } catch (error) {
        if (attempt === 10) throw error;
      }
    }
  }

  remove(): void {
    this.removeContainers();
    this.run('network', 'prune', '--force');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #makeImage(
    site: string | undefined,
    programs: readonly string[],
    files: Readonly<Record<string, string>>,
  ): void {
    const root = join(this.folder, 'root');
    const copy = (path: string, options = {}): void => {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      cpSync(path, join(root, path), { dereference: true, ...options });
    };
    const library = '/usr/lib/python3.11';
    const modules = readdirSync(join(library, 'lib-dynload')).map((file) =>
      join(library, 'lib-dynload', file),
    );
    for (const file of [PYTHON, ...programs, ...librariesOf([PYTHON, ...programs, ...modules])]) copy(file);
    copy(library, {
      recursive: true,
      filter: (source: string) => !/\/(?:__pycache__|test|idlelib|lib2to3|ensurepip)$/.test(source),
    });
    if (site !== undefined) {
      cpSync(site, join(root, 'usr/local/lib/python3.11/dist-packages'), { recursive: true });
    }
    for (const folder of ['tmp', 'var/tmp', 'proc', 'dev', 'sys', 'etc', 'run', 'srv'])
      mkdirSync(join(root, folder), { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode: 0o755 });
    }
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nshop:x:1000:1000::/srv:/bin/sh\n');
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nshop:x:1000:\n');
    for (const folder of ['tmp', 'var/tmp']) chmodSync(join(root, folder), 0o1777);
    mkdirSync(join(root, 'var/lib/shop'), { recursive: true });
    chownSync(join(root, 'var/lib/shop'), 1000, 1000);
    const archive = join(this.folder, 'root.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    rmSync(root, { recursive: true });
    this.run('import', '--change', 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', archive, IMAGE);
    rmSync(archive);
  }
}

/** Every shared library that those need, where the loader of this machine finds it. */
function librariesOf(files: readonly string[]): string[] {
  // its status is 1 where one of them is static
  const { stdout } = spawnSync('ldd', files, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return [...new Set([...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? ''))];
}

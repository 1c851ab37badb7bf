import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from './parts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = JSON.parse(readFileSync(`${ROOT}.build/debian-packages.json`, 'utf8')) as string[];

/** What other programs start: no test names it, and their packages only recommend or suggest it. */
const STARTED_BY_OTHERS = {
  catatonit: 'podman run --init',
  iptables: 'netavark, for the network of a container',
};

/** The first word of a process that a test or a build script starts, and absolute paths of programs. */
const STARTED = /\b(?:execFile|execFileSync|spawn|spawnSync|execa|execaSync)\(\s*'([\w.+/-]+)'/g;

/** Node and Python are what a machine has to bring. */
const BROUGHT = /^(?:node|npm|npx|python3?|python3\.\d+)$/;

test('every program that the tests start comes with a package of the install list', (context) => {
  needs(context, 'root');
  if (!existsSync('/usr/bin/dpkg-query')) context.skip('needs dpkg');
  const installed = closure(PACKAGES);
  const files = ['test', '.build'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs)$/.test(name) && !name.startsWith('bench'))
      .map((name) => `${folder}/${name}`),
  );
  const programs = new Set(files.flatMap((file) => startedIn(readFileSync(`${ROOT}${file}`, 'utf8'))));
  expect([...programs]).toEqual(expect.arrayContaining(['git', 'gdb', 'unshare']));
  const unlisted = [...programs, ...Object.keys(STARTED_BY_OTHERS)].filter((program) => {
    const owner = packageOf(program);
    return owner === undefined || !installed.has(owner);
  });
  expect(unlisted).toEqual([]);
});

function startedIn(text: string): string[] {
  return [...text.matchAll(STARTED)]
    .map(([, program = '']) => program)
    .filter((program) => !BROUGHT.test(program) && !/^\.|node_modules/.test(program));
}

/** The Debian package that a program is in; undefined where there is no such program or it came otherwise. */
function packageOf(program: string): string | undefined {
  const path = spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', program], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  }).stdout.trim();
  if (!path.startsWith('/')) return undefined;
  // usrmerge: dpkg may know the file below /bin or below /usr/bin
  const real = realpathSync(path);
  for (const name of new Set([path, real, real.replace(/^\/usr/, ''), `/usr${path}`])) {
    const { status, stdout } = spawnSync('dpkg-query', ['-S', name], { encoding: 'utf8' });
    const owner = /^([a-z\d][a-z\d.+-]*)/.exec(stdout)?.[1];
    if (status === 0 && owner !== undefined) return owner;
  }
  return undefined;
}

/** The packages and all that they depend on, by Depends and Pre-Depends alone; and what every Debian has. */
function closure(names: readonly string[]): Set<string> {
  const depends = execFileSync(
    'apt-cache',
    [
      'depends',
      '--recurse',
      '--installed',
      '--no-recommends',
      '--no-suggests',
      '--no-conflicts',
      '--no-breaks',
    ]
      .concat(['--no-replaces', '--no-enhances'])
      .concat(names),
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const required = execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Priority}\n'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.endsWith(' required'))
    .map((line) => line.split(' ')[0] ?? '');
  return new Set([...depends.split('\n').filter((line) => /^[a-z\d]/.test(line)), ...required]);
}

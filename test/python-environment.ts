import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Real interpreters and virtual environments for the tests, made once and kept in a cache outside of the
 * repository: `PYCRASH_TEST_CACHE`, else `~/.cache/pycrash-test`.
 */
export const CACHE: string =
  process.env['PYCRASH_TEST_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pycrash-test');

/** Debian forky in a folder (`.build/forky.sh` makes it): Python 3.14 and 3.15, their debug symbols, gdb. */
const FORKY: string = join(CACHE, 'forky');

export const PYTHON_VERSIONS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15'] as const;
export type PythonVersion = (typeof PYTHON_VERSIONS)[number];

export interface Interpreter {
  version: PythonVersion;
  /** Path of the program, inside `root` where that is set. */
  path: string;
  /** Root folder that the program runs in with chroot(8); absent for the machine's own. */
  root?: string;
}

export interface RunOptions {
  /** Working folder; with a `root` it has to be one of `share` or below it. */
  cwd?: string;
  /** Folders of the machine that are to be seen at the same path inside `root`. */
  share?: readonly string[];
}

export interface PythonEnvironment {
  interpreter: Interpreter;
  /** The environment's folder, as seen from inside `root`. */
  folder: string;
  /** The words of a command line that runs `bin/PROGRAM` of the environment; its pid and wait status are the program's own. */
  command(program: string, args: readonly string[], options?: RunOptions): [string, ...string[]];
}

/** The interpreter of that version: `PYCRASH_PYTHON_3_11=/path`, pyenv, PATH, forky; undefined where there is none. */
export function interpreter(version: PythonVersion): Interpreter | undefined {
  const named = process.env[`PYCRASH_PYTHON_${version.replace('.', '_')}`];
  const versions = join(homedir(), '.pyenv', 'versions');
  const pyenv = existsSync(versions)
    ? readdirSync(versions).filter((name) => name.startsWith(`${version}.`))
    : [];
  // pyenv's shims run whatever version the current folder asks for
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.endsWith('/shims'));
  const path = [
    ...(named === undefined ? [] : [named]),
    ...pyenv.map((name) => join(versions, name, 'bin', `python${version}`)),
    ...folders.map((folder) => join(folder, `python${version}`)),
  ].find((candidate) => existsSync(candidate));
  if (path !== undefined) return { version, path };
  return existsSync(join(FORKY, `usr/bin/python${version}`))
    ? { version, path: `/usr/bin/python${version}`, root: FORKY }
    : undefined;
}

/** The words that run `words` where that interpreter lives; a plain copy for the machine's own. */
export function commandIn(
  { root }: Interpreter,
  words: readonly [string, ...string[]],
  options: RunOptions = {},
): [string, ...string[]] {
  if (root === undefined) return [...words];
  // A mount namespace of its own, so that nothing stays mounted; exec all along, so that pid and status are the program's.
  const script = [
    'root=$1 cwd=$2; shift 2',
    'mount --make-rprivate /',
    'mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"; mount --bind /etc/ssl "$root/etc/ssl"',
    'while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; shift; done; shift',
    'exec chroot "$root" /usr/bin/env -C "$cwd" -- "$@"',
  ].join('\n');
  const share = [...(options.share ?? [])];
  return [
    'unshare',
    '--mount',
    'sh',
    '-ec',
    script,
    'sh',
    root,
    options.cwd ?? '/',
    ...share,
    '--',
    ...words,
  ];
}

/**
 * A virtual environment with exactly these pip requirements, from the cache or made now. Several processes may ask
 * at once: one makes it, the others wait. Throws where the interpreter is missing or pip fails.
 */
export function pythonEnvironment(
  version: PythonVersion,
  requirements: readonly string[] = [],
): PythonEnvironment {
  const python = interpreter(version);
  if (python === undefined) throw new Error(`no Python ${version} on this machine`);
  const wanted = [...requirements].sort();
  const key = createHash('sha256')
    .update(JSON.stringify([python.path, wanted]))
    .digest('hex')
    .slice(0, 12);
  const folder = `${python.root === undefined ? CACHE : '/var/cache/pycrash-test'}/venv-${version}-${key}`;
  const outside = `${python.root ?? ''}${folder}`;
  if (!existsSync(`${outside}/complete`)) {
    mkdirSync(join(outside, '..'), { recursive: true });
    const make = [
      'python=$1 folder=$2; shift 2',
      '[ -e "$folder/complete" ] && exit 0',
      'rm -rf "$folder"; "$python" -m venv "$folder"',
      'if [ $# -gt 0 ]; then "$folder/bin/python" -m pip install -q --disable-pip-version-check "$@"; fi',
      'touch "$folder/complete"',
    ].join('\n');
    const [command, ...args] = commandIn(python, ['sh', '-ec', make, 'sh', python.path, folder, ...wanted]);
    execFileSync('flock', [`${outside}.lock`, command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return {
    interpreter: python,
    folder,
    command: (program, args, options = {}) =>
      commandIn(python, [`${folder}/bin/${program}`, ...args], options),
  };
}

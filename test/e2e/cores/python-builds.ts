import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CACHE,
  PYTHON_VERSIONS,
  commandIn,
  interpreter,
  type Interpreter,
  type PythonVersion,
} from '../../python-environment.ts';

/** One way of building and shipping CPython; every one of them has to give the same report. */
export interface PythonBuild {
  /** E.g. `3.11 stripped`. */
  id: string;
  version: PythonVersion;
  /** The program, as seen from inside `interpreter.root` where that is set. */
  program: string;
  interpreter: Interpreter;
  /** What has to be set for the program to run. */
  environment: Record<string, string>;
  /** Where its files are, for a reader on this machine: `--sysroot`. */
  sysroot?: string;
}

const EMBEDDED = fileURLToPath(new URL('programs/embedded.c', import.meta.url));

/**
 * Every build of CPython that can be had on this machine: pyenv's (with libpython), the same stripped of all symbols,
 * the same linked statically and stripped, free-threaded ones (`3.13t`), Debian's stripped 3.11, a C program that embeds
 * Debian's libpython3.11, and forky's 3.14 and 3.15.
 */
export function pythonBuilds(): PythonBuild[] {
  const builds: PythonBuild[] = [];
  for (const version of PYTHON_VERSIONS) {
    const python = interpreter(version);
    if (python === undefined) continue;
    builds.push(asItIs(python));
    if (python.root !== undefined) continue;
    const [stripped, linked] = [strippedCopy(python), linkedStatically(python)];
    if (stripped !== undefined) builds.push(stripped);
    if (linked !== undefined) builds.push(linked);
  }
  builds.push(...freeThreaded());
  const debian = '/usr/bin/python3.11';
  if (existsSync(debian)) builds.push({ ...asItIs({ version: '3.11', path: debian }), id: '3.11 debian' });
  const embedded = embeddedDebian();
  if (embedded !== undefined) builds.push(embedded);
  return builds;
}

/** One build of each version, and the free-threaded ones: what depends on where CPython keeps it. */
export function plainBuilds(): PythonBuild[] {
  return pythonBuilds().filter(({ id, version }) => id === version || id === `${version}t`);
}

/** The build with that `id`, e.g. `3.11 debian`; undefined where it is not to be had. */
export function pythonBuild(id: string): PythonBuild | undefined {
  return pythonBuilds().find((build) => build.id === id);
}

/** The words of a command line that runs the build with `args`, see `commandIn`. */
export function runBuild(
  build: PythonBuild,
  args: readonly string[],
  options: { cwd: string; share: readonly string[] },
): [string, ...string[]] {
  const environment = Object.entries(build.environment).map(([name, value]) => `${name}=${value}`);
  // -i: what the machine has in its environment is in the locals of a WSGI server, and no test's concern
  return commandIn(
    build.interpreter,
    ['env', '-i', 'PATH=/usr/bin:/bin', 'LANG=C.UTF-8', ...environment, build.program, ...args],
    options,
  );
}

/** What .build/free-threaded.sh has built: Python with `--disable-gil`. */
function freeThreaded(): PythonBuild[] {
  return PYTHON_VERSIONS.flatMap((version) => {
    const path = join(CACHE, 'free-threaded', version, 'bin', `python${version}t`);
    return existsSync(path) ? [{ ...asItIs({ version, path }), id: `${version}t` }] : [];
  });
}

function asItIs(python: Interpreter): PythonBuild {
  const { version, path, root } = python;
  const build: PythonBuild = { id: version, version, program: path, interpreter: python, environment: {} };
  return root === undefined ? build : { ...build, sysroot: root };
}

/** pyenv builds with --enable-shared: the program and its libpython, both with nothing left to strip. */
function strippedCopy(python: Interpreter): PythonBuild | undefined {
  const prefix = dirname(dirname(python.path));
  const library = `libpython${python.version}.so.1.0`;
  if (!existsSync(join(prefix, 'lib', library))) return undefined;
  const folder = join(CACHE, `stripped-${python.version}`);
  const program = join(folder, `python${python.version}`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(prefix, 'lib', library), join(folder, library));
    execFileSync('strip', ['--strip-all', join(folder, library)]);
    // last, because its presence says that the copy is complete
    copyFileSync(python.path, `${program}.part`);
    execFileSync('strip', ['--strip-all', `${program}.part`]);
    execFileSync('mv', [`${program}.part`, program]);
  }
  return {
    id: `${python.version} stripped`,
    version: python.version,
    program,
    interpreter: python,
    environment: { PYTHONHOME: prefix, LD_LIBRARY_PATH: folder },
  };
}

/** The static library of the same build, linked as CPython links its own program, then stripped. */
function linkedStatically(python: Interpreter): PythonBuild | undefined {
  const prefix = dirname(dirname(python.path));
  const library = join(prefix, 'lib', `python${python.version}`);
  const config = existsSync(library)
    ? readdirSync(library).find((name) => name.startsWith('config-'))
    : undefined;
  if (config === undefined) return undefined;
  const archive = join(library, config, `libpython${python.version}.a`);
  if (!existsSync(archive)) return undefined;
  const folder = join(CACHE, `static-${python.version}`);
  const program = join(folder, `python${python.version}`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const link = ['-Wl,--whole-archive', archive, '-Wl,--no-whole-archive', '-Wl,--export-dynamic', '-s'];
    execFileSync('gcc', ['-o', `${program}.part`, EMBEDDED, ...link, '-lm', '-ldl', '-lutil', '-lpthread']);
    execFileSync('mv', [`${program}.part`, program]);
  }
  return {
    id: `${python.version} static`,
    version: python.version,
    program,
    interpreter: python,
    environment: { PYTHONHOME: prefix },
  };
}

/** Another program with Debian's libpython3.11 in it, as uwsgi or mod_wsgi are. */
function embeddedDebian(): PythonBuild | undefined {
  const library = '/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0';
  if (!existsSync(library)) return undefined;
  const folder = join(CACHE, 'embedded-3.11');
  const program = join(folder, 'our-server');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('gcc', ['-o', `${program}.part`, EMBEDDED, library]);
    execFileSync('mv', [`${program}.part`, program]);
  }
  return {
    id: '3.11 embedded',
    version: '3.11',
    program,
    interpreter: { version: '3.11', path: program },
    environment: { PYTHONHOME: '/usr' },
  };
}

import { execa } from 'execa';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBuild, type PythonBuild } from './python-builds.ts';

/** Python's own account of the process, written by `programs/oracle.py` just before the abort. */
export interface Oracle {
  version: string;
  pid: number;
  cwd: string;
  exception: OracleException | null;
  aborting: number;
  threads: OracleThread[];
  tasks: { name: string; awaits: string[]; frames: OracleFrame[] }[];
  request: Record<string, unknown> | null;
}

export interface OracleException {
  id: number;
  type: string;
  module: string;
  message: string;
  notes: string[];
  suppress: boolean;
  frames: OracleFrame[];
  cause: OracleException | null;
  context: OracleException | null;
  group: OracleException[];
}

interface OracleThread {
  ident: number;
  native: number;
  name: string;
  current: boolean;
  frames: OracleFrame[];
}

export interface OracleFrame {
  file: string;
  line: number;
  function: string;
  qualname: string | null;
  source: string;
  locals: Record<string, OracleValue>;
}

export interface OracleValue {
  type: string;
  module: string;
  repr: string;
  id: number;
  /** Its type has a `__repr__` other than object's. */
  ownRepr: boolean;
}

export interface MadeCore {
  /** Path of the core. */
  path: string;
  /** A folder of its own; the core and the oracle are in it. */
  folder: string;
  oracle: Oracle;
  remove(): void;
}

export const PROGRAMS: string = fileURLToPath(new URL('programs/', import.meta.url));

interface MakeOptions {
  /** Further environment of the process. */
  environment?: Record<string, string>;
  /** Folders that it needs to see besides the programs. */
  share?: readonly string[];
  program?: string;
  /** What it dies of. */
  signal?: 'SIGABRT' | 'SIGSEGV';
}

/**
 * Runs `programs/crash.py SCENARIO` (or another program) until it crashes, and returns its core and what the process
 * said about itself. Throws with the program's stderr where there is no core or no oracle. The caller removes it.
 */
export async function makeCore(
  build: PythonBuild,
  scenario: string,
  options: MakeOptions = {},
): Promise<MadeCore> {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-core-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const environment = {
      PYCRASH_ORACLE: join(folder, 'oracle.json'),
      PYTHONDONTWRITEBYTECODE: '1',
      ...options.environment,
    };
    const [command, ...args] = runBuild(
      { ...build, environment: { ...build.environment, ...environment } },
      [`${PROGRAMS}${options.program ?? 'crash.py'}`, scenario],
      { cwd: folder, share: [folder, PROGRAMS, ...(options.share ?? [])] },
    );
    const limited = ['--core=unlimited:unlimited', '--', command, ...args];
    const result = await execa('prlimit', limited, { reject: false, cwd: folder, timeout: 60_000 });
    const core = readdirSync(folder).find((name) => name === 'core' || /^core\.\d+$/.test(name));
    if (core === undefined || result.signal !== (options.signal ?? 'SIGABRT')) {
      throw new Error(`${build.id} ${scenario}: ${result.shortMessage}\n${result.stderr}`);
    }
    const oracle = JSON.parse(readFileSync(join(folder, 'oracle.json'), 'utf8')) as Oracle;
    return { path: join(folder, core), folder, oracle, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

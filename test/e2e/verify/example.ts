import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StepId, Verification } from '../../../src/crashtest/verification.ts';
import { pythonEnvironment, type PythonVersion } from '../../python-environment.ts';
import { pycrash, type Outcome } from '../pycrash.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The lines of an example's requirements.txt. */
export function requirementsOf(name: string): string[] {
  return readFileSync(`${EXAMPLES}${name}/requirements.txt`, 'utf8').trim().split('\n');
}

/** A copy of an example in a folder of its own. */
export class Example {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'verify-test-'));
  readonly root: string;
  /** The interpreter of an environment with what the example requires. */
  readonly python: string;

  /**
   * `django` is a requirement that stands in for the example's own, with a Python that has it. `packages` are further
   * ones, which say what serves it.
   */
  constructor(
    name: string,
    python: PythonVersion = '3.11',
    django?: string,
    packages: readonly string[] = [],
  ) {
    this.root = join(this.folder, name);
    cpSync(EXAMPLES + name, this.root, { recursive: true });
    const own = requirementsOf(name).map((line) => (/^Django\b/i.test(line) ? (django ?? line) : line));
    appendFileSync(join(this.root, 'requirements.txt'), packages.map((line) => `${line}\n`).join(''));
    const wanted = [...new Set([...own, 'gunicorn~=23.0', ...packages])];
    this.python = join(pythonEnvironment(python, wanted).folder, 'bin/python');
  }

  /** As `pycrash-init` leaves it, committed. */
  static async initialised(
    name: string,
    python?: PythonVersion,
    django?: string,
    packages?: readonly string[],
    words: readonly string[] = [],
  ): Promise<Example> {
    const example = new Example(name, python, django, packages);
    await example.init(...words);
    return example;
  }

  /** Runs `pycrash-init` in it, and commits. */
  async init(...options: string[]): Promise<void> {
    const outcome = await pycrash(['--yes', ...options, this.root], { bin: 'pycrash-init' });
    if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
    const git = (...words: string[]): unknown =>
      execFileSync('git', words, { cwd: this.root, stdio: 'ignore' });
    git('init', '-q');
    git('add', '-A');
    git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'start');
  }

  /** Replaces every match in a file of it; throws where there is none. */
  replace(file: string, what: RegExp, by: string | ((...found: string[]) => string)): void {
    const path = join(this.root, file);
    const before = readFileSync(path, 'utf8');
    const after = typeof by === 'string' ? before.replaceAll(what, by) : before.replaceAll(what, by);
    if (after === before) throw new Error(`${file} has no ${what}`);
    writeFileSync(path, after);
  }

  /** What git says has changed since the commit. */
  changes(): string {
    return execFileSync('git', ['status', '--short', '--ignored'], { cwd: this.root, encoding: 'utf8' });
  }

  /** `pycrash verify --json`; its journal and its places are below the folder of this example. */
  async verify(
    args: readonly string[] = [],
    env: Record<string, string> = {},
    kill?: AbortSignal,
  ): Promise<Verified> {
    const environment: Record<string, string> = {
      XDG_STATE_HOME: join(this.folder, 'state'),
      PYCRASH: '',
      ...env,
    };
    // what a run under a real supervisor costs only the tests pay that ask for it
    const supervisor = args.some((word) => word === '--supervisor') ? [] : ['--supervisor', 'none'];
    const common = ['--json', '--python', this.python, '--timeout', '30'];
    const words = ['verify', ...common, ...supervisor, ...args, this.root];
    const outcome = await pycrash(words, { env: environment, ...(kill === undefined ? {} : { kill }) });
    return new Verified(outcome);
  }

  /** cgroups that the journal of the runs names and that are there. */
  cgroups(): string[] {
    const journal = join(this.folder, 'state/pycrash/verify');
    if (!existsSync(journal)) return [];
    return readdirSync(journal)
      .flatMap((file) => readFileSync(join(journal, file), 'utf8').match(/\/sys\/fs\/cgroup[^"]+/g) ?? [])
      .filter((cgroup) => existsSync(cgroup));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Verified {
  readonly outcome: Outcome;
  readonly document: Verification | undefined;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
    this.document = outcome.stdout === '' ? undefined : (JSON.parse(outcome.stdout) as Verification);
  }

  /** `ok` of each step, in order. */
  get steps(): Record<string, boolean | 'unknown'> {
    return Object.fromEntries((this.document?.steps ?? []).map(({ id, ok }) => [id, ok]));
  }

  /** What the step says; a property, so that it can be taken out of the object. */
  readonly detail = (id: StepId): string => this.document?.steps.find((step) => step.id === id)?.detail ?? '';
}

export const SECRET = ['--env', 'DJANGO_SECRET_KEY=of-the-test'];

/** `shop/page.py`: the real application, with one page in front that needs nothing. */
export const PAGE = [
  'from shop.wsgi import application as shop',
  '',
  'def application(environ, start_response):',
  '    if environ["PATH_INFO"] != "/nothing-here/":',
  '        return shop(environ, start_response)',
  '    start_response("200 OK", [])',
  '    return [b"here"]',
  '',
].join('\n');

/** Steps that hold under every server and supervisor that is set up well. */
export const GOOD = {
  start: true,
  'handled-errors': true,
  abort: true,
  'hostile-client': true,
  'log-line': true,
  'core-present': true,
  'core-complete': true,
  'cores-distinct': true,
  report: true,
  recovery: true,
  'crash-budget': true,
  'clean-up': true,
};

/** The same where a supervisor looks after gunicorn. */
export const SUPERVISED_GOOD = { ...GOOD, 'wait-status': true, 'main-process': true, 'start-limit': true };

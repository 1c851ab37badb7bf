import { execa } from 'execa';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandIn, interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import type { LoadedApplication, Observation, OracleAnswer, Said } from './judge.ts';
import { filesNamed, type Row } from './table.ts';

/** Where the bundle and the Python programs beside this file are. */
export interface Tools {
  pycrash: string;
  oracle: string;
  compile: string;
  pythons: readonly OraclePython[];
}

interface Document {
  project?: { settings: string[]; entryPoints: string[] };
  files: { path: string; action: string; diff?: string; reason?: string }[];
  notes: Said[];
}

interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const ORACLE_ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8' };
const STACK_TRACE = /^\s+at .*[\w)]:\d+:\d+\)?$/m;
/** Not what production runs with, by the name of the module or the class. */
const NOT_PRODUCTION =
  /(^|[._])dev(elop\w*)?($|[._])|test|local|debug|travis|drone|github|docker_compose|sphinx|(^|[._])ci($|[._])|build/i;

/**
 * The interpreters that the oracle tries, one after the other, until one knows the syntax: the newest stable one first.
 * They have the small packages that read settings from the environment or from other files, as far as those can be had.
 */
const ORACLE_VERSIONS: readonly PythonVersion[] = ['3.13', '3.14', '3.15', '3.12', '3.11'];
const READERS_OF_SETTINGS = ['django-environ', 'django-split-settings', 'environs', 'python-decouple'];

/** The words that run `words` with the Python of that version, which sees `share`; undefined where there is none. */
export type OraclePython = (
  words: readonly string[],
  share: string,
) => readonly [string, ...string[]] | undefined;

/** Those of this machine: made when they are first asked for. */
export function oraclePythons(): readonly OraclePython[] {
  return ORACLE_VERSIONS.map((version) => (words, share) => {
    const python = interpreter(version);
    if (python === undefined) return undefined;
    try {
      return pythonEnvironment(version, READERS_OF_SETTINGS).command('python3', words, {
        cwd: share,
        share: [share],
      });
    } catch {
      // no registry: these packages are stubs, too
      return commandIn(python, [python.path, ...words], { cwd: share, share: [share] });
    }
  });
}

/** Runs init, check, init and remove over a committed copy of `folder`, and the oracle after the first. */
export async function observe(
  folder: string,
  name: string,
  row: Row | undefined,
  tools: Tools,
): Promise<Observation> {
  const scratch = mkdtempSync(join(tmpdir(), 'pycrash-corpus-'));
  try {
    const tree = join(scratch, 'tree');
    await quietly('cp', ['-aH', folder, tree], scratch);
    rmSync(join(tree, '.git'), { recursive: true, force: true });
    return await observeCopy(scratch, tree, name, row, tools);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function observeCopy(
  scratch: string,
  tree: string,
  name: string,
  row: Row | undefined,
  tools: Tools,
): Promise<Observation> {
  const broken: string[] = [];
  const pycrash = async (...args: string[]): Promise<Run> => {
    const run = await quietly(process.execPath, [tools.pycrash, ...args], tree);
    if (
      run.exitCode < 0 ||
      run.exitCode > 3 ||
      STACK_TRACE.test(run.stderr) ||
      STACK_TRACE.test(run.stdout)
    ) {
      broken.push(`${args.join(' ')} crashed (exit ${run.exitCode}): ${firstLine(run.stderr)}`);
    }
    return run;
  };
  await commit(tree, 'as it was');
  const before = snapshot(tree);
  const started = Date.now();
  const init = await pycrash('init', '--yes', '--json');
  const milliseconds = Date.now() - started;
  const document = init.exitCode === 0 ? (JSON.parse(init.stdout) as Document) : undefined;
  const after = snapshot(tree);
  if (document === undefined && difference(before, after).length > 0) {
    broken.push(`init failed and changed ${difference(before, after).join(', ')}`);
  }
  const changed = difference(before, after).filter((file) => file.endsWith('.py'));
  broken.push(...(await unparsable(scratch, tree, changed, before, tools)));
  const edits = document === undefined ? [] : document.files.filter((file) => file.action === 'edit');
  const { entry, importRoot } = entryOf(document);
  const settingsEdits = edits.filter((file) => entry !== undefined && inserted(file.diff).includes(entry));
  const otherEdits = edits.filter((file) => file.path.endsWith('.py') && !settingsEdits.includes(file));
  const oracle =
    entry === undefined || settingsEdits.length === 0
      ? []
      : await askOracle(scratch, tree, importRoot, settingsModules(tree, importRoot, document, row), tools);
  const loaded = otherEdits.length === 0 ? [] : await loadApplications(scratch, tree, document, row, tools);

  const check = await pycrash('check', '--json');
  if (document !== undefined && check.exitCode === 3)
    broken.push(`check after init: ${firstLine(check.stderr)}`);
  await commit(tree, 'after init');
  await pycrash('init', '--yes', '--json');
  const second = difference(after, snapshot(tree));
  if (second.length > 0) broken.push(`a second init changed ${second.slice(0, 5).join(', ')}`);
  await pycrash('remove', '--yes', '--json');
  const left = difference(before, snapshot(tree));
  if (left.length > 0) broken.push(`remove did not restore ${left.slice(0, 5).join(', ')}`);

  return {
    name,
    exitCode: init.exitCode,
    said: [
      ...(document?.notes ?? []).map((note) => `${note.code} ${note.message}`),
      ...(document?.files ?? [])
        .filter((file) => file.reason !== undefined)
        .map((file) => `${file.action} ${file.path}: ${file.reason ?? ''}`),
      ...(document === undefined && init.stderr.trim() !== '' ? [init.stderr] : []),
    ],
    notes: document?.notes ?? [],
    ...(entry === undefined ? {} : { entry }),
    settingsEdits: settingsEdits.map((file) => file.path),
    otherEdits: otherEdits.map((file) => file.path),
    broken,
    oracle,
    loaded,
    milliseconds,
  };
}

/** Our entry of MIDDLEWARE and the folder that its dotted name starts in, from what was written. */
function entryOf(document: Document | undefined): { entry?: string; importRoot: string } {
  const entry = /["']([\w.]*\bAbortOnUncaughtExceptionMiddleware)["']/.exec(
    (document?.files ?? [])
      .filter((file) => file.action === 'edit')
      .map((file) => file.diff ?? '')
      .join('\n'),
  )?.[1];
  const generated = document?.files.find((file) => /(^|\/)abort_on_exception\.py$/.test(file.path))?.path;
  if (entry === undefined || generated === undefined) return { importRoot: '' };
  const dotted = `${entry.split('.').slice(0, -1).join('/')}.py`;
  return { entry, importRoot: generated.slice(0, -dotted.length).replace(/\/$/, '') };
}

/** The modules that may be the settings: those init found, those the row names, and those that wsgi.py and its like name. */
function settingsModules(
  tree: string,
  importRoot: string,
  document: Document | undefined,
  row: Row | undefined,
): string[] {
  const modules = new Set(document?.project?.settings ?? []);
  const add = (file: string): void => {
    const inside =
      importRoot === '' ? file : file.startsWith(`${importRoot}/`) ? file.slice(importRoot.length + 1) : '';
    if (inside === '' || !existsSync(join(tree, file))) return;
    modules.add(inside.replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.'));
  };
  for (const file of filesNamed(row?.settingsFile ?? '')) add(file);
  for (const file of files(tree).filter((path) => /(^|\/)(wsgi|asgi|manage)\.py$/.test(path))) {
    const text = readFileSync(join(tree, file), 'latin1');
    for (const [, module = ''] of text.matchAll(/DJANGO_SETTINGS_MODULE["']\]?\s*[,=]\s*["']([\w.]+)["']/g)) {
      const path = join(importRoot, module.replaceAll('.', '/'));
      for (const candidate of [`${path}.py`, `${path}/__init__.py`]) add(candidate);
    }
  }
  return [...modules];
}

async function askOracle(
  scratch: string,
  tree: string,
  importRoot: string,
  modules: readonly string[],
  tools: Tools,
): Promise<OracleAnswer[]> {
  const answers: OracleAnswer[] = [];
  const copy = join(scratch, 'oracle');
  await quietly('cp', ['-a', tree, copy], scratch);
  rmSync(join(copy, '.git'), { recursive: true, force: true });
  const production = modules.some((module) => !NOT_PRODUCTION.test(module));
  for (const module of modules) {
    // where nothing is named after production, what there is will be run
    const ofProduction = !production || !NOT_PRODUCTION.test(module);
    const answer = await ask(scratch, [copy, importRoot, module], tools);
    if (answer.classes === undefined) {
      answers.push({ name: module, production: ofProduction, ...answer });
    } else {
      for (const [name, value] of Object.entries(answer.classes)) {
        answers.push({
          name: `${module}:${name}`,
          production: ofProduction && !NOT_PRODUCTION.test(name),
          ...(answer.files === undefined ? {} : { files: answer.files }),
          ...value,
        });
      }
    }
  }
  return answers;
}

/** A server's start in any file: the object that it is told to load. */
const STARTED =
  /\b(?:gunicorn|uvicorn|hypercorn|granian|waitress-serve|daphne)\b[^\n]*?[\s"']([A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(\))?)(?=["'\s,]|$)/gm;

/** What the row, the files that start servers, or else init itself say that is loaded, loaded by CPython. */
async function loadApplications(
  scratch: string,
  tree: string,
  document: Document | undefined,
  row: Row | undefined,
  tools: Tools,
): Promise<LoadedApplication[]> {
  const generated = document?.files.find((file) => /(^|\/)abort_on_exception\.py$/.test(file.path))?.path;
  if (generated === undefined) return [];
  const named = new Set(
    [...(row?.entry ?? '').matchAll(/\b(?:call:)?([A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(\))?)/g)].map(
      ([, name = '']) => name,
    ),
  );
  for (const file of files(tree).filter(
    (path) => STARTS_SERVERS.test(path) && !/(^|\/)(tests?|docs?|examples?)\//.test(path),
  )) {
    for (const [line, name = ''] of readFileSync(join(tree, file), 'latin1').matchAll(STARTED)) {
      named.add(/--factory\b/.test(line) && !name.endsWith(')') ? `${name}()` : name);
    }
  }
  const own = (document?.project?.entryPoints ?? []).filter((name) => name.includes(':'));
  const copy = join(scratch, 'loaded');
  await quietly('cp', ['-a', tree, copy], scratch);
  rmSync(join(copy, '.git'), { recursive: true, force: true });
  const loaded: LoadedApplication[] = [];
  const found = [...named].filter(
    (name) => importRootOf(tree, name.split(':')[0] ?? '', generated) !== undefined,
  );
  for (const name of found.length > 0 ? found : own) {
    const [module = '', object = ''] = name.split(':');
    const importRoot = importRootOf(tree, module, generated);
    if (importRoot === undefined) continue;
    const inside = importRoot === '' ? generated : generated.slice(importRoot.length + 1);
    const hooks = inside.replace(/\.py$/, '').replaceAll('/', '.');
    const answer = await ask(scratch, [copy, importRoot, module, object, hooks], tools);
    loaded.push({ name, ...answer });
  }
  return loaded;
}

const STARTS_SERVERS =
  /(^|\/)(Procfile[^/]*|[^/]*Dockerfile[^/]*|Containerfile|Makefile|[^/]*entrypoint[^/]*|[^/]*compose[^/]*\.ya?ml|[^/]*\.(service|sh|conf))$/;

/** The folder above the generated module in which the module is found. */
function importRootOf(tree: string, module: string, generated: string): string | undefined {
  const path = module.replaceAll('.', '/');
  const folders = generated.split('/').slice(0, -1);
  return folders
    .map((_, index) => folders.slice(0, folders.length - index).join('/'))
    .concat('')
    .toReversed()
    .filter((folder) => !existsSync(join(tree, folder, '__init__.py')))
    .find((folder) =>
      [`${path}.py`, `${path}/__init__.py`].some((file) => existsSync(join(tree, folder, file))),
    );
}

interface Answer {
  middleware?: string[];
  files?: string[];
  watched?: boolean;
  unjudged?: string;
  classes?: Record<string, { middleware?: string[]; unjudged?: string }>;
}

/** What oracle.py answers, by the first interpreter that knows the syntax of the files. */
async function ask(scratch: string, args: readonly string[], tools: Tools): Promise<Answer> {
  const program = join(scratch, 'oracle.py');
  copyFileSync(tools.oracle, program);
  let first: Answer | undefined;
  for (const python of tools.pythons) {
    const command = python(['-I', program, ...args], scratch);
    if (command === undefined) continue;
    const [file, ...words] = command;
    const run = await quietly(file, words, scratch, ORACLE_ENVIRONMENT);
    let answer: Answer;
    try {
      answer = JSON.parse(run.stdout) as Answer;
    } catch {
      answer = { unjudged: `the oracle ended with ${run.exitCode}: ${firstLine(run.stderr)}` };
    }
    if (answer.unjudged?.startsWith('SyntaxError') !== true) return answer;
    first ??= answer;
  }
  return first ?? { unjudged: 'no Python' };
}

/** Those of `changed` that CPython compiled before and no longer does. */
async function unparsable(
  scratch: string,
  tree: string,
  changed: readonly string[],
  before: Snapshot,
  tools: Tools,
): Promise<string[]> {
  if (changed.length === 0) return [];
  const program = join(scratch, 'compile.py');
  copyFileSync(tools.compile, program);
  // a file is one of some Python: an error of one interpreter is none where the next compiles it
  const errors = async (): Promise<string[]> => {
    let found = changed.filter((file) => existsSync(join(tree, file)));
    for (const python of tools.pythons) {
      if (found.length === 0) break;
      const command = python(['-I', program, ...found.map((error) => join(tree, fileOf(error)))], scratch);
      if (command === undefined) continue;
      const [file, ...words] = command;
      const { stdout } = await quietly(file, words, scratch, ORACLE_ENVIRONMENT);
      found = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as string).replace(`${tree}/`, ''));
    }
    return found;
  };
  const now = await errors();
  if (now.length === 0) return [];
  const original = await quietly('git', ['stash', 'push', '--include-untracked', '--quiet'], tree);
  const then = original.exitCode === 0 ? await errors() : [];
  await quietly('git', ['stash', 'pop', '--quiet'], tree);
  return now
    .filter((error) => !before.has(fileOf(error)) || !then.some((old) => fileOf(old) === fileOf(error)))
    .map((error) => `no longer compiles: ${error}`);
}

/** SHA-256 and mode of every file, by path. */
type Snapshot = ReadonlyMap<string, string>;

function snapshot(tree: string): Snapshot {
  return new Map(
    files(tree).map((file) => {
      const path = join(tree, file);
      const stat = lstatSync(path);
      const content = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
      return [file, `${stat.mode} ${createHash('sha256').update(content).digest('hex')}`];
    }),
  );
}

function files(tree: string, folder = ''): string[] {
  return readdirSync(join(tree, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name === '.git') return [];
    if (entry.isDirectory()) return files(tree, path);
    return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
  });
}

function difference(a: Snapshot, b: Snapshot): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((file) => a.get(file) !== b.get(file)).toSorted();
}

/** The lines that a unified diff adds. */
function inserted(diff: string | undefined): string {
  return (diff ?? '')
    .split('\n')
    .filter((line) => /^\+(?!\+)/.test(line))
    .join('\n');
}

/** Of a line of compile.py. */
function fileOf(error: string): string {
  return error.split(': ')[0] ?? '';
}

async function commit(tree: string, message: string): Promise<void> {
  const identity = [
    '-c',
    'user.name=corpus',
    '-c',
    'user.email=corpus@localhost',
    '-c',
    'core.autocrlf=false',
  ];
  if (!existsSync(join(tree, '.git'))) await quietly('git', ['init', '--quiet'], tree);
  await quietly('git', ['-c', 'core.autocrlf=false', 'add', '--all', '--force'], tree);
  await quietly(
    'git',
    [...identity, 'commit', '--quiet', '--allow-empty', '--no-verify', '-m', message],
    tree,
  );
}

async function quietly(
  file: string,
  args: readonly string[],
  cwd: string,
  environment?: Record<string, string>,
): Promise<Run> {
  const run = await execa(file, args, {
    cwd,
    reject: false,
    input: '',
    timeout: 120_000,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
    ...(environment === undefined ? {} : { env: environment, extendEnv: false }),
  });
  return {
    exitCode: run.exitCode ?? -1,
    stdout: run.stdout,
    stderr: run.timedOut ? 'timed out' : run.stderr,
  };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

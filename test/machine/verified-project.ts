import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Verification } from '../../src/crashtest/verification.ts';
import { DROP, type SetUp } from './set-ups.ts';

/** What every project of the matrix is made of. */
export interface Ingredients {
  /** `dist/pycrash.js`. */
  bin: string;
  python: string;
  /** The generated module, as `init` writes it for Bottle. */
  module: string;
  /** Folder with Bottle and gunicorn for that interpreter. */
  packages: string;
}

/** What `pycrash verify` said in one set-up. */
export interface Verified {
  exitCode: number | null;
  /** Those that did not hold. */
  steps: Pick<Verification['steps'][number], 'id' | 'ok' | 'detail'>[];
  stderr: string;
}

/** The folder of a set-up below `base`: its process works there, and its project is beside it. */
export function folderOf({ name }: SetUp, base: string): string {
  return path.join(base, name.replaceAll(/\W+/g, '-'));
}

/**
 * Writes the project of a set-up beside `folder`, in which its process works: a Bottle application with crash handling,
 * and the script that starts it. Returns the command line of `pycrash verify` for it.
 */
export function writeProject(folder: string, setUp: SetUp, ingredients: Ingredients): string[] {
  const { WITHOUT_MODULE: without, ...environment } = setUp.environment ?? {};
  const root = `${folder}.project`;
  mkdirSync(folder, { recursive: true });
  chownSync(folder, 1000, 1000);
  mkdirSync(root);
  const watched = without === undefined;
  const drops = setUp.code === DROP;
  const application = [
    'import os',
    drops ? '' : (setUp.code ?? ''),
    'import bottle',
    'app = bottle.Bottle()',
    "app.route('/', callback=lambda: 'open')",
    ...(watched ? ['from abort_on_exception import watch_bottle', 'watch_bottle(app)'] : []),
  ];
  writeFileSync(path.join(root, 'app.py'), `${application.join('\n')}\n`);
  writeFileSync(path.join(root, 'requirements.txt'), 'bottle\ngunicorn\n');
  if (watched) copyFileSync(ingredients.module, path.join(root, 'abort_on_exception.py'));
  const place = path.resolve(folder, setUp.cwd ?? '.');
  // the arbiter of a preloaded application would be what drops its privileges, or stays in a removed folder
  const preload = setUp.code?.includes('import os') === true ? '' : '--preload';
  const start = [
    '#!/bin/sh',
    'export PYTHONPATH="$PYTHONPATH:$PWD"',
    `mkdir -p '${place}'; cd '${folder}'`,
    `python=$(realpath "$(command -v ${setUp.python ?? ingredients.python})")`,
    `cd '${place}'`,
    setUp.limits ?? 'ulimit -c unlimited',
    `exec ${setUp.as ?? AS_USER} "$python" -m gunicorn ${preload} ${drops ? '--user 1000 --group 1000' : ''} --workers 1 app:app`,
  ];
  writeFileSync(path.join(root, 'start'), `${start.join('\n')}\n`);
  chmodSync(path.join(root, 'start'), 0o755);
  return [
    process.execPath,
    ingredients.bin,
    'verify',
    '--json',
    '--supervisor=none',
    '--server=gunicorn',
    '--command=./start',
    `--python=${ingredients.python}`,
    '--timeout=60',
    ...(setUp.required === undefined ? [] : ['--require', setUp.required]),
    ...Object.entries({ ...environment, PYTHONPATH: ingredients.packages }).flatMap(([name, value]) => [
      '--env',
      `${name}=${value}`,
    ]),
    root,
  ];
}

// env(1) between: setpriv keeps its capabilities up to the next exec, and would pass for a privileged parent
export const AS_USER = 'setpriv --reuid 1000 --regid 1000 --clear-groups env';

/** Takes what matters out of an ended `pycrash verify --json`. */
export function verifiedOf(ended: {
  exitCode?: number | null | undefined;
  stdout: string;
  stderr: string;
}): Verified {
  const { stdout, stderr } = ended;
  const exitCode = ended.exitCode ?? null;
  const steps = stdout === '' ? [] : (JSON.parse(stdout) as Verification).steps;
  return {
    exitCode,
    steps: steps.filter(({ ok }) => ok !== true).map(({ id, ok, detail }) => ({ id, ok, detail })),
    stderr,
  };
}

/** The steps that keep the run from being good: those that failed, and the required one where it is unknown. */
export function failedSteps({ steps }: Verified, { required }: SetUp): Verified['steps'] {
  return steps.filter(({ id, ok }) => ok === false || id === required);
}

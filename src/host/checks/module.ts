import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Check, HostCheck } from '../host-check.ts';
import { findLoadedModule } from '../loaded-module.ts';
import { descendants } from '../processes.ts';
import type { ProcessStatus } from '../process-status.ts';
import { insideProcess, isReadOnly, mayWrite } from './core-destination.ts';
import { typedCommand } from '../../typed-command.ts';

/** Is the generated module in this process, and does its environment let it abort? None where it runs no Python. */
export function moduleChecks(process: ProcessStatus, check: Check): HostCheck[] {
  if (!runsPython(process)) return [];
  const loaded = loadedCheck(process, check);
  if (loaded.verdict === 'bad') return isInWorkers(process) ? [] : [loaded];
  return [loaded, ...switchCheck(process, check), ...budgetCheck(process, check)];
}

function runsPython({ executable, name }: ProcessStatus): boolean {
  return /(^|\/)(python|pypy|uwsgi)[\d.]*$/.test(executable ?? name);
}

/** An arbiter that does not preload the application only looks after those that have it. */
function isInWorkers({ pid }: ProcessStatus): boolean {
  return descendants(pid).some((worker) => findLoadedModule(worker.pid) === 'found');
}

function loadedCheck(process: ProcessStatus, check: Check): HostCheck {
  switch (findLoadedModule(process.pid)) {
    case 'found':
      return check('module-loaded', 'good', 'the generated module is loaded');
    case 'absent':
      return check(
        'module-loaded',
        'bad',
        'the generated module is not in its memory',
        'An uncaught exception is answered with a 500 and leaves no core.',
        typedCommand('check'),
      );
    case 'unreadable':
      return check(
        'module-loaded',
        'unknown',
        'its memory cannot be read',
        undefined,
        `sudo ${typedCommand(`doctor --pid ${process.pid}`)}`,
      );
  }
}

/** The mode that the environment asks for: PYCRASH comes before PYCRASH_MODE (docs/configuration.md). */
function switchCheck({ environment }: ProcessStatus, check: Check): HostCheck[] {
  for (const name of ['PYCRASH', 'PYCRASH_MODE']) {
    const value = environment?.get(name)?.toLowerCase() ?? '';
    if (value === '' || (name === 'PYCRASH' && ['1', 'yes', 'true', 'on'].includes(value))) continue;
    if (!['0', 'no', 'false', 'off', 'log'].includes(value)) return [];
    return [
      check(
        'module-off',
        'bad',
        `${name}=${value} is in its environment`,
        value === 'log'
          ? 'An uncaught exception is only logged: no core is written.'
          : 'The generated module does nothing: no core is written.',
        `take ${name} out of the environment of the service`,
      ),
    ];
  }
  return [];
}

/** Without a folder for the crash budget the module logs and does not abort (docs/configuration.md). */
function budgetCheck(process: ProcessStatus, check: Check): HostCheck[] {
  const { environment, uid } = process;
  if (environment === undefined) return [];
  const own = environment.get('PYCRASH_BUDGET_DIRECTORY') ?? '';
  // tempfile.gettempdir(): the first of these that is set and can be written
  const temporary = ['TMPDIR', 'TEMP', 'TMP'].map((name) => environment.get(name)).find(Boolean) ?? '/tmp';
  const state = environment.get('STATE_DIRECTORY')?.split(':', 1)[0];
  const folder =
    own === '' ? join(state === undefined || state === '' ? temporary : state, `pycrash-${uid}`) : own;
  const why = unusable(process, folder);
  if (why === undefined) return [];
  return [
    check(
      'budget-folder',
      'bad',
      `the crash budget cannot be kept in ${folder}: ${why}`,
      'Without it a crash loop would not be noticed, so the generated module only logs.',
      'StateDirectory= in the unit, or PYCRASH_BUDGET_DIRECTORY',
    ),
  ];
}

function unusable(process: ProcessStatus, folder: string): string | undefined {
  const here = insideProcess(process, folder);
  if (here === undefined) return undefined;
  try {
    if (existsSync(here)) {
      const { mode, uid } = statSync(here);
      return uid === process.uid && (mode & 0o077) === 0
        ? undefined
        : `it is not of uid ${process.uid} alone`;
    }
    let parent = dirname(folder);
    while (parent !== '/' && !existsSync(insideProcess(process, parent) ?? '/')) parent = dirname(parent);
    if (isReadOnly(process.pid, parent)) return `${parent} is mounted read-only`;
    return mayWrite(process, insideProcess(process, parent) ?? '/')
      ? undefined
      : `uid ${process.uid} may not write to ${parent}`;
  } catch {
    return undefined;
  }
}

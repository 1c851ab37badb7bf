import type { ProcessStatus } from './process-status.ts';

/**
 * Where a process can be when its core is written, in the order of preference: its working directory, and what the
 * generated module goes to where that cannot take the core (docs/configuration.md, CORE_DIRECTORY). What the settings
 * say of that option cannot be seen from outside. None of a process that is not there.
 */
export function coreDirectories(process: ProcessStatus | undefined): string[] {
  if (process === undefined) return [];
  const { workingDirectory, environment, uid } = process;
  const state = environment?.get('STATE_DIRECTORY')?.split(':', 1)[0];
  const own = environment?.get('PYCRASH_CORE_DIRECTORY');
  const all = [workingDirectory, own === undefined || own === '' ? state : own, `/var/tmp/pycrash-${uid}`];
  return all.flatMap((directory) => (directory === undefined || directory === '' ? [] : [directory]));
}

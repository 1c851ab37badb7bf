import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { processEntry } from '../host/processes.ts';

/** The process that a word of the command line means: a number that is no file in `cwd`; undefined where there is none. */
export function namedProcess(word: string, cwd: string): number | undefined {
  const pid = /^[1-9]\d{0,9}$/.test(word) && !existsSync(resolve(cwd, word)) ? Number(word) : undefined;
  return pid === undefined || processEntry(pid) === undefined ? undefined : pid;
}

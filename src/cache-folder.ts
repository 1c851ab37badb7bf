import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The folder for what can be made again, `~/.cache/pycrash` or below it; made where it is missing. Undefined unless it
 * belongs to this user and nobody else can write to it: what is found there is believed.
 */
export function cacheFolder(...below: string[]): string | undefined {
  let folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pycrash');
  for (const name of ['', ...below]) {
    folder = join(folder, name);
    makeFolder(folder);
    const stat = lstatSync(folder);
    const own = stat.isDirectory() && stat.uid === (process.geteuid?.() ?? stat.uid);
    if (!own || (stat.mode & 0o022) !== 0) return undefined;
  }
  return folder;
}

/** Like `mkdirSync` with `recursive`, which tries for ever where a folder that is there takes none: XDG_CACHE_HOME=/proc/x. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // another run was quicker
    if (!existsSync(folder)) throw error;
  }
}

/** Writes a file of which a reader sees all or nothing. Throws where it cannot be written. */
export function writeWhole(file: string, bytes: Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    const written = writeSync(descriptor, bytes);
    fsyncSync(descriptor);
    if (written !== bytes.length || fstatSync(descriptor).size !== bytes.length)
      throw new Error('the disk is full');
    renameSync(draft, file);
  } finally {
    closeSync(descriptor);
    if (lstatSync(draft, { throwIfNoEntry: false }) !== undefined) rmSync(draft);
  }
}

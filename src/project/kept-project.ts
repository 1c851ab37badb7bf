import { lstatSync, readdirSync, readFileSync, rmSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { cacheFolder, writeWhole } from '../cache-folder.ts';
import { packageFile } from '../package-files.ts';
import { sha256 } from '../sha256-without-crypto.ts';
import { listFiles } from './file-list.ts';
import type { Project } from './project.ts';

/** Milliseconds. A file that was changed so shortly before may be changed again without its times showing it (git: racy-git). */
const SURELY_PAST = 2000;

/** Repositories that are kept; the oldest goes for a new one. */
const MOST_KEPT = 20;

interface Kept {
  root: string;
  /** The program that read it. */
  build: string;
  git: boolean;
  cut: boolean;
  /** What `lstat` says of each file, in the order of `project.files`. */
  states: Uint8Array;
  project: Project;
}

/**
 * The same as `readProject`, which is left out where no file of the list has changed, come or gone since it last read
 * the folder: not a time, a size, a mode or an inode. Kept for the next run in `cacheFolder('projects')`.
 */
export async function readUnlessKept(root: string): Promise<Project> {
  const folder = resolve(root);
  const begun = Date.now();
  const list = await listFiles(folder);
  const { states, newest } = statesOf(folder, list.files);
  const file = placeOf(folder);
  const kept = file === undefined ? undefined : recall(file);
  const now = { root: folder, build: buildOf(), git: list.git, cut: list.cut, states };
  if (kept !== undefined && isSame(kept, now) && areEqual(kept.project.files, list.files))
    return kept.project;
  const { readProject } = await import('./read-project.ts');
  const project = await readProject(folder, { list });
  if (file !== undefined && newest < begun - SURELY_PAST) keep(file, { ...now, project });
  return project;
}

/** Five numbers a file: times of content and of inode in ms, size, inode, mode. A link counts with what it leads to. */
function statesOf(root: string, files: readonly string[]): { states: Uint8Array; newest: number } {
  const states = new Float64Array(files.length * 5);
  let newest = 0;
  for (const [index, file] of files.entries()) {
    const path = `${root}/${file}`;
    const own = lstatSync(path, { throwIfNoEntry: false });
    const stat = own?.isSymbolicLink() === true ? linkedFrom(path) : own;
    if (own === undefined || stat === undefined) continue;
    const { mtimeMs, ctimeMs, size, ino, mode } = stat;
    states.set([mtimeMs, ctimeMs + (stat === own ? 0 : own.ctimeMs), size, ino, mode], index * 5);
    newest = Math.max(newest, mtimeMs, ctimeMs, own.ctimeMs);
  }
  return { states: new Uint8Array(states.buffer), newest };
}

function linkedFrom(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // to nowhere, or in a circle
    return undefined;
  }
}

/** The files of dist have the hash of what is in them in their names. */
function buildOf(): string {
  return readdirSync(packageFile('dist')).sort().join(' ');
}

/** Where the project of the folder is kept; undefined where nothing can be. */
function placeOf(root: string): string | undefined {
  try {
    const folder = cacheFolder('projects');
    return folder === undefined ? undefined : join(folder, `${sha256(root)}.v8`);
  } catch {
    return undefined;
  }
}

function recall(file: string): Kept | undefined {
  try {
    // our own file in our own folder, whole because of writeWhole
    return (deserialize(readFileSync(file)) ?? undefined) as Kept | undefined;
  } catch {
    // not there yet, or of another Node
    return undefined;
  }
}

function keep(file: string, kept: Kept): void {
  try {
    const folder = dirname(file);
    const others = readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => path !== file);
    const byAge = others.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
    for (const old of byAge.slice(0, Math.max(0, others.length + 1 - MOST_KEPT)))
      rmSync(old, { force: true });
    writeWhole(file, serialize(kept));
  } catch {
    // a full disk, or another run at the same: it is only slower
  }
}

function isSame(kept: Kept, now: Omit<Kept, 'project'>): boolean {
  return (
    kept.root === now.root &&
    kept.build === now.build &&
    kept.git === now.git &&
    kept.cut === now.cut &&
    Buffer.compare(kept.states, now.states) === 0
  );
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

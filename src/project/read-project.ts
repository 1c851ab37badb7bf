import { UserError } from '../errors.ts';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { foldersOf, listFiles } from './file-list.ts';
import type { Project } from './project.ts';
import { Sources } from './sources.ts';

export interface ReadOptions {
  /** Bytes that stand in for those on the disk, by path from the root: what the project is after an edit. */
  overlay?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads what the repository in the folder `root` is: which applications, how they are started, and where each fact
 * stands. Nothing of the repository is run. What cannot be known is a note, never an error; throws a `UserError`
 * only where `root` is no folder.
 */
export async function readProject(root: string, options: ReadOptions = {}): Promise<Project> {
  const folder = resolve(root);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError('no-folder', `${folder} is not a folder`, {
      exitCode: 2,
      help: 'name the folder of the repository',
    });
  }
  const list = await listFiles(folder);
  const sources = new Sources(folder, list.files, options.overlay);
  return {
    root: folder,
    files: list.files,
    folders: foldersOf(list.files),
    git: list.git,
    applications: [],
    services: [],
    notes: sources.notes,
  };
}

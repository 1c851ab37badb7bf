import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Folders that hold other people's code or output, also where nothing ignores them. */
const OTHERS = new Set([
  '.git',
  '.hg',
  '.svn',
  '.tox',
  '.nox',
  '.venv',
  'venv',
  'virtualenv',
  'node_modules',
  'bower_components',
  'site-packages',
  '__pycache__',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
]);

/** More than any repository that was seen; a tree beyond this (a home folder, say) is cut off and said so. */
const MOST_FILES = 200_000;

export interface FileList {
  /** From the root, with `/`, sorted. */
  files: string[];
  git: boolean;
  /** True where the tree had more than MOST_FILES. */
  cut: boolean;
}

/** Every file of the tree that git tracks or does not ignore; without git every file. Symbolic links are not followed. */
export async function listFiles(root: string): Promise<FileList> {
  const listed = await gitFiles(root);
  const files = (listed ?? walk(root)).filter(notInOthers());
  return {
    files: files.slice(0, MOST_FILES).sort(),
    git: listed !== undefined,
    cut: files.length > MOST_FILES,
  };
}

/** For a list in which files of one folder follow each other, as git and `walk` give them: asks each folder once. */
function notInOthers(): (file: string) => boolean {
  let folder = '';
  let isOthers = false;
  return (file) => {
    const slash = file.lastIndexOf('/') + 1;
    if (slash !== folder.length || !file.startsWith(folder)) {
      folder = file.slice(0, slash);
      isOthers = folder.split('/').some((part) => OTHERS.has(part));
    }
    return !isOthers && !OTHERS.has(file.slice(slash));
  };
}

async function gitFiles(root: string): Promise<string[] | undefined> {
  try {
    const { stdout } = await run(
      'git',
      ['-c', 'core.fsmonitor=false', 'ls-files', '-coz', '--exclude-standard', '--deduplicate'],
      { cwd: root, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } },
    );
    return stdout.split('\0').filter((file) => file !== '');
  } catch {
    // no git, no repository, or one that git refuses to read (safe.directory)
    return undefined;
  }
}

function walk(root: string): string[] {
  const files: string[] = [];
  const folders = [''];
  for (let next = 0; next < folders.length && files.length <= MOST_FILES; next++) {
    const folder = folders[next] ?? '';
    let entries;
    try {
      entries = readdirSync(`${root}/${folder}`, { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      if (OTHERS.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else files.push(path);
    }
  }
  return files;
}

/** Every folder that a file of the list is in, at any depth; without the root itself. */
export function foldersOf(files: readonly string[]): Set<string> {
  const folders = new Set<string>();
  for (const file of files) {
    for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1)) {
      const folder = file.slice(0, slash);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
  copyFileSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { UserError, reasonOf } from '../errors.ts';
import type { FileChange } from './plan.ts';

/** What was done, and the way back as long as `finish` was not called. */
export interface Applied {
  /** Folders that were made, from the root, the outer ones first. */
  folders: readonly string[];
  /** Puts back what was there, to the byte, the inode and the time stamp. */
  rollBack(): void;
  /** Forgets the way back. */
  finish(): void;
}

interface Write {
  change: FileChange;
  /** Where the bytes go: the end of symbolic links. */
  target: string;
  /** The new bytes, beside the target; absent where it is removed. */
  temporary?: string;
  /** A second name of the old file. */
  saved?: string;
  done: boolean;
}

/**
 * Writes every change of a plan, or none: all new bytes are on the disk beside their targets before the first target is
 * replaced (rename(2) is atomic), and the old files keep a second name until `finish`. Mode and owner stay.
 *
 * Throws a `UserError` with nothing changed where a file is not what the plan saw, lies behind a link that leaves the
 * tree, or cannot be written (read-only, full disk …).
 */
export function applyChanges(root: string, changes: readonly FileChange[]): Applied {
  const writes = changes
    .filter(({ action }) => action === 'create' || action === 'edit' || action === 'delete')
    .map((change): Write => ({ change, target: targetOf(root, change.path), done: false }));
  for (const write of writes) mustBeAsPlanned(write);
  const folders: string[] = [];
  let current = '';
  const rollBack = (): void => undo(root, writes, folders);
  try {
    for (const write of writes) {
      current = write.change.path;
      if (write.change.after === undefined) continue;
      makeFolders(root, dirname(write.change.path), folders);
      write.temporary = writeTemporary(write);
    }
    for (const write of writes) {
      current = write.change.path;
      if (write.change.before !== undefined) save(write);
    }
    for (const write of writes) {
      current = write.change.path;
      write.done = true;
      if (write.temporary === undefined) unlinkSync(write.target);
      else renameSync(write.temporary, write.target);
    }
    for (const folder of new Set(writes.map(({ target }) => dirname(target)))) syncFolder(folder);
  } catch (error) {
    rollBack();
    throw cannotWrite(current, error);
  }
  return {
    folders,
    rollBack,
    finish: () => {
      for (const { saved } of writes) if (saved !== undefined) removeIfThere(saved);
    },
  };
}

/** Where the bytes of `path` really are; throws where a symbolic link leaves the tree. */
export function targetOf(root: string, path: string): string {
  const absolute = join(root, path);
  const realRoot = realpathSync(root);
  let real: string;
  if (lstatSync(absolute, { throwIfNoEntry: false }) === undefined) {
    let folder = dirname(absolute);
    while (!existsSync(folder)) folder = dirname(folder);
    real = join(realpathSync(folder), absolute.slice(folder.length));
  } else real = realpathSync(absolute);
  if (real === realRoot || real.startsWith(realRoot + sep)) return real;
  throw new UserError('outside-tree', `${path} is a symbolic link to ${real}, outside of the repository`, {
    help: `Nothing was written. Run init in the repository that ${real} belongs to, or leave that part out with --only.`,
  });
}

function mustBeAsPlanned({ change, target }: Write): void {
  const stat = statSync(target, { throwIfNoEntry: false });
  if (change.before === undefined ? stat === undefined : stat?.isFile() === true) {
    if (change.before === undefined) return;
    if (Buffer.compare(readFileSync(target), change.before) === 0) {
      // rename(2) would replace a file that its owner has locked
      try {
        accessSync(target, constants.W_OK);
        return;
      } catch (error) {
        throw cannotWrite(change.path, error);
      }
    }
  }
  throw new UserError('changed-meanwhile', `${change.path} has changed since the plan was made`, {
    help: 'Nothing was written. Run the command again.',
  });
}

function makeFolders(root: string, folder: string, made: string[]): void {
  if (folder === '.' || existsSync(join(root, folder))) return;
  makeFolders(root, dirname(folder), made);
  mkdirSync(join(root, folder));
  made.push(folder);
}

function beside(target: string, what: 'new' | 'old'): string {
  return join(dirname(target), `.${basename(target)}.pycrash-${what}-${process.pid}`);
}

/** Puts the new bytes beside the target, on the disk; returns their path. */
function writeTemporary({ target, change }: Write): string {
  const temporary = beside(target, 'new');
  const old = statSync(target, { throwIfNoEntry: false });
  const file = openSync(temporary, 'wx', change.mode ?? 0o666);
  try {
    const bytes = change.after ?? new Uint8Array();
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    if (old !== undefined) {
      if (old.uid !== process.getuid?.() || old.gid !== process.getgid?.())
        fchownSync(file, old.uid, old.gid);
      // after chown(2), which clears set-user-ID bits
      fchmodSync(file, old.mode & 0o7777);
    }
    fsyncSync(file);
    return temporary;
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(file);
  }
}

function save(write: Write): void {
  const saved = beside(write.target, 'old');
  try {
    linkSync(write.target, saved);
  } catch (error) {
    // a file system without hard links
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    copyFileSync(write.target, saved, constants.COPYFILE_EXCL);
  }
  write.saved = saved;
}

function undo(root: string, writes: readonly Write[], folders: readonly string[]): void {
  const failed: string[] = [];
  for (const write of [...writes].reverse()) {
    try {
      undoOne(write);
    } catch (error) {
      failed.push(`${write.change.path} (${String(error)}; the old file is ${write.saved ?? 'not there'})`);
    }
  }
  for (const folder of [...folders].reverse()) removeFolderIfEmpty(join(root, folder));
  if (failed.length > 0) {
    throw new UserError('cannot-roll-back', `could not put back ${failed.join(', ')}`, {
      help: 'Put these files back by hand, or take them from version control.',
    });
  }
}

function undoOne({ target, saved, temporary, done }: Write): void {
  if (saved !== undefined) {
    if (done) renameSync(saved, target);
    // rename(2) of two names of one file does nothing: a target that was not replaced keeps its second name
    removeIfThere(saved);
  } else if (done) removeIfThere(target);
  if (temporary !== undefined) removeIfThere(temporary);
}

/** Removes the folder unless something is in it. */
export function removeFolderIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error))) throw error;
  }
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    // some file systems cannot sync a folder; the rename is done all the same
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(codeOf(error))) throw error;
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EXDEV: 'it is a mount point',
  EBUSY: 'it is in use, or a mount point',
};

function cannotWrite(path: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const reason = REASONS[codeOf(error)] ?? reasonOf(error);
  return new UserError('cannot-write', `cannot write ${path}: ${reason}`, {
    help: 'Nothing was changed: what had been written was rolled back. Mend that and run the command again.',
    cause: error,
  });
}

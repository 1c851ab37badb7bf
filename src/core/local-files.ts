import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  readlinkSync,
  statSync,
  type Stats,
} from 'node:fs';
import { posix } from 'node:path';
import type { ByteSource } from './byte-source.ts';

export interface OpenFile extends ByteSource {
  path: string;
  /** When it was last changed, in milliseconds since the epoch. */
  changed: number;
  close(): void;
}

/** A regular file opened to be read at positions; undefined where it is not there, not regular or not readable. */
export function openLocalFile(path: string): OpenFile | undefined {
  return openRegular(path, 0);
}

/** Why a file that a core names is not opened. */
export interface Refusal {
  /** What is not opened, and the reason: a sentence without the remedy. */
  refused: string;
}

/**
 * Opens a file that a core names, which is hostile input: the process that wrote the core chose the path. Only regular files, and
 * none that is reached through a symbolic link: the kernel writes resolved paths into a core (d_path, fs/binfmt_elf.c),
 * and a link could lead to a file of the reader's. For root, none that another user owns or can replace either.
 * undefined where there is no such file.
 */
export function openNamedFile(path: string): OpenFile | Refusal | undefined {
  const parts = posix.normalize(path).split('/').filter(Boolean);
  let here = '/';
  let replaceable: Refusal | undefined;
  for (const [index, part] of parts.entries()) {
    here = posix.join(here, part);
    let status: Stats;
    try {
      status = lstatSync(here);
      // The one kind of link that every distribution has: /bin, /lib, /lib64 and /sbin lead into /usr (file-hierarchy(7)).
      if (index === 0 && status.isSymbolicLink() && /^\/?usr\/\w+$/.test(readlinkSync(here)))
        status = statSync(here);
    } catch {
      return undefined;
    }
    const last = index === parts.length - 1;
    const what = last ? here : `what the core names below ${here}`;
    if (status.isSymbolicLink())
      return { refused: `${what} is not opened, because ${here} is a symbolic link` };
    if (last && !status.isFile()) return undefined;
    const others = isRoot() ? whoElseWrites(status, last ? 0 : STICKY) : undefined;
    if (others !== undefined)
      replaceable ??= { refused: `${what} is not opened by root, because ${here} ${others}` };
  }
  return replaceable ?? openRegular(posix.join('/', ...parts), constants.O_NOFOLLOW ?? 0);
}

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Can a user other than root put another file there? In a sticky folder (/tmp) users replace only what is their own. */
function whoElseWrites({ uid, gid, mode }: Stats, exempt: number): string | undefined {
  if (uid !== 0) return `belongs to the user ${uid}`;
  if ((mode & exempt) !== 0) return undefined;
  if ((mode & OTHERS_WRITE) !== 0) return 'can be written by every user';
  const byGroup = (mode & GROUP_WRITES) !== 0 && gid !== 0 && !isEmptyGroup(gid);
  return byGroup ? `can be written by the group ${gid}` : undefined;
}

/** Debian gives /usr/local to the group staff, which has no members: group(5), passwd(5). */
function isEmptyGroup(gid: number): boolean {
  try {
    const group = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((line) => line.split(':')[2] === String(gid));
    const members = group?.split(':')[3]?.trim();
    const users = readFileSync('/etc/passwd', 'utf8').split('\n');
    return members === '' && !users.some((line) => line.split(':')[3] === String(gid));
  } catch {
    return false;
  }
}

function openRegular(path: string, flags: number): OpenFile | undefined {
  let descriptor: number;
  try {
    // Opening a device can have effects (watchdog(4)), so it is looked at first. O_NONBLOCK: a FIFO put there meanwhile.
    if (!statSync(path).isFile()) return undefined;
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  } catch {
    return undefined;
  }
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    return undefined;
  }
  let open = true;
  return {
    path,
    size: status.size,
    changed: status.mtimeMs,
    read(into, position) {
      if (!open) return 0;
      let done = 0;
      try {
        while (done < into.length) {
          const read = readSync(descriptor, into, done, into.length - done, position + done);
          if (read <= 0) break;
          done += read;
        }
      } catch {
        // a bad disk or a position past every limit: what was read is what there is
      }
      return done;
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

const MOST_LINKS = 40;

/** Where `path` is inside `root`: symbolic links are followed as a process with that root would, never out of it. */
export function insideRoot(root: string, path: string): string | undefined {
  let parts = posix.normalize(`/${path}`).split('/').filter(Boolean);
  let done: string[] = [];
  let links = 0;
  while (parts.length > 0) {
    const [part = '', ...rest] = parts;
    parts = rest;
    if (part === '..') {
      done = done.slice(0, -1);
      continue;
    }
    if (part === '.') continue;
    const here = posix.join(root, ...done, part);
    try {
      if (lstatSync(here).isSymbolicLink()) {
        if ((links += 1) > MOST_LINKS) return undefined;
        const target = readlinkSync(here);
        if (target.startsWith('/')) done = [];
        parts = [...target.split('/').filter(Boolean), ...parts];
        continue;
      }
    } catch {
      return undefined;
    }
    done.push(part);
  }
  return posix.join(root, ...done);
}

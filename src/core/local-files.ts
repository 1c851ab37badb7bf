import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import type { ByteSource } from './byte-source.ts';

export interface OpenFile extends ByteSource {
  path: string;
  close(): void;
}

/** A regular file opened to be read at positions; undefined where it is not there, not regular or not readable. */
export function openLocalFile(path: string): OpenFile | undefined {
  let descriptor: number;
  try {
    // O_NONBLOCK: a path named by a core can be a FIFO, and opening that would wait forever.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
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

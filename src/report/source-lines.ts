import { readFileSync, realpathSync, statSync } from 'node:fs';
import { insideRoot } from '../core/local-files.ts';
import { isAbsolute, join, posix, resolve, sep } from 'node:path';

const MOST_BYTES = 10_000_000;

interface Places {
  /** Folders to look in (`--source`): any tail of the path may be below them. */
  folders: readonly string[];
  /** The root folder of the container that the core came from (`--sysroot`). */
  sysroot?: string;
}

/**
 * Reads lines of Python files. The paths come from the core, which is hostile: only regular files that are called
 * `….py` are read, and below `--source` and `--sysroot` nothing that leads out of them.
 */
export class SourceLines {
  readonly #places: Places;
  readonly #files = new Map<string, readonly string[] | undefined>();
  /** The files that lines came from, by the path in the core. */
  readonly used = new Map<string, string>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Line `line` (from 1) of the file that the core calls `file`, without the space around it. */
  line(file: string, line: number): string | undefined {
    if (!this.#files.has(file)) this.#files.set(file, this.#read(file));
    const text = this.#files.get(file)?.[line - 1]?.trim();
    return text === undefined || text === '' ? undefined : text.slice(0, 500);
  }

  #read(file: string): readonly string[] | undefined {
    if (!/\.pyw?$/.test(file) || file.includes('\0')) return undefined;
    for (const candidate of this.#candidates(file)) {
      try {
        const stat = statSync(candidate);
        if (!stat.isFile() || stat.size > MOST_BYTES) continue;
        const lines = readFileSync(candidate, 'utf8').split('\n');
        this.used.set(file, candidate);
        return lines;
      } catch {
        // not there, or not for us: the next place
      }
    }
    return undefined;
  }

  *#candidates(file: string): Generator<string> {
    const parts = posix
      .normalize(file.replaceAll('\\', '/'))
      .split('/')
      .filter((part) => part !== '');
    if (!parts.includes('..')) {
      for (const folder of this.#places.folders) {
        for (let from = 0; from < Math.min(parts.length, 50); from += 1) {
          yield* inside(folder, parts.slice(from));
        }
      }
      if (this.#places.sysroot !== undefined) {
        const candidate = insideRoot(this.#places.sysroot, file);
        if (candidate !== undefined) yield candidate;
      }
    }
    if (isAbsolute(file)) yield file;
  }
}

/** The path below the folder, unless a symbolic link leads out of it. */
function* inside(folder: string, parts: readonly string[]): Generator<string> {
  const candidate = join(resolve(folder), ...parts);
  try {
    const root = realpathSync(folder);
    if (realpathSync(candidate).startsWith(root.endsWith(sep) ? root : root + sep)) yield candidate;
  } catch {
    // not there
  }
}

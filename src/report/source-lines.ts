import { realpathSync } from 'node:fs';
import { isAbsolute, join, posix, resolve, sep } from 'node:path';
import { insideRoot, openLocalFile, openNamedFile, type OpenFile } from '../core/local-files.ts';
import { cutMark } from '../core/python/value.ts';
import { libraryFolder } from './application-frame.ts';
import { REPORT_LIMITS } from './limits.ts';
import type { FrameCode } from './model.ts';
import { fits } from './source-fit.ts';

const MOST_TAILS = 50;
const MOST_NAMED = 5;

interface Places {
  /** Folders to look in (`--source`): a tail of the path may be below them. */
  folders: readonly string[];
  /** The root folder of the container that the core came from (`--sysroot`). */
  sysroot?: string;
  /** When the core was written, in milliseconds since the epoch. */
  written?: number;
}

/** A frame whose line is to be shown. */
interface Wanted {
  file: string;
  line: number;
  code?: FrameCode;
}

/** A file that can be the source of a path in the core. */
interface Candidate {
  path: string;
  lines: readonly string[];
  /** It was changed after the core was written. */
  newer: boolean;
}

/**
 * Reads lines of Python files. The paths come from the core, which is hostile: only regular files that are called
 * `….py` are read, and below `--source` and `--sysroot` nothing that leads out of them. A file of which a line does
 * not fit the code that ran is not what ran.
 */
export class SourceLines {
  readonly #places: Places;
  /** What was asked of each path of the core, before any of it is shown. */
  readonly #wanted = new Map<string, Wanted[]>();
  readonly #files = new Map<string, Candidate | undefined>();
  readonly #refused = new Set<string>();
  readonly #long = new Set<string>();
  readonly #differing = new Set<string>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** A frame that `line` will be asked for: a file is used where it fits all of them. */
  expect(frame: Wanted): void {
    const known = this.#wanted.get(frame.file);
    if (known === undefined) this.#wanted.set(frame.file, [frame]);
    else known.push(frame);
  }

  /** The line of the frame, without the space around it; `doubtful` where the file is newer than the core. */
  line({ file, line }: Wanted): { text: string; doubtful: boolean } | undefined {
    if (!this.#files.has(file)) this.#files.set(file, this.#choose(file));
    const found = this.#files.get(file);
    const text = found?.lines[line - 1]?.trim();
    if (found === undefined || text === undefined || text === '') return undefined;
    return { text: shortened(text), doubtful: found.newer };
  }

  /** What to say about the files, once every line was asked for. */
  warnings(): { code: string; message: string }[] {
    const newer = [...this.#files.values()].flatMap((file) => (file?.newer === true ? [file.path] : []));
    const one = (code: string, paths: Iterable<string>, message: (shown: string) => string) => {
      const all = [...new Set(paths)];
      if (all.length === 0) return [];
      const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : '';
      return [{ code, message: message(all.slice(0, MOST_NAMED).join(', ') + more) }];
    };
    return [
      ...one(
        'source-newer',
        newer,
        (paths) => `changed after the core was written, so its lines may not be those that ran: ${paths}`,
      ),
      ...one(
        'source-differs',
        this.#differing,
        (paths) =>
          `not the source that ran, so no lines of it are shown (--source names a folder with the right one): ${paths}`,
      ),
      ...one(
        'source-too-long',
        this.#long,
        (paths) => `no lines of files of more than ${REPORT_LIMITS.sourceBytes} bytes are shown: ${paths}`,
      ),
      ...[...this.#refused]
        .slice(0, MOST_NAMED)
        .map((refused) => ({ code: 'source-not-opened', message: `${refused}; --source opens it` })),
    ];
  }

  /**
   * The path itself, then what lies below `--source`, the longest tail of the path first. Of files that fit, one that is
   * not newer than the core; if all are, what the user has named.
   */
  #choose(file: string): Candidate | undefined {
    if (!/\.pyw?$/.test(file) || file.includes('\0')) return undefined;
    const fitting: Candidate[] = [];
    for (const candidate of this.#candidates(file)) {
      if (!(this.#wanted.get(file) ?? []).every((frame) => fits(candidate.lines, frame))) {
        this.#differing.add(candidate.path);
        continue;
      }
      if (!candidate.newer) return candidate;
      fitting.push(candidate);
    }
    return fitting.find(({ path }) => path !== file) ?? fitting[0];
  }

  *#candidates(file: string): Generator<Candidate> {
    for (const opened of this.#open(file)) {
      const candidate = this.#read(opened);
      if (candidate !== undefined) yield candidate;
    }
  }

  *#open(file: string): Generator<OpenFile> {
    const { folders, sysroot } = this.#places;
    const parts = posix
      .normalize(file.replaceAll('\\', '/'))
      .split('/')
      .filter((part) => part !== '');
    const there = sysroot === undefined ? undefined : openInside(sysroot, file);
    if (there !== undefined) yield there;
    if (isAbsolute(file)) {
      const named = folders.some((folder) => isInside(folder, file));
      const itself = named ? openLocalFile(realpathSync(file)) : openNamedFile(file);
      if (itself !== undefined && 'refused' in itself) this.#refused.add(itself.refused);
      else if (itself !== undefined) yield itself;
    }
    if (parts.includes('..')) return;
    // A bare name is any file's; and the file of a library is not one of the application's that is called the same.
    const last = Math.min(libraryFolder(parts) ?? parts.length - 2, parts.length - 2, MOST_TAILS);
    for (const folder of folders) {
      for (let from = 0; from <= (isAbsolute(file) ? last : 0); from += 1) {
        const candidate = join(resolve(folder), ...parts.slice(from));
        const opened = isInside(folder, candidate) ? openLocalFile(realpathSync(candidate)) : undefined;
        if (opened !== undefined) yield opened;
      }
    }
  }

  #read(file: OpenFile): Candidate | undefined {
    try {
      if (file.size > REPORT_LIMITS.sourceBytes) {
        this.#long.add(file.path);
        return undefined;
      }
      const bytes = Buffer.alloc(file.size);
      const text = bytes.subarray(0, file.read(bytes, 0)).toString('utf8');
      const { written } = this.#places;
      const newer = written !== undefined && file.changed > written;
      return { path: file.path, lines: text.split(/\r\n|\r|\n/), newer };
    } finally {
      file.close();
    }
  }
}

function shortened(line: string): string {
  const { sourceCharacters } = REPORT_LIMITS;
  const left = line.length - sourceCharacters;
  return left > 0 ? line.slice(0, sourceCharacters) + cutMark(left, 'characters') : line;
}

function openInside(sysroot: string, file: string): OpenFile | undefined {
  const path = insideRoot(sysroot, file);
  return path === undefined ? undefined : openLocalFile(path);
}

/** Is the file there, below the folder, and does no symbolic link lead out of it? */
function isInside(folder: string, file: string): boolean {
  try {
    const root = realpathSync(folder);
    return realpathSync(file).startsWith(root.endsWith(sep) ? root : root + sep);
  } catch {
    return false;
  }
}

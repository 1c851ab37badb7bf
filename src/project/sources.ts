import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import type { Note } from './project.ts';
import { SourceFile } from './readers/text.ts';

/** No settings module, unit or start script that was seen comes near this; a bigger file is data. */
const MOST_BYTES = 1024 * 1024;

/** Of a file that has to be read to be searched. */
const ALL: readonly string[] = [];

/** Of nearly every file. */
const NONE: readonly string[] = [];

function present(words: readonly string[], bytes: Buffer): readonly string[] {
  const found = words.filter((word) => bytes.includes(word, 0, 'latin1'));
  return found.length === 0 ? NONE : found;
}

/** The files of the tree, each decoded once, and only when somebody asks. */
export class Sources {
  readonly root: string;
  readonly files: ReadonlySet<string>;
  /** Those that are no Python: few, where a tree is large. Not what a template of projects has in its folders. */
  readonly besidesPython: readonly string[];
  /** Why a file that was asked for could not be read. */
  readonly notes: Note[] = [];
  readonly #overlay: ReadonlyMap<string, Uint8Array>;
  readonly #read = new Map<string, SourceFile | undefined>();
  readonly #real = new Map<string, string>();
  readonly #straight = new Map<string, boolean>();
  #realRoot: string | undefined;
  #buffer: Buffer | undefined;
  /** The words that were looked for, and of a file those of the first `asked` of them that it has. */
  readonly #vocabulary: string[] = [];
  readonly #searched = new Map<string, { asked: number; found: readonly string[] }>();
  readonly #needed = new WeakMap<readonly string[], number>();

  /** `overlay`: bytes that stand in for those on the disk, by path from the root. */
  constructor(root: string, files: Iterable<string>, overlay: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.root = root;
    this.files = new Set([...files, ...overlay.keys()]);
    this.besidesPython = [...this.files].filter((path) => !path.endsWith('.py') && !path.includes('{{'));
    this.#overlay = overlay;
  }

  /** The decoded file, under the path that a symbolic link really leads to; undefined where there is none, where it is too big, or where a symbolic link leaves the tree. */
  read(path: string): SourceFile | undefined {
    if (this.#read.has(path)) return this.#read.get(path);
    const bytes = this.files.has(path) ? (this.#overlay.get(path) ?? this.#bytes(path)) : undefined;
    const file = bytes === undefined ? undefined : new SourceFile(this.realPath(path), bytes);
    this.#read.set(path, file);
    return file;
  }

  /** The decoded file where it has one of these words of ASCII in it; costs a third of `read` for the many files that have none, and says nothing about those. */
  containing(path: string, words: readonly string[]): SourceFile | undefined {
    const file = this.mayContain(path, words) ? this.read(path) : undefined;
    return file !== undefined && words.some((word) => file.text.includes(word)) ? file : undefined;
  }

  /** False where the file has surely none of these words of ASCII in it, and `read` would say nothing about it. */
  mayContain(path: string, words: readonly string[]): boolean {
    if (this.#read.has(path) || this.#overlay.size > 0 || !this.files.has(path)) return true;
    if (!this.#isStraight(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) return true;
    const needed = this.lookFor(words);
    let known = this.#searched.get(path);
    if (known === undefined || known.asked < needed) {
      const bytes = this.#plainBytes(path);
      known = {
        asked: this.#vocabulary.length,
        found: bytes === undefined ? ALL : present(this.#vocabulary, bytes),
      };
      this.#searched.set(path, known);
    }
    const { found } = known;
    return found === ALL || (found !== NONE && words.some((word) => found.includes(word)));
  }

  /**
   * Words that `containing` will be asked about: it opens a file only once for all of those that it knows by then. To be
   * called with the same array each time. Returns how many of all the words have to be looked for to know about these.
   */
  lookFor(words: readonly string[]): number {
    let needed = this.#needed.get(words);
    if (needed === undefined) {
      for (const word of words) {
        if (!this.#vocabulary.includes(word)) this.#vocabulary.push(word);
      }
      needed = Math.max(0, ...words.map((word) => this.#vocabulary.indexOf(word) + 1));
      this.#needed.set(words, needed);
    }
    return needed;
  }

  /** The bytes of a regular file in which an ASCII character is its byte, until the next call; undefined for one that has to be read. */
  #plainBytes(path: string): Buffer | undefined {
    this.#buffer ??= Buffer.allocUnsafe(MOST_BYTES + 1);
    const buffer = this.#buffer;
    let length;
    try {
      // a link is for `read`; a named pipe must not be waited for
      const file = openSync(
        `${this.root}/${path}`,
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      try {
        length = readSync(file, buffer, 0, buffer.length, 0);
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
    const isUtf16 = (buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff);
    return length > MOST_BYTES || (length >= 2 && isUtf16) ? undefined : buffer.subarray(0, length);
  }

  /** Whether no symbolic link is on the way to this folder of the tree. */
  #isStraight(folder: string): boolean {
    let straight = this.#straight.get(folder);
    if (straight === undefined) {
      try {
        this.#realRoot ??= realpathSync.native(this.root);
        straight =
          realpathSync.native(`${this.root}/${folder}`) ===
          (folder === '' ? this.#realRoot : `${this.#realRoot}/${folder}`);
      } catch {
        straight = false;
      }
      this.#straight.set(folder, straight);
    }
    return straight;
  }

  #bytes(path: string): Uint8Array | undefined {
    const absolute = `${this.root}/${path}`;
    try {
      this.#realRoot ??= realpathSync.native(this.root);
      const real = realpathSync.native(absolute);
      if (real !== this.#realRoot && !real.startsWith(`${this.#realRoot}/`)) {
        this.notes.push({
          code: 'outside-tree',
          message: `${path} is a symbolic link to ${real}, outside of the repository; it was not read`,
        });
        return undefined;
      }
      const overlaid = this.#overlay.get(real.slice(this.#realRoot.length + 1));
      if (overlaid !== undefined) return overlaid;
      const stat = statSync(real);
      if (!stat.isFile()) return undefined;
      if (stat.size > MOST_BYTES) {
        this.notes.push({ code: 'too-big', message: `${path} has ${stat.size} bytes; it was not read` });
        return undefined;
      }
      return readFileSync(real);
    } catch (error) {
      // git still lists a file that was just deleted; a symbolic link that leads nowhere is worth a word
      if (lstatSync(absolute, { throwIfNoEntry: false }) === undefined) return undefined;
      this.notes.push({ code: 'unreadable', message: `${path} cannot be read: ${String(error)}` });
      return undefined;
    }
  }

  /** The path that a symbolic link in the tree really leads to, from the root; the path itself where it is none. */
  realPath(path: string): string {
    if (this.#overlay.has(path)) return path;
    const known = this.#real.get(path);
    if (known !== undefined) return known;
    const real = this.#followed(path);
    this.#real.set(path, real);
    return real;
  }

  #followed(path: string): string {
    try {
      this.#realRoot ??= realpathSync.native(this.root);
      const real = realpathSync.native(`${this.root}/${path}`);
      return real.startsWith(`${this.#realRoot}/`) ? real.slice(this.#realRoot.length + 1) : path;
    } catch {
      return path;
    }
  }
}

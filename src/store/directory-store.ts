import { createHash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  type Dirent,
} from 'node:fs';
import { copyFile, link, open, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError, reasonOf, hasCode } from '../errors.ts';
import { hashOf } from './file-hash.ts';
import type { Creation, ObjectInfo, ObjectStore } from './object-store.ts';

/** Objects as the files of a directory: the spool, or what is mounted from a file server. */
export class DirectoryStore implements ObjectStore {
  readonly address: string;
  readonly #folder: string;

  constructor(folder: string, address: string = folder) {
    this.#folder = folder;
    this.address = address;
  }

  // oxlint-disable-next-line typescript/require-await -- the other kind of store has to wait
  async *list(prefix: string, after = ''): AsyncIterable<ObjectInfo> {
    const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for (const key of this.#keysBelow(start)) {
      if (!key.startsWith(prefix) || key <= after) continue;
      const stat = statSync(this.path(key), { throwIfNoEntry: false });
      if (stat?.isFile() !== true) continue;
      const { size: bytes, mtimeMs: modified } = stat;
      yield { key, bytes, etag: `${bytes}-${modified}`, modified };
    }
  }

  async read(key: string): Promise<Buffer | undefined> {
    try {
      return readFileSync(this.path(key));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failed(error, `cannot read ${key}`);
    }
  }

  async *open(key: string): AsyncIterable<Buffer> {
    try {
      for await (const chunk of createReadStream(this.path(key), { highWaterMark: 1 << 20 }))
        yield chunk as Buffer;
    } catch (error) {
      throw this.#failed(error, `cannot read ${key}`);
    }
  }

  async write(key: string, bytes: Buffer): Promise<void> {
    await this.#put(key, async (draft) => {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      return createHash('sha256').update(bytes).digest('hex');
    });
  }

  /** link(2) fails where there is a file of that name, over NFS too. */
  async create(key: string, bytes: Buffer): Promise<Creation> {
    const target = this.path(key);
    const draft = this.path(`.drafts/${randomUUID()}`);
    try {
      for (const file of [target, draft]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(draft, bytes, { mode: 0o600, flush: true });
      await link(draft, target);
      return 'created';
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return readFileSync(target).equals(bytes) ? 'created' : 'exists';
      if (hasCode(error, 'EPERM') || hasCode(error, 'ENOTSUP')) return 'refused';
      throw this.#failed(error, `cannot create ${key}`);
    } finally {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  async upload(key: string, file: string): Promise<void> {
    await this.#put(key, async (draft) => {
      await copyFile(file, draft);
      return hashOf(file);
    });
  }

  async remove(key: string): Promise<void> {
    rmSync(this.path(key), { force: true });
  }

  /** Where the object of that key is. */
  path(key: string): string {
    return join(this.#folder, key);
  }

  /** A reader sees all of the object or nothing; what was written is read back before it gets its name. */
  async #put(key: string, fill: (draft: string) => Promise<string>): Promise<void> {
    const target = this.path(key);
    // one that a killed process left is replaced when its work is done again
    const draft = this.path(`.drafts/${hostname()}-${basename(key)}`);
    try {
      for (const file of [target, draft]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      await rm(draft, { force: true });
      const expected = await fill(draft);
      const file = await open(draft, 'r+');
      try {
        await file.chmod(0o600);
        await file.sync();
      } finally {
        await file.close();
      }
      if ((await hashOf(draft)) !== expected) throw new Error('what was written is not what is read back');
      await rename(draft, target);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw this.#failed(error, `cannot write ${key}`);
    }
  }

  *#keysBelow(folder: string): Generator<string> {
    let entries: Dirent[];
    try {
      entries = readdirSync(this.path(folder), { withFileTypes: true });
    } catch (error) {
      if (isMissing(error)) return;
      throw this.#failed(error, `cannot list ${folder}`);
    }
    // as a bucket sorts them: by the whole key, where a folder's name ends with its slash
    const names = entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
    for (const name of names) {
      if (name.endsWith('/')) yield* this.#keysBelow(folder + name);
      else yield folder + name;
    }
  }

  #failed(error: unknown, what: string): Error {
    const why = reasonOf(error);
    return new UserError('store', `${this.address}: ${what}: ${why}`, {
      help: 'Is it mounted, is there space, and may this user write there? df -h and ls -ld show it.',
      cause: error,
    });
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
}

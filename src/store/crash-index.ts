import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, writeWhole } from '../cache-folder.ts';
import { sha256 } from '../sha256.ts';
import { parseCrashLine, type CrashLine } from './crash-line.ts';
import { CRASHES, lineOf, TAGS } from './keys.ts';
import type { ObjectInfo, ObjectStore } from './object-store.ts';

/** Requests at a time: most of each is waiting. */
const AT_ONCE = 16;

/** A crash with what people have said about it. */
export type Crash = CrashLine & { tags: Readonly<Record<string, string>> };

/** The crashes of a store from that day on (`YYYY-MM-DD`), the oldest first. Others' objects are passed over. */
export async function readCrashes(store: ObjectStore, firstDay?: string): Promise<Crash[]> {
  const texts = new RememberedTexts(store);
  const after = firstDay === undefined ? undefined : `${CRASHES}dt=${firstDay}`;
  const lines = await texts.read(CRASHES, after, (key) => lineOf(key) !== undefined);
  const tags = await texts.read(TAGS, undefined, (key) => key.endsWith('.json'));
  texts.remember();
  const crashes: Crash[] = [];
  for (const [key, text] of lines) {
    const line = parseCrashLine(text);
    if (line === undefined || line.id !== lineOf(key)?.id) continue;
    crashes.push({ ...line, tags: parseTags(tags.get(`${TAGS}${line.id}.json`)) });
  }
  return crashes.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.id < b.id ? -1 : 1));
}

/** Names and values of `tags/ID.json`; what is no text is left out. */
export function parseTags(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

interface Remembered {
  key: string;
  etag: string;
  text: string;
}

/** Small objects, read again only where they changed: what was read before is in a file of the cache folder. */
class RememberedTexts {
  readonly #store: ObjectStore;
  readonly #file: string | undefined;
  readonly #known = new Map<string, Remembered>();
  #changed = false;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#file = cacheFile(store);
    if (this.#file === undefined || !existsSync(this.#file)) return;
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) {
      const [key, etag, text] = remembered(line);
      if (key !== undefined && etag !== undefined && text !== undefined)
        this.#known.set(key, { key, etag, text });
    }
  }

  /** The texts below the prefix by their keys; of what is gone, nothing is kept. */
  async read(
    prefix: string,
    after: string | undefined,
    isWanted: (key: string) => boolean,
  ): Promise<Map<string, string>> {
    const listed: ObjectInfo[] = [];
    for await (const object of this.#store.list(prefix, after)) if (isWanted(object.key)) listed.push(object);
    const texts = new Map<string, string>();
    const missing: ObjectInfo[] = [];
    for (const object of listed) {
      const known = this.#known.get(object.key);
      if (known?.etag === object.etag) texts.set(object.key, known.text);
      else missing.push(object);
    }
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = missing.pop(); next !== undefined; next = missing.pop()) {
          const text = (await this.#store.read(next.key))?.toString();
          if (text === undefined) continue;
          texts.set(next.key, text);
          this.#known.set(next.key, { key: next.key, etag: next.etag, text });
          this.#changed = true;
        }
      }),
    );
    for (const key of this.#known.keys()) {
      if (!key.startsWith(prefix) || key <= (after ?? '') || texts.has(key)) continue;
      this.#known.delete(key);
      this.#changed = true;
    }
    return texts;
  }

  /** A cache that cannot be written is none: everything is read again next time. */
  remember(): void {
    if (this.#file === undefined || !this.#changed) return;
    const lines = [...this.#known.values()].map(({ key, etag, text }) => JSON.stringify([key, etag, text]));
    try {
      writeWhole(this.#file, Buffer.from(lines.join('\n')));
    } catch {
      // a full disk, or another process that writes it now
    }
  }
}

function remembered(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}

function cacheFile({ distinct }: ObjectStore): string | undefined {
  if (distinct === undefined) return undefined;
  try {
    const folder = cacheFolder('stores');
    return folder === undefined ? undefined : join(folder, `${sha256(distinct).slice(0, 32)}.ndjson`);
  } catch {
    return undefined;
  }
}

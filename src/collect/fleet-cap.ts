import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { sha256 } from '../sha256.ts';
import { parseCrashLine, type CrashLine } from '../store/crash-line.ts';
import { CLAIMS, lineKey, lineOf } from '../store/keys.ts';
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts';
import { probe } from './conditional-writes.ts';
import type { Spool } from './spool.ts';

/** So long after a claim its core is there, or its host has died. */
const CLAIM_HOLDS = 3_600_000;
/** Without conditional writes: hosts that crashed together come within this time … */
const JITTER = 5000;
/** … and after this one every listing has the claims that were written before. */
const SETTLED = 5000;
const JSON_TYPE = 'application/json';

const Claim = v.object({
  id: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
  line: v.pipe(
    v.string(),
    v.check((key) => lineOf(key) !== undefined),
  ),
});

interface Held extends ObjectInfo {
  /** undefined: others wrote it. */
  claim: v.InferOutput<typeof Claim> | undefined;
}

/** Lets the hosts that share a store send a number of cores of equal crashes, and no more: each core needs a claim in the store. */
export class FleetCap {
  readonly #store: ObjectStore;
  readonly #spool: Spool;
  readonly #most: number;

  constructor(store: ObjectStore, spool: Spool, most: number) {
    this.#store = store;
    this.#spool = spool;
    this.#most = most;
  }

  /** May the core of this crash be sent? One whose upload was begun may. */
  async grants(crash: CrashLine): Promise<boolean> {
    if (crash.fingerprint === '' || this.#spool.upload(crash.id).read() !== undefined) return true;
    let can = this.#spool.conditionalWrites(this.#store);
    if (can === undefined) this.#spool.setConditionalWrites(this.#store, (can = await probe(this.#store)));
    const folder = `${CLAIMS}fp=${crash.fingerprint}/release=${keyPart(crash.release ?? 'none')}/`;
    return can ? this.#claimSlot(crash, folder) : this.#claimByListing(crash, folder);
  }

  /** Creates one of the objects `1` to `N`; `2.1` takes over from `2`, whose host died. */
  async #claimSlot(crash: CrashLine, folder: string): Promise<boolean> {
    const slots = new Map<number, { generation: number; held: Held }>();
    for (const held of await this.#held(folder)) {
      const [, slot, generation = '0'] = /^(\d+)(?:\.(\d+))?$/.exec(held.key.slice(folder.length)) ?? [];
      if (slot === undefined || Number(generation) < (slots.get(Number(slot))?.generation ?? 0)) continue;
      slots.set(Number(slot), { generation: Number(generation), held });
    }
    if ([...slots.values()].some(({ held }) => held.claim?.id === crash.id)) return true;
    // not all of them at the same one
    const first = Math.floor(Math.random() * this.#most);
    for (let offset = 0; offset < this.#most; offset += 1) {
      const slot = ((first + offset) % this.#most) + 1;
      const last = slots.get(slot);
      if (last !== undefined && (await this.#isLive(last.held))) continue;
      const key = `${folder}${slot}${last === undefined ? '' : `.${last.generation + 1}`}`;
      if ((await this.#store.create(key, this.#claimOf(crash), JSON_TYPE)) === 'created') return true;
    }
    return false;
  }

  /** Writes a claim of its own, waits until all see all, and is granted where it is among the first `N`. */
  async #claimByListing(crash: CrashLine, folder: string): Promise<boolean> {
    const key = `${folder}${crash.id}`;
    await pause(Math.random() * JITTER);
    const before = await this.#live(folder);
    if (!before.includes(key)) {
      if (before.length >= this.#most) return false;
      await this.#store.write(key, this.#claimOf(crash), JSON_TYPE);
    }
    await pause(SETTLED);
    const place = (await this.#live(folder)).indexOf(key);
    if (place !== -1 && place < this.#most) return true;
    await this.#store.remove(key);
    return false;
  }

  /** The keys of the claims that hold, the oldest first. */
  async #live(folder: string): Promise<string[]> {
    const live: Held[] = [];
    for (const held of await this.#held(folder)) if (await this.#isLive(held)) live.push(held);
    return live.sort((a, b) => a.modified - b.modified || (a.key < b.key ? -1 : 1)).map(({ key }) => key);
  }

  async #held(folder: string): Promise<Held[]> {
    const all: Held[] = [];
    for await (const object of this.#store.list(folder)) {
      const text = await this.#store.read(object.key);
      if (text !== undefined) all.push({ ...object, claim: parseClaim(text.toString()) });
    }
    return all;
  }

  /** A crash is in the store once its line is. One that was removed there, or lost its core, frees its claim. */
  async #isLive({ claim }: Held): Promise<boolean> {
    if (claim === undefined || this.#now() - Date.parse(claim.time) < CLAIM_HOLDS) return true;
    const line = await this.#store.read(claim.line);
    return line !== undefined && parseCrashLine(line.toString())?.dropped === undefined;
  }

  #claimOf(crash: CrashLine): Buffer {
    const time = new Date(this.#now()).toISOString();
    return Buffer.from(`${JSON.stringify({ id: crash.id, host: crash.host, time, line: lineKey(crash) })}\n`);
  }

  /** By the clock that all have in common. */
  #now(): number {
    return Date.now() + (this.#store.clockAhead?.() ?? 0);
  }
}

/** The text where a key can have it, else something as distinct. */
function keyPart(text: string): string {
  const plain = text.replaceAll(/[^\w.-]/g, '_').slice(0, 64);
  return plain === text && !/^\.*$/.test(text) ? text : `${plain}-${sha256(text).slice(0, 8)}`;
}

function parseClaim(text: string): Held['claim'] {
  try {
    const { success, output } = v.safeParse(Claim, JSON.parse(text));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

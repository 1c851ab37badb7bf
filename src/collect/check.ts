import { randomUUID } from 'node:crypto';
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError, reasonOf } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { openStore } from '../store/open-store.ts';
import type { Terminal } from '../terminal.ts';
import { type CollectOptions, encrypterOf } from './collect.ts';
import { probe } from './conditional-writes.ts';
import { findCompressor } from './pack.ts';
import { coresAt } from './sources.ts';
import { Spool } from './spool.ts';

/** One thing that a crash will need, tried before there is one. */
export interface CollectCheck {
  /** Stable, for scripts. */
  id: 'paths' | 'spool' | 'compression' | 'encryption' | 'objects' | 'parts' | 'conditional-writes' | 'clock';
  /** `note`: it works, and there is something to know. */
  verdict: 'good' | 'bad' | 'note';
  detail: string;
  help?: string;
}

const MOST_CLOCK_DIFFERENCE = 60_000;

/** Tries everything that `collect` with these options does to a core. Only objects of its own are written, and removed again. */
export async function checkCollect(options: CollectOptions, terminal: Terminal): Promise<CollectCheck[]> {
  const checks: CollectCheck[] = [];
  const attempt = async (id: CollectCheck['id'], tried: () => Promise<Omit<CollectCheck, 'id'>>) => {
    try {
      checks.push({ id, ...(await tried()) });
    } catch (error) {
      const help = error instanceof UserError ? error.help : undefined;
      checks.push({ id, verdict: 'bad', detail: reasonOf(error), ...(help === undefined ? {} : { help }) });
    }
    return checks.at(-1)?.verdict !== 'bad';
  };
  const spool = new Spool(options.spool);
  if (options.paths.length > 0) await attempt('paths', async () => pathsCheck(options, terminal.options.cwd));
  const hasSpool = await attempt('spool', async () => spoolCheck(spool, terminal));
  await attempt('compression', compressionCheck);
  await attempt('encryption', async () => encryptionCheck(options.recipients));
  const { to } = options;
  let store: ObjectStore | undefined;
  const isStore =
    to !== undefined &&
    (await attempt('objects', async () => {
      store = await openStore(to, terminal.options.cwd);
      return objectsCheck(store);
    }));
  if (!isStore || store === undefined) return checks;
  const there: ObjectStore = store;
  if (there.tryParts !== undefined) await attempt('parts', async () => partsCheck(there));
  await attempt('conditional-writes', async () => conditionalCheck(there, hasSpool ? spool : undefined));
  const ahead = there.clockAhead?.();
  if (ahead !== undefined) checks.push({ id: 'clock', ...clockCheck(ahead) });
  return checks;
}

type Found = Omit<CollectCheck, 'id'>;

async function pathsCheck({ paths, keep }: CollectOptions, cwd: string): Promise<Found> {
  const cores = await coresAt(paths, cwd);
  for (const given of keep ? [] : paths) {
    const path = resolve(cwd, given);
    if (!statSync(path).isDirectory()) continue;
    try {
      accessSync(path, constants.W_OK);
    } catch {
      throw new UserError('paths', `${given}: cores cannot be removed from it by this user`, {
        help: 'Run collect as a user who may write there, or with --keep.',
      });
    }
  }
  const count = `${cores.length} core${cores.length === 1 ? '' : 's'}`;
  return { verdict: 'good', detail: `${paths.join(', ')}: readable, ${count} now` };
}

async function spoolCheck(spool: Spool, terminal: Terminal): Promise<Found> {
  await spool.lock(() => terminal.say(`another pycrash works on the spool ${spool.folder}: waiting for it`));
  try {
    const key = `probes/${randomUUID()}`;
    await spool.objects.write(key, Buffer.from(key));
    await spool.objects.remove(key);
  } finally {
    spool.unlock();
  }
  const { bavail, bsize } = statfsSync(spool.folder);
  const free = (bavail * bsize) / 2 ** 30;
  return { verdict: 'good', detail: `${spool.folder}: writable, ${free.toFixed(1)} GiB free` };
}

async function compressionCheck(): Promise<Found> {
  const { format } = await findCompressor();
  if (format === 'zstd') return { verdict: 'good', detail: 'zstd' };
  return { verdict: 'note', detail: 'gzip, because there is no zstd here', help: 'apt-get install zstd' };
}

async function encryptionCheck(recipients: readonly string[]): Promise<Found> {
  if ((await encrypterOf(recipients)) === undefined) {
    return {
      verdict: 'note',
      detail: 'THE CORES ARE NOT ENCRYPTED, AND HOLD EVERY SECRET OF THEIR PROCESSES',
      help: 'Give an age recipient with --recipient.',
    };
  }
  return { verdict: 'good', detail: `age, to ${recipients.join(', ')}` };
}

/** Writes an object, which is verified, reads it, finds it in a listing, and removes it. */
async function objectsCheck(store: ObjectStore): Promise<Found> {
  const key = `probes/${randomUUID()}`;
  const bytes = Buffer.from(`a test of pycrash: ${key}\n`);
  await store.write(key, bytes, 'text/plain');
  const read = await store.read(key);
  if (read?.equals(bytes) !== true) throw lost(store, 'written, but cannot be read back');
  if (!(await isListed(store, key))) throw lost(store, 'written, but is not listed');
  await store.remove(key);
  if ((await store.read(key)) !== undefined) throw lost(store, 'removed, but is still there');
  return { verdict: 'good', detail: `${store.address}: an object was written, read, listed and removed` };
}

function lost(store: ObjectStore, how: string): UserError {
  return new UserError('store', `${store.address}: an object was ${how}`, {
    help: 'The server does not keep its word. Does a cache or a proxy stand in front of it?',
  });
}

async function isListed(store: ObjectStore, key: string): Promise<boolean> {
  for await (const object of store.list(key)) if (object.key === key) return true;
  return false;
}

/** Cores of more than 8 MiB need permissions that small ones do not. */
async function partsCheck(store: ObjectStore): Promise<Found> {
  await store.tryParts?.(`probes/${randomUUID()}`);
  return { verdict: 'good', detail: 'an upload in parts was begun, found and aborted' };
}

async function conditionalCheck(store: ObjectStore, spool: Spool | undefined): Promise<Found> {
  const can = await probe(store);
  spool?.setConditionalWrites(store, can);
  return can
    ? { verdict: 'good', detail: 'yes: of writes at the same time, exactly one makes an object' }
    : {
        verdict: 'note',
        detail: 'no',
        help: 'Fleet caps go by listings here: docs/collect.md, "Fleet cap".',
      };
}

function clockCheck(ahead: number): Found {
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (Math.abs(ahead) <= MOST_CLOCK_DIFFERENCE)
    return { verdict: 'good', detail: `${seconds} s from the store's` };
  return {
    verdict: 'bad',
    detail: `${seconds} s ${ahead > 0 ? 'behind' : 'ahead of'} the store's: the times of crashes are wrong`,
    help: 'Set the clock of this host: timedatectl shows it.',
  };
}

export function checksText(checks: readonly CollectCheck[], terminal: Terminal): string {
  const style = { good: 'green', bad: 'red', note: 'yellow' } as const;
  return checks
    .flatMap(({ id, verdict, detail, help }) => [
      `${terminal.style(style[verdict], verdict.padEnd(6))}${id}: ${detail}`,
      ...(help === undefined ? [] : [`      ${help}`]),
    ])
    .join('\n');
}

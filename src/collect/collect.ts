import type { Encrypter } from 'age-encryption';
import { UserError } from '../errors.ts';
import type { CrashLine } from '../store/crash-line.ts';
import { readCrashes } from '../store/crash-index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { openStore } from '../store/open-store.ts';
import type { Terminal } from '../terminal.ts';
import { FleetCap } from './fleet-cap.ts';
import { findCompressor } from './pack.ts';
import { ship } from './ship.ts';
import { coresAt } from './sources.ts';
import { Spool } from './spool.ts';
import { isOver, keepWithin, type SpoolLimits } from './spool-limits.ts';
import { takeIn, type Taken } from './take-in.ts';

export interface CollectOptions {
  paths: readonly string[];
  spool: string;
  /** Address of the store; undefined: they stay in the spool. */
  to: string | undefined;
  keep: boolean;
  /** How many cores of one fingerprint are kept; undefined: all. */
  mostCores: number | undefined;
  /** How many cores of equal crashes of one release all hosts together send; undefined: all. */
  fleetCores: number | undefined;
  spoolLimits: SpoolLimits;
  /** age recipients, or files of them. */
  recipients: readonly string[];
}

export interface Collected {
  schemaVersion: 1;
  spool: string;
  to: string | null;
  cores: CollectedCore[];
  /** IDs. */
  shipped: string[];
  /** IDs of those whose core was given up, because the spool may take no more. */
  dropped: { id: string; reason: string }[];
  /** Of the shipped, what was sent without the core, because the fleet has enough. */
  withoutCore: string[];
  /** Crashes that are in the spool only, and why. */
  notShipped: { id: string; reason: string; help?: string }[];
}

type CollectedCore = { path: string; outcome: Taken['outcome'] } & Partial<
  Record<'id' | 'fingerprint' | 'title' | 'reason', string>
>;

/** Takes the cores at the paths into the spool, and brings what is in the spool to the store. */
export async function collect(options: CollectOptions, terminal: Terminal): Promise<Collected> {
  const { to } = options;
  const store = to === undefined ? undefined : await openStore(to, terminal.options.cwd);
  const encrypter = await encrypterOf(options.recipients);
  const cores = await coresAt(options.paths, terminal.options.cwd);
  const spool = new Spool(options.spool);
  const result: Collected = {
    schemaVersion: 1,
    spool: options.spool,
    to: to ?? null,
    cores: [],
    shipped: [],
    dropped: [],
    withoutCore: [],
    notShipped: [],
  };
  await spool.lock(() => terminal.say(`another pycrash works on the spool ${options.spool}: waiting for it`));
  try {
    const known = new Map<string, CrashLine>();
    for (const { tags: _, ...crash } of await readCrashes(spool.objects)) known.set(crash.id, crash);
    const compressor = await findCompressor();
    if (compressor.format === 'gzip')
      terminal.say('there is no zstd here, so cores are compressed with gzip (apt-get install zstd)');
    const sent = async (): Promise<void> => {
      if (store !== undefined) await shipAll(spool, [...known.values()], store, options, result, terminal);
      for (const crash of await keepWithin(spool, known.values(), options.spoolLimits, Date.now())) {
        known.set(crash.id, crash);
        result.dropped.push({ id: crash.id, reason: crash.dropped ?? '' });
      }
    };
    for (const path of cores) {
      const { keep, mostCores } = options;
      const taken = await takeIn(path, { spool, compressor, encrypter, keep, mostCores, known, terminal });
      if (taken.outcome === 'collected') known.set(taken.crash.id, taken.crash);
      result.cores.push(described(taken));
      // what can go goes, before anything is given up
      if (isOver(spool, known.values(), options.spoolLimits)) await sent();
    }
    await sent();
    return result;
  } finally {
    spool.unlock();
  }
}

/** age is loaded only where it is used. */
export async function encrypterOf(recipients: readonly string[]): Promise<Encrypter | undefined> {
  return recipients.length === 0 ? undefined : (await import('../store/age.ts')).encrypterFor(recipients);
}

const ENOUGH_IN_FLEET = 'the fleet has enough of this fingerprint';
/** Two failures in a row: the next one would wait for the same server. */
const MOST_FAILURES = 2;

async function shipAll(
  spool: Spool,
  crashes: readonly CrashLine[],
  store: ObjectStore,
  { fleetCores }: CollectOptions,
  { to, shipped, withoutCore, notShipped }: Collected,
  terminal: Terminal,
): Promise<void> {
  const cap = fleetCores === undefined ? undefined : new FleetCap(store, spool, fleetCores);
  const isPlain = crashes.some(
    ({ id, encrypted, dropped }) => !encrypted && dropped === undefined && spool.shippedTo(id) === undefined,
  );
  if (isPlain)
    terminal.say(
      `THE CORES ARE NOT ENCRYPTED, AND HOLD EVERY SECRET OF THEIR PROCESSES (--recipient): who can read ${to} can read them`,
    );
  // of an earlier attempt of this run
  notShipped.length = 0;
  let failures = 0;
  for (const crash of crashes) {
    if (spool.shippedTo(crash.id) !== undefined) {
      // killed before it could
      await spool.objects.remove(crash.core);
      continue;
    }
    if (failures === MOST_FAILURES) {
      notShipped.push({ id: crash.id, reason: 'not tried after these failures' });
      continue;
    }
    terminal.progress(`sending ${crash.id} to ${store.address} …`);
    try {
      const isGranted = cap === undefined || crash.dropped !== undefined || (await cap.grants(crash));
      if (!isGranted) withoutCore.push(crash.id);
      await ship(spool, isGranted ? crash : await spool.drop(crash, ENOUGH_IN_FLEET), store);
      shipped.push(crash.id);
      failures = 0;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures += 1;
      const { message: reason, help } = error;
      notShipped.push({ id: crash.id, reason, ...(help === undefined ? {} : { help }) });
    } finally {
      terminal.progress('');
    }
  }
}

function described(taken: Taken): CollectedCore {
  const { path, outcome } = taken;
  if ('reason' in taken) return { path, outcome, reason: taken.reason };
  if (taken.outcome === 'known') return { path, outcome, id: taken.id };
  const { id, fingerprint, title, dropped } = taken.crash;
  const about = { path, outcome, id, fingerprint, title };
  return dropped === undefined ? about : { ...about, reason: dropped };
}

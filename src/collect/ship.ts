import type { CrashLine } from '../store/crash-line.ts';
import { lineKey } from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Spool } from './spool.ts';

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/**
 * Brings one crash into the store: core, reports, and last its line, so that what has a line is whole. Every step sees
 * what an earlier run did; the core leaves the spool when all of it is there.
 */
export async function ship(spool: Spool, crash: CrashLine, store: ObjectStore): Promise<void> {
  const { objects } = spool;
  if (crash.dropped === undefined)
    await store.upload(crash.core, objects.path(crash.core), spool.upload(crash.id));
  for (const [key, type] of [
    [crash.report, JSON_TYPE],
    [crash.reportText, TEXT_TYPE],
    [lineKey(crash), JSON_TYPE],
  ] as const) {
    const bytes = await objects.read(key);
    if (bytes !== undefined) await store.write(key, bytes, type);
  }
  spool.setShipped(crash.id, store.address);
  await objects.remove(crash.core);
}

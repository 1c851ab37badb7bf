import { usageError } from '../errors.ts';
import type { Crash } from '../store/crash-index.ts';
import { crashKeys, lineKey } from '../store/keys.ts';
import { durationOf } from '../store/specification.ts';
import { sizeOf } from '../systemd-size.ts';
import { typedCommand } from '../typed-command.ts';
import { meant, type Action } from './actions.ts';
import { withoutCore } from '../store/crash-line.ts';

/**
 * `prune`: what is too old, more than enough of a fingerprint, or too much in all. Shown; with `--yes` removed: the core
 * only, or with `--reports` all of it.
 */
export const prune: Action = async (context) => {
  const { store, terminal, words, options, now } = context;
  const { olderThan, keep, maxBytes } = options;
  if (olderThan === undefined && keep === undefined && maxBytes === undefined) {
    throw usageError(
      'prune wants --older-than, --keep or --max-bytes',
      typedCommand('cores prune --older-than 90d --keep 10'),
    );
  }
  const all = options['reports'] === true;
  const crashes = await meant(context, words);
  const kept = all ? crashes : crashes.filter(({ dropped }) => dropped === undefined);
  const pruned = excess(kept, {
    ...(olderThan === undefined ? {} : { before: now - duration(olderThan) }),
    ...(keep === undefined ? {} : { perFingerprint: count(keep) }),
    ...(maxBytes === undefined ? {} : { bytes: size(maxBytes) }),
  });
  const removed = options['yes'] === true;
  for (const { tags: _, ...crash } of removed ? pruned : []) {
    if (all) for (const key of crashKeys(crash)) await store.remove(key);
    else {
      const line = JSON.stringify(withoutCore(crash, 'pruned'));
      // the line first, so that it never names a core that is gone
      await store.write(lineKey(crash), Buffer.from(`${line}\n`), 'application/json');
      await store.remove(crash.core);
    }
  }
  const ids = pruned.map(({ id }) => id);
  if (terminal.options.json) terminal.document({ schemaVersion: 1, store: store.address, removed, ids });
  else {
    const bytes = pruned.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    const what = `${ids.length} ${all ? 'crash' : 'core'}${ids.length === 1 ? '' : all ? 'es' : 's'} of ${bytes} bytes`;
    if (ids.length > 0) terminal.out(ids.join('\n'));
    terminal.say(removed ? `removed ${what}` : `--yes removes ${what}; nothing was removed`);
  }
  return 0;
};

interface Retention {
  /** Milliseconds since the epoch. */
  before?: number;
  perFingerprint?: number;
  bytes?: number;
}

/** What goes of the crashes (the oldest first): the newest are what is kept. */
function excess(crashes: readonly Crash[], { before, perFingerprint, bytes }: Retention): Crash[] {
  const seen = new Map<string, number>();
  let sum = 0;
  const kept = crashes.toReversed().filter(({ time, fingerprint, storedBytes }) => {
    const newer = seen.get(fingerprint) ?? 0;
    const stays =
      Date.parse(time) >= (before ?? -Infinity) &&
      newer < (perFingerprint ?? Infinity) &&
      sum + storedBytes <= (bytes ?? Infinity);
    if (stays) {
      seen.set(fingerprint, newer + 1);
      sum += storedBytes;
    }
    return stays;
  });
  const stays = new Set(kept);
  return crashes.filter((crash) => !stays.has(crash));
}

function duration(option: unknown): number {
  const milliseconds = durationOf(String(option));
  if (milliseconds === undefined)
    throw usageError(`--older-than ${String(option)} is no time`, 'Such as 12h, 90d or 12w.');
  return milliseconds;
}

function count(option: unknown): number {
  if (!/^\d{1,9}$/.test(String(option))) throw usageError(`--keep ${String(option)} is no number of cores`);
  return Number(option);
}

function size(option: unknown): number {
  const bytes = sizeOf(String(option));
  if (bytes === undefined)
    throw usageError(`--max-bytes ${String(option)} is no size`, 'Such as 500M or 20G.');
  return bytes;
}

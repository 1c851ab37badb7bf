import { statfsSync, statSync } from 'node:fs';
import type { CrashLine } from '../store/crash-line.ts';
import type { Spool } from './spool.ts';

/** What the cores in the spool may take; undefined: as much as there is. */
export interface SpoolLimits {
  bytes?: number;
  /** Bytes that stay free on its disk. */
  free?: number;
  /** Of a core, in milliseconds. */
  age?: number;
}

interface Held {
  crash: CrashLine;
  bytes: number;
}

/**
 * Gives up cores until the rest is within the limits: first those that are too old, then of the fingerprint that has most,
 * the oldest but one, so that its first and its newest stay; when every fingerprint has two, the oldest of all. The crashes without them.
 */
export async function keepWithin(
  spool: Spool,
  crashes: Iterable<CrashLine>,
  limits: SpoolLimits,
  now: number,
): Promise<CrashLine[]> {
  const dropped: CrashLine[] = [];
  const held = heldCores(spool, crashes);
  const drop = async (victim: Held, reason: string): Promise<void> => {
    held.splice(held.indexOf(victim), 1);
    dropped.push(await spool.drop(victim.crash, reason));
  };
  const isOld = ({ crash }: Held): boolean => now - Date.parse(crash.time) > (limits.age ?? Infinity);
  for (const each of held.filter(isOld)) await drop(each, 'too old for the spool');
  for (
    let reason = exceeded(spool, held, limits);
    reason !== undefined;
    reason = exceeded(spool, held, limits)
  ) {
    const victim = leastWanted(held);
    if (victim === undefined) break;
    await drop(victim, reason);
  }
  return dropped;
}

/** Is there anything that `keepWithin` would give up? */
export function isOver(spool: Spool, crashes: Iterable<CrashLine>, limits: SpoolLimits): boolean {
  const held = heldCores(spool, crashes);
  return held.length > 0 && exceeded(spool, held, limits) !== undefined;
}

function exceeded(spool: Spool, held: readonly Held[], { bytes, free }: SpoolLimits): string | undefined {
  if (held.reduce((sum, each) => sum + each.bytes, 0) > (bytes ?? Infinity))
    return 'the spool is full (--spool-bytes)';
  if (free === undefined) return undefined;
  const { bavail, bsize } = statfsSync(spool.folder);
  return bavail * bsize < free ? 'the disk of the spool is too full (--min-free)' : undefined;
}

/** The oldest first. */
function heldCores(spool: Spool, crashes: Iterable<CrashLine>): Held[] {
  const held: Held[] = [];
  for (const crash of crashes) {
    if (crash.dropped !== undefined) continue;
    const stat = statSync(spool.objects.path(crash.core), { throwIfNoEntry: false });
    if (stat !== undefined) held.push({ crash, bytes: stat.size });
  }
  return held.sort((a, b) => Date.parse(a.crash.time) - Date.parse(b.crash.time));
}

function leastWanted(held: readonly Held[]): Held | undefined {
  const groups = new Map<string, Held[]>();
  for (const each of held) {
    const { fingerprint } = each.crash;
    groups.set(fingerprint, [...(groups.get(fingerprint) ?? []), each]);
  }
  const largest = [...groups.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  return largest.length > 2 ? largest[1] : held[0];
}

import { seconds, type UnitKeys } from '../project/unit-keys.ts';

/** DefaultRestartSec=100ms, DefaultStartLimitIntervalSec=10s, DefaultStartLimitBurst=5 (systemd-system.conf(5)). */
const DEFAULT_PAUSE = '100ms';
const DEFAULT_INTERVAL = '10s';
const DEFAULT_BURST = '5';

export interface StartLimit {
  starts: number;
  /** As they are written, with their units. */
  interval: string;
  pause: string;
}

/** The start limit that a crash loop of the unit reaches; undefined where it reaches none. `interval`: instead of the unit's own. */
export function reachedStartLimit(
  keys: UnitKeys,
  interval = keys.last('StartLimitIntervalSec') ?? DEFAULT_INTERVAL,
): StartLimit | undefined {
  if ((keys.last('Restart') ?? 'no') === 'no') return undefined;
  const pause = keys.last('RestartSec') ?? DEFAULT_PAUSE;
  const starts = Number(keys.last('StartLimitBurst') ?? DEFAULT_BURST);
  const [within, apart] = [seconds(interval), seconds(pause)];
  if (within === undefined || apart === undefined || Number.isNaN(starts)) return undefined;
  if (within === 0 || starts === 0 || apart * starts >= within) return undefined;
  return { starts, interval: withUnit(interval), pause: withUnit(pause) };
}

/** A number alone is in seconds (systemd.time(7)). */
function withUnit(time: string): string {
  return /^[\d.]+$/.test(time) ? `${time} s` : time;
}

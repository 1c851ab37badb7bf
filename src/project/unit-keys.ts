import type { SystemdUnit } from './project.ts';
import { isIgnored } from './unit-values.ts';

/** Is `folder` the folder `outer` or inside it? Absolute paths without `..`. */
export function isIn(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
}

export type UnitEntry = SystemdUnit['entries'][number];

/** Older names that systemd reads as the newer ones (src/core/load-fragment-gperf.gperf.in, "compatibility"). */
const OLD_NAMES: Readonly<Record<string, string>> = {
  StartLimitInterval: 'StartLimitIntervalSec',
  ReadOnlyDirectories: 'ReadOnlyPaths',
  ReadWriteDirectories: 'ReadWritePaths',
  InaccessibleDirectories: 'InaccessiblePaths',
};

/** What systemd takes for no (src/basic/parse-util.c, parse_boolean). */
export const NO = /^(no|n|false|f|off|0)$/i;

/** The keys of a unit by name; its sections do not share any that is asked for here. */
export class UnitKeys<Entry extends UnitEntry = UnitEntry> {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** The entry that decides a key that takes one value; undefined where none does or the last one resets it. */
  entry(key: string): Entry | undefined {
    const last = this.#all(key).findLast(({ value }) => !isIgnored(key, value));
    return last?.value === '' ? undefined : last;
  }

  /** The line that was meant to decide a key, where systemd ignores every line of it (PYC019). */
  ignored(key: string): Entry | undefined {
    const written = this.#all(key).findLast(({ value }) => value !== '');
    return written !== undefined && isIgnored(key, written.value) && this.entry(key) === undefined
      ? written
      : undefined;
  }

  /** The value in force of a key that takes one; an empty value is the default again. */
  last(key: string): string | undefined {
    return this.entry(key)?.value;
  }

  /** Is the key set to what systemd takes for yes (parse_boolean, and `disconnected` of PrivateTmp=)? */
  isYes(key: string): boolean {
    return /^(yes|y|true|t|on|1|disconnected)$/i.test(this.last(key) ?? '');
  }

  /** The lines of these keys, each of which adds to the others. */
  entries(keys: readonly string[]): readonly Entry[] {
    return this.#entries.filter(({ key, value }) => keys.includes(key) && value !== '');
  }

  /** Is there a line of the key, if an empty one? */
  isSet(key: string): boolean {
    return this.#all(key).length > 0;
  }

  /** The words in force of a key that takes a list. */
  words(key: string): string[] {
    return this.wordEntries(key).map(({ word }) => word);
  }

  /** The words in force of a key that takes a list, each with the entry that it stands in. */
  wordEntries(key: string): { word: string; at: UnitEntry['at'] }[] {
    const own = this.#all(key);
    return own.slice(own.findLastIndex(({ value }) => value === '') + 1).flatMap(({ value, at }) =>
      value
        .split(/\s+/)
        .filter((word) => word !== '')
        .map((word) => ({ word, at })),
    );
  }

  #all(key: string): readonly Entry[] {
    return this.#entries.filter((entry) => (OLD_NAMES[entry.key] ?? entry.key) === key);
  }
}

const UNITS: Record<string, number> = {
  us: 1e-6,
  usec: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  msec: 1e-3,
  '': 1,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
  w: 604_800,
  week: 604_800,
  weeks: 604_800,
  M: 2_629_800,
  month: 2_629_800,
  months: 2_629_800,
  y: 31_557_600,
  year: 31_557_600,
  years: 31_557_600,
};

/** A time span of systemd.time(7) in seconds, e.g. `2min 200ms`; undefined where it is none. */
export function seconds(text: string): number | undefined {
  if (text.trim() === 'infinity') return Infinity;
  let sum = 0;
  const rest = text.replace(/(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-zµ]*)/g, (_all, number: string, unit: string) => {
    sum += Number(number) * (UNITS[unit] ?? Number.NaN);
    return '';
  });
  return rest.trim() === '' && !Number.isNaN(sum) ? sum : undefined;
}

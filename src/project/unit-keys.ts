import type { SystemdUnit } from './project.ts';

/** Is `folder` the folder `outer` or inside it? Absolute paths without `..`. */
export function isIn(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(outer.endsWith('/') ? outer : `${outer}/`);
}

export type UnitEntry = SystemdUnit['entries'][number];

/** The keys of a unit by name; its sections do not share any that is asked for here. */
export class UnitKeys {
  readonly #entries: readonly UnitEntry[];

  constructor(entries: readonly UnitEntry[]) {
    this.#entries = entries;
  }

  /** The entry that decides a key that takes one value; undefined where none does or the last one resets it. */
  entry(key: string): UnitEntry | undefined {
    const last = this.#entries.findLast((entry) => entry.key === key);
    return last?.value === '' ? undefined : last;
  }

  /** The value in force of a key that takes one; an empty value is the default again. */
  last(key: string): string | undefined {
    return this.entry(key)?.value;
  }

  /** Is the key set to what systemd takes for yes (parse_boolean, and `disconnected` of PrivateTmp=)? */
  isYes(key: string): boolean {
    return /^(yes|y|true|t|on|1|disconnected)$/i.test(this.last(key) ?? '');
  }

  /** The words in force of a key that takes a list. */
  words(key: string): string[] {
    return this.wordEntries(key).map(({ word }) => word);
  }

  /** The words in force of a key that takes a list, each with the entry that it stands in. */
  wordEntries(key: string): { word: string; at: UnitEntry['at'] }[] {
    const own = this.#entries.filter((entry) => entry.key === key);
    return own.slice(own.findLastIndex(({ value }) => value === '') + 1).flatMap(({ value, at }) =>
      value
        .split(/\s+/)
        .filter((word) => word !== '')
        .map((word) => ({ word, at })),
    );
  }

  /** The keys of one section. */
  in(section: string): UnitKeys {
    return new UnitKeys(this.#entries.filter((entry) => entry.section === section));
  }
}

const UNITS: Record<string, number> = {
  us: 1e-6,
  usec: 1e-6,
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
};

/** A time span of systemd.time(7) in seconds, e.g. `2min 200ms`; undefined where it is none. */
export function seconds(text: string): number | undefined {
  if (text.trim() === 'infinity') return Infinity;
  let sum = 0;
  const rest = text.replace(/(\d+(?:\.\d+)?)\s*([a-z]*)/g, (_all, number: string, unit: string) => {
    sum += Number(number) * (UNITS[unit] ?? Number.NaN);
    return '';
  });
  return rest.trim() === '' && !Number.isNaN(sum) ? sum : undefined;
}

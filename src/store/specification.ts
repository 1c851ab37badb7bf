import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openLocalFile } from '../core/local-files.ts';
import { usageError } from '../errors.ts';
import { coreId } from './core-id.ts';
import type { Crash } from './crash-index.ts';
import { typedCommand } from '../typed-command.ts';

/** Which crashes are meant: the same words for every command. */
export interface Specification {
  /** IDs or their beginnings; empty: not by ID. */
  ids: string[];
  tests: { property: string; pattern: RegExp }[];
  /** Milliseconds since the epoch. */
  since?: number;
  until?: number;
  /** The newest so many. */
  limit?: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const SHORTEST_ID = 4;

/** Reads the words: an ID or its beginning, a core on this machine, `property=glob`, `since=`, `until=`, `limit=`. */
export function parseSpecification(words: readonly string[], cwd: string, now: number): Specification {
  const specification: Specification = { ids: [], tests: [] };
  for (const word of words) {
    const [, property, value = ''] = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(word) ?? [];
    if (property === undefined) specification.ids.push(idOf(word, cwd));
    else if (property === 'since' || property === 'until') specification[property] = moment(word, value, now);
    else if (property === 'limit') {
      if (!/^[1-9]\d{0,8}$/.test(value)) throw usageError(`${word}: the limit is a number of crashes`);
      specification.limit = Number(value);
    } else specification.tests.push({ property, pattern: glob(value) });
  }
  return specification;
}

/** The crashes that are meant, of those that there are (the oldest first). */
export function select(
  crashes: readonly Crash[],
  { ids, tests, since, until, limit }: Specification,
): Crash[] {
  const meant = crashes.filter((crash) => {
    const time = Date.parse(crash.time);
    return (
      (ids.length === 0 || ids.some((id) => crash.id.startsWith(id))) &&
      tests.every(({ property, pattern }) => pattern.test(propertyOf(crash, property) ?? 'undefined')) &&
      time >= (since ?? -Infinity) &&
      time <= (until ?? Infinity)
    );
  });
  return limit === undefined ? meant : meant.slice(-limit);
}

/** A property by its name, of the crash itself or one that was set; undefined where it has none. */
export function propertyOf({ tags, ...line }: Crash, name: string): string | undefined {
  const own: unknown = Object.hasOwn(line, name) ? Reflect.get(line, name) : undefined;
  if (own !== undefined) return String(own);
  return Object.hasOwn(tags, name) ? tags[name] : undefined;
}

function idOf(word: string, cwd: string): string {
  if (/^[0-9a-f]+$/.test(word) && word.length >= SHORTEST_ID && word.length <= 32 && !isFile(word, cwd))
    return word;
  if (isFile(word, cwd)) return fileId(word, cwd);
  throw usageError(
    `${JSON.stringify(word)} is neither an ID of ${SHORTEST_ID} to 32 hexadecimal digits, nor a core, nor property=value`,
    `Such as: ${typedCommand('cores ls since=6h exception=ValueError limit=20')}`,
  );
}

/** The ID of a core on this machine. */
export function fileId(word: string, cwd: string): string {
  const file = openLocalFile(resolve(cwd, word));
  try {
    const id = file === undefined ? undefined : coreId(file);
    if (id === undefined) throw usageError(`${word} is not a core`, 'An ID is of an uncompressed ELF core.');
    return id;
  } finally {
    file?.close();
  }
}

function isFile(word: string, cwd: string): boolean {
  return existsSync(resolve(cwd, word));
}

/** Milliseconds of `30m`, `6h`, `2d`, `1w`; undefined where it is no such time. */
export function durationOf(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 0) * 1000;
}

function moment(word: string, value: string, now: number): number {
  const ago = durationOf(value);
  if (ago !== undefined) return now - ago;
  const time = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) {
    throw usageError(
      `${word}: ${JSON.stringify(value)} is not a time`,
      'Give 30m, 6h, 2d or 1w before now, or a date such as 2026-11-30 or 2026-11-30T12:00Z.',
    );
  }
  return time;
}

/** `*` is any text, `?` any character; everything else is itself. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

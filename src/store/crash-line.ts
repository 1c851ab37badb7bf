import * as v from 'valibot';
import { sha256 } from '../sha256.ts';

const Text = v.string();
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Digits = v.pipe(v.string(), v.regex(/^[0-9a-f]*$/));

/**
 * One crash, as the one line of `crashes/dt=…/ID.json`: flat, so that a query engine sees a table. Fields may be added,
 * never changed.
 */
const CrashLine = v.object({
  schemaVersion: v.literal(1),
  id: v.pipe(Digits, v.length(32)),
  /** When the core was written, in ISO 8601 and UTC. */
  time: v.pipe(v.string(), v.isoTimestamp()),
  host: Text,
  fingerprint: Digits,
  title: Text,
  exception: v.optional(Text),
  signal: Text,
  executable: Text,
  buildId: v.optional(Digits),
  python: Text,
  pid: Count,
  release: v.optional(Text),
  file: v.optional(Text),
  line: v.optional(Count),
  function: v.optional(Text),
  /** Where the core lay. */
  path: Text,
  truncated: v.boolean(),
  /** Why the core was not kept; the report is. */
  dropped: v.optional(Text),
  /** To age recipients. */
  encrypted: v.optional(v.boolean(), false),
  /** Of the core, and its SHA-256. */
  bytes: Count,
  sha256: v.pipe(Digits, v.length(64)),
  /** Of what is stored: the core compressed, and encrypted. */
  storedBytes: Count,
  storedSha256: v.pipe(Digits, v.length(64)),
  /** Keys, relative to the address of the store. */
  core: Text,
  report: Text,
  reportText: Text,
});

export type CrashLine = v.InferOutput<typeof CrashLine>;

/** The same crash without its core: why that was given up. */
export function withoutCore(crash: CrashLine, dropped: string): CrashLine {
  return { ...crash, dropped, storedBytes: 0, storedSha256: sha256('') };
}

/** The crash of a line; undefined where it is no line of ours: others can write into a bucket too. */
export function parseCrashLine(text: string): CrashLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(CrashLine, value);
  if (!result.success) return undefined;
  const { core, report, reportText } = result.output;
  // A key becomes a path in a directory.
  return [core, report, reportText].every(isPlainKey) ? result.output : undefined;
}

/** Has the key only names that a directory can have below itself? */
function isPlainKey(key: string): boolean {
  return /^[\w=.-]+(?:\/[\w=.-]+)*$/.test(key) && !key.split('/').some((part) => /^\.+$/.test(part));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { UserError, hasCode } from '../errors.ts';
import { decodeText } from '../project/readers/text.ts';
import { sha256 } from '../sha256.ts';
import { hasLines } from './line-hashes.ts';
import { typedCommand } from '../typed-command.ts';

/** The file in the repository's root that lists what init did, so that `remove` and `upgrade` are exact. */
export const MANIFEST = '.pycrash.json';

const Placed = v.object({
  /** Where the text stands in the file as init left it, in UTF-16 code units of the decoded text. */
  at: v.pipe(v.number(), v.integer(), v.minValue(0)),
  text: v.string(),
  /** What stood just before and after it, to find it again in a file that was edited since. */
  before: v.string(),
  after: v.string(),
  /** Index of the entry that has the opening bracket of this closing one. */
  closes: v.optional(v.number()),
});

const Entry = v.variant('action', [
  v.object({
    action: v.literal('create'),
    kind: v.string(),
    path: v.string(),
    /** See line-hashes.ts. */
    lines: v.union([v.string(), v.array(v.string())]),
  }),
  v.object({
    action: v.literal('edit'),
    kind: v.string(),
    path: v.string(),
    /** SHA-256 of the file as init left it. */
    sha256: v.string(),
    /** SHA-256 of the file before; absent where local edits came between two runs. */
    original: v.optional(v.string()),
    insertions: v.array(Placed),
  }),
]);

const Document = v.object({
  about: v.string(),
  /** 1: that of 0.1.0, which had its version in it and all hashes of a file in one line. */
  schemaVersion: v.picklist([1, 2]),
  files: v.array(Entry),
  /** Folders that init made. */
  folders: v.array(v.string()),
});

export type PlacedInsertion = v.InferOutput<typeof Placed>;
export type ManifestEntry = v.InferOutput<typeof Entry>;
export type Manifest = v.InferOutput<typeof Document>;

const ABOUT =
  'What `pycrash init` wrote. Keep it under version control: `pycrash remove` and `pycrash upgrade` need it.';

/** The repository's manifest; undefined where there is none. Throws a `UserError` where it is damaged. */
export function readManifest(root: string): Manifest | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, MANIFEST), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return v.parse(Document, JSON.parse(text));
  } catch (error) {
    throw new UserError('manifest', `${MANIFEST} cannot be read: ${String(error)}`, {
      help: `Get the file back from version control, or remove it and run \`${typedCommand('init')}\` again.`,
    });
  }
}

/** Is the file as init left it? The line ends of a generated one do not count. */
export function isAsWritten(entry: ManifestEntry, bytes: Uint8Array): boolean {
  return entry.action === 'edit'
    ? sha256(bytes) === entry.sha256
    : hasLines(decodeText(bytes).text, entry.lines);
}

/** The manifest's text, with the entries in the order of their paths. */
export function renderManifest(manifest: Omit<Manifest, 'about' | 'schemaVersion'>): string {
  const document: Manifest = {
    about: ABOUT,
    schemaVersion: 2,
    files: [...manifest.files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    folders: [...manifest.folders].sort(),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { decodeText, encodeText } from '../project/readers/text.ts';
import { targetOf } from './apply.ts';
import { insertAll, type Insertion } from './insertion.ts';
import { lineHashes } from './line-hashes.ts';
import { sha256 } from '../sha256.ts';
import { isAsWritten, type Manifest, type ManifestEntry, type PlacedInsertion } from './manifest.ts';
import { mergeThreeWays } from './merge.ts';
import type { FileChange } from './plan.ts';
import { findInsertions, placed, takeOut } from './take-out.ts';
import { typedCommand } from '../typed-command.ts';
import { hasCode } from '../errors.ts';

type CreateEntry = Extract<ManifestEntry, { action: 'create' }>;
type EditEntry = Extract<ManifestEntry, { action: 'edit' }>;

/** A change and what the manifest says of the file once it is made. */
export interface Draft {
  change: FileChange;
  /** `none`: nothing of ours is left in it. */
  entry?: ManifestEntry | 'none';
}

/** The path that is really written, from the root, and the bytes that are there; throws where a link leaves the tree. */
export function currentFile(root: string, path: string): { path: string; bytes: Buffer | undefined } {
  const target = targetOf(root, path);
  const real = relative(targetOf(root, '.'), target).split(sep).join('/');
  try {
    return { path: real, bytes: readFileSync(target) };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { path: real, bytes: undefined };
    throw error;
  }
}

/**
 * A file that is generated as a whole: created, left as it is where it is current, where a person has edited it or
 * where it is not ours. `merge` brings it to `text` and keeps local edits, `replace` gives them up.
 */
export function draftFile(
  root: string,
  wish: { kind: string; path: string; text: string; others: 'leave' | 'refuse' },
  manifest: Manifest | undefined,
  ifOurs: 'leave' | 'merge' | 'replace',
): Draft {
  const { path, bytes } = currentFile(root, wish.path);
  const after = Buffer.from(wish.text, 'utf8');
  const known = manifest?.files.find(
    (file): file is CreateEntry => file.action === 'create' && file.path === path,
  );
  const entry: CreateEntry = {
    action: 'create',
    kind: wish.kind,
    path,
    lines: lineHashes(wish.text),
  };
  if (bytes === undefined) return { change: { path, action: 'create', after }, entry };
  const unchanged = (reason?: string): Draft => ({
    change: {
      path,
      action: 'unchanged',
      before: bytes,
      after: bytes,
      ...(reason === undefined ? {} : { reason }),
    },
    ...(known === undefined ? {} : { entry: known }),
  });
  const text = decodeText(bytes).text;
  if (text.replaceAll('\r\n', '\n') === wish.text)
    return { ...unchanged(), ...(known === undefined ? {} : { entry }) };
  if (known === undefined) {
    if (wish.others === 'leave')
      return unchanged('there is already a file of this name; it was left as it is');
    const reason = `${path} is not a file that pycrash wrote. Rename it, then run \`${typedCommand('init')}\` again`;
    return { change: { path, action: 'manual', before: bytes, reason } };
  }
  if (ifOurs === 'replace') return { change: { path, action: 'edit', before: bytes, after }, entry };
  if (ifOurs === 'leave') {
    return unchanged(
      isAsWritten(known, bytes)
        ? `written for another state of the project; \`${typedCommand('upgrade')}\` brings it up to date`
        : `edited by hand since; it was left as it is (\`${typedCommand('upgrade')}\` merges)`,
    );
  }
  const merged = mergeThreeWays(known.lines, text, wish.text);
  if (merged.conflicts.length > 0) {
    const places = merged.conflicts
      .map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`))
      .join(', ');
    const reason =
      `${path} was edited by hand where the new version differs too (lines ${places}). Move the edit away and ` +
      `run \`${typedCommand('upgrade')}\` again, or give it up with --force`;
    return { change: { path, action: 'manual', before: bytes, reason } };
  }
  const written = Buffer.from(merged.text, 'utf8');
  if (written.equals(bytes)) return unchanged();
  return { change: { path, action: 'edit', before: bytes, after: written }, entry };
}

/** The file without what earlier runs put in; undefined where it is not there, or not all of that is found. */
export function withoutInsertions(
  root: string,
  wanted: string,
  manifest: Manifest | undefined,
): Uint8Array | undefined {
  const { path, bytes } = currentFile(root, wanted);
  const known = editEntry(manifest, path);
  if (bytes === undefined || known === undefined) return bytes;
  const source = decodeText(bytes);
  const { text, missing } = takeOut(source.text, known.insertions);
  return missing.length > 0 ? undefined : encodeText({ ...source, text });
}

function editEntry(manifest: Manifest | undefined, path: string): EditEntry | undefined {
  return manifest?.files.find((file): file is EditEntry => file.action === 'edit' && file.path === path);
}

/** Insertions into a file that is not ours; those of earlier runs stay known or, with `instead`, are taken out. */
export function draftInsertions(
  root: string,
  wish: { kind: string; path: string; insertions: readonly Insertion[]; instead: boolean },
  manifest: Manifest | undefined,
): Draft {
  const { path, bytes: before } = currentFile(root, wish.path);
  const without = wish.instead ? withoutInsertions(root, path, manifest) : before;
  const source = decodeText(without ?? new Uint8Array());
  const edited = insertAll(source.text, wish.insertions);
  const after = encodeText({ ...source, text: edited.text });
  if (before === undefined || without === undefined || after === undefined) {
    const reason =
      before === undefined ? `${path} is not there` : `${path} cannot be written in its encoding`;
    return { change: { path, action: 'manual', reason } };
  }
  const known = editEntry(manifest, path);
  if (wish.instead && Buffer.compare(after, before) === 0) {
    return {
      change: { path, action: 'unchanged', before, after },
      ...(known === undefined ? {} : { entry: known }),
    };
  }
  if (wish.instead && wish.insertions.length === 0)
    return { change: { path, action: 'edit', before, after }, entry: 'none' };
  const hash = sha256(before);
  const original = known === undefined ? hash : known.sha256 === hash ? known.original : undefined;
  const earlier = wish.instead ? [] : stillKnown(source.text, known?.insertions ?? [], wish.insertions);
  const insertions = [
    ...earlier.map(({ insertion, at }) =>
      at === undefined ? insertion : placed(edited.text, shifted(at, wish.insertions), insertion),
    ),
    ...wish.insertions.map((insertion, index) =>
      placed(edited.text, edited.positions[index] ?? insertion.at, {
        text: insertion.text,
        ...(insertion.closes === undefined ? {} : { closes: insertion.closes + earlier.length }),
      }),
    ),
  ];
  return {
    change: { path, action: 'edit', before, after },
    entry: {
      action: 'edit',
      kind: wish.kind,
      path,
      sha256: sha256(after),
      ...(original === undefined ? {} : { original }),
      insertions,
    },
  };
}

/** The insertions of earlier runs, with their places now; without those that are gone and come again. */
function stillKnown(
  text: string,
  earlier: readonly PlacedInsertion[],
  wanted: readonly Insertion[],
): { insertion: PlacedInsertion; at: number | undefined }[] {
  const places = findInsertions(text, earlier);
  const again = (one: PlacedInsertion | undefined): boolean =>
    wanted.some((other) => other.text === one?.text);
  const kept = earlier.flatMap((insertion, index) => {
    const opening = insertion.closes === undefined ? index : insertion.closes;
    return places[index] === undefined && again(insertion) && again(earlier[opening]) ? [] : [index];
  });
  return kept.flatMap((index) => {
    const insertion = earlier[index];
    if (insertion === undefined) return [];
    const { closes, ...rest } = insertion;
    const opening = closes === undefined ? -1 : kept.indexOf(closes);
    return [{ insertion: opening === -1 ? rest : { ...rest, closes: opening }, at: places[index]?.at }];
  });
}

function shifted(at: number, insertions: readonly Insertion[]): number {
  return insertions.reduce((sum, { at: other, text }) => (other <= at ? sum + text.length : sum), at);
}

import { decodeText, encodeText } from '../project/readers/text.ts';
import { currentFile } from './draft.ts';
import { sha256 } from '../sha256.ts';
import { isAsWritten, MANIFEST, renderManifest, type Manifest, type ManifestEntry } from './manifest.ts';
import type { FileChange, Plan } from './plan.ts';
import { takeOut } from './take-out.ts';
import type { Note } from '../project/project.ts';
import { typedCommand } from '../typed-command.ts';

/**
 * The way back to the tree before init: generated files go, exactly our insertions go, local edits stay. A generated
 * file that a person has edited stays unless `force`.
 */
export function planRemove(root: string, manifest: Manifest, force: boolean): Plan {
  const notes: Note[] = [];
  const changes = manifest.files.map((entry) => removal(root, entry, force, notes));
  const { bytes } = currentFile(root, MANIFEST);
  if (bytes !== undefined && changes.every(({ action }) => action !== 'manual'))
    changes.push(manifestWithout(manifest, changes, bytes));
  return { changes, notes };
}

/** The manifest goes, unless files stay that `remove --force` can still delete. */
function manifestWithout(manifest: Manifest, changes: readonly FileChange[], before: Buffer): FileChange {
  const files = manifest.files.filter((_, index) => changes[index]?.reason === STAYS);
  if (files.length === 0) return { path: MANIFEST, action: 'delete', before };
  const after = Buffer.from(renderManifest({ files, folders: manifest.folders }), 'utf8');
  return { path: MANIFEST, action: after.equals(before) ? 'unchanged' : 'edit', before, after };
}

const STAYS = 'edited by hand: not deleted';

function removal(root: string, entry: ManifestEntry, force: boolean, notes: Note[]): FileChange {
  const { path, bytes: before } = currentFile(root, entry.path);
  if (before === undefined) return { path, action: 'unchanged', reason: 'already gone' };
  const source = decodeText(before);
  if (entry.action === 'create') {
    if (isAsWritten(entry, before) || force) {
      return { path, action: 'delete', before };
    }
    notes.push({
      code: 'edited-by-hand',
      message: `${path} was edited by hand and stays; \`${typedCommand('remove --force')}\` deletes it too`,
    });
    return { path, action: 'unchanged', before, after: before, reason: STAYS };
  }
  const { text, missing } = takeOut(source.text, entry.insertions);
  const after = encodeText({ ...source, text });
  for (const { text: inserted } of missing) {
    notes.push({
      code: 'not-found',
      message: `${path}: ${JSON.stringify(inserted.trim())} is no longer there as it was written; look for what is left of it`,
    });
  }
  if (after === undefined || Buffer.compare(before, after) === 0)
    return { path, action: 'unchanged', before, after: before };
  if (sha256(before) === entry.sha256 && entry.original !== undefined && sha256(after) !== entry.original) {
    const reason = `${path} would not be what it was before init. Take it from version control`;
    return { path, action: 'manual', before, reason };
  }
  return { path, action: 'edit', before, after };
}

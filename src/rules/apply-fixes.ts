import { readFileSync } from 'node:fs';
import { applyChanges } from '../edit/apply.ts';
import type { FileChange } from '../edit/plan.ts';
import { decodeText, encodeText } from '../project/readers/text.ts';
import type { Finding, Fix } from './rule.ts';

/** Makes every Safe edit, all files or none; returns how many. Where two overlap the first is made, the next run sees the other. */
export function applyFixes(root: string, findings: readonly Finding[]): number {
  const byFile = new Map<string, Fix[]>();
  for (const { fix } of findings) {
    if (fix === undefined) continue;
    const fixes = byFile.get(fix.file) ?? [];
    const free = fixes.every((other) => fix.end <= other.start || fix.start >= other.end);
    if (free) byFile.set(fix.file, [...fixes, fix]);
  }
  let count = 0;
  const changes: FileChange[] = [];
  for (const [path, fixes] of byFile) {
    const before = readFileSync(`${root}/${path}`);
    const text = decodeText(before);
    let edited = text.text;
    // from the back, so that the offsets of the others stay right
    for (const fix of fixes.sort((a, b) => b.start - a.start)) {
      edited = edited.slice(0, fix.start) + fix.text + edited.slice(fix.end);
    }
    const after = encodeText({ ...text, text: edited });
    if (after === undefined) continue;
    changes.push({ path, action: 'edit', before, after });
    count += fixes.length;
  }
  applyChanges(root, changes).finish();
  return count;
}

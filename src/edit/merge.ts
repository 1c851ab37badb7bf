import { matches, splitLines } from './diff.ts';
import { hashOfLine, splitHashes, type LineHashes } from './line-hashes.ts';

export interface Merged {
  text: string;
  /** Lines of `ours` (from 1, both ends included) that a person and the new version have both changed; none: merged. */
  conflicts: { from: number; to: number }[];
}

/**
 * Merges the local edits of a generated file (`ours` against the hashes of the lines as they were generated) with its
 * new version `theirs`. Where both changed the same lines, `conflicts` names them and `text` keeps the local ones.
 */
export function mergeThreeWays(hashes: LineHashes, ours: string, theirs: string): Merged {
  const base = splitHashes(hashes);
  const hashOf = (line: string): string => hashOfLine(line, hashes);
  const ourLines = splitLines(ours);
  const theirLines = splitLines(theirs);
  const toOurs = pairsOf(base, ourLines.map(hashOf));
  const theirHashes = theirLines.map(hashOf);
  const toTheirs = pairsOf(base, theirHashes);
  const lines: string[] = [];
  const conflicts: Merged['conflicts'] = [];
  let b = 0;
  let o = 0;
  let t = 0;
  while (b < base.length || o < ourLines.length || t < theirLines.length) {
    // up to the next line of the base that both still have
    let anchor = b;
    while (anchor < base.length && !(toOurs.has(anchor) && toTheirs.has(anchor))) anchor++;
    const oEnd = toOurs.get(anchor) ?? ourLines.length;
    const tEnd = toTheirs.get(anchor) ?? theirLines.length;
    const mine = ourLines.slice(o, oEnd);
    const old = base.slice(b, anchor);
    const new_ = theirHashes.slice(t, tEnd);
    const kept = same(mine.map(hashOf), old);
    if (kept || same(mine.map(hashOf), new_)) lines.push(...theirLines.slice(t, tEnd));
    else {
      lines.push(...mine);
      if (!same(new_, old)) conflicts.push({ from: o + 1, to: Math.max(o + 1, oEnd) });
    }
    if (anchor < base.length) lines.push(theirLines[tEnd] ?? '');
    b = anchor + 1;
    o = oEnd + 1;
    t = tEnd + 1;
    if (anchor >= base.length) break;
  }
  return { text: lines.join(''), conflicts };
}

function pairsOf(left: readonly string[], right: readonly string[]): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const match of matches(left, right)) {
    for (let i = 0; i < match.length; i++) pairs.set(match.left + i, match.right + i);
  }
  return pairs;
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

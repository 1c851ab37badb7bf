/** A line of a comparison: in both texts, only in the old one, or only in the new one. */
interface Line {
  mark: ' ' | '-' | '+';
  text: string;
}

/** Stretches of `left` and `right` (as line numbers from 0) that are the same, in order; the last is empty, at both ends. */
export interface Match {
  left: number;
  right: number;
  length: number;
}

/** Lines with their line ends, so that joining them gives the text again. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * What two sequences have in common, by Myers' O(ND) algorithm
 * ("An O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986).
 */
export function matches(left: readonly string[], right: readonly string[]): Match[] {
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head++;
  let tail = 0;
  const most = Math.min(left.length, right.length) - head;
  while (tail < most && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail++;
  const a = left.slice(head, left.length - tail);
  const b = right.slice(head, right.length - tail);
  const pairs = commonPairs(a, b);
  const result: Match[] = [];
  const add = (l: number, r: number, length: number): void => {
    if (length === 0) return;
    const last = result.at(-1);
    if (last !== undefined && last.left + last.length === l && last.right + last.length === r) {
      last.length += length;
    } else result.push({ left: l, right: r, length });
  };
  add(0, 0, head);
  for (const [l, r] of pairs) add(head + l, head + r, 1);
  add(left.length - tail, right.length - tail, tail);
  result.push({ left: left.length, right: right.length, length: 0 });
  return result;
}

function commonPairs(a: readonly string[], b: readonly string[]): [number, number][] {
  const trace: Map<number, number>[] = [];
  if (a.length === 0 || b.length === 0) return [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= a.length + b.length; d++) {
    trace.push(new Map(furthest));
    const next = new Map(furthest);
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (next.get(k - 1) ?? -1) < (next.get(k + 1) ?? -1));
      let x = down ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return backtrack(trace, a.length, b.length);
    }
    furthest = next;
  }
  return [];
}

function backtrack(trace: readonly Map<number, number>[], endX: number, endY: number): [number, number][] {
  const pairs: [number, number][] = [];
  let x = endX;
  let y = endY;
  for (let d = trace.length - 1; d >= 0; d--) {
    const furthest = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const previousK = down ? k + 1 : k - 1;
    const previousX = d === 0 ? 0 : (furthest.get(previousK) ?? 0);
    const previousY = d === 0 ? 0 : previousX - previousK;
    // where the run of equal lines begins: after the one step that is no match
    const begin = d === 0 || down ? previousX : previousX + 1;
    while (x > begin && y > previousY) {
      pairs.push([x - 1, y - 1]);
      x--;
      y--;
    }
    x = previousX;
    y = previousY;
  }
  return pairs.reverse();
}

/**
 * The unified diff of one file with three lines of context, as git and patch read it; '' where nothing differs.
 * An absent side is `/dev/null`.
 */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  const left = splitLines(before ?? '');
  const right = splitLines(after ?? '');
  const lines: Line[] = [];
  let l = 0;
  let r = 0;
  for (const match of matches(left, right)) {
    while (l < match.left) lines.push({ mark: '-', text: left[l++] ?? '' });
    while (r < match.right) lines.push({ mark: '+', text: right[r++] ?? '' });
    for (let i = 0; i < match.length; i++, l++, r++) lines.push({ mark: ' ', text: left[l] ?? '' });
  }
  const hunks = hunksOf(lines);
  if (hunks === '') return '';
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const to = after === undefined ? '/dev/null' : `b/${path}`;
  return `--- ${from}\n+++ ${to}\n${hunks}`;
}

const CONTEXT = 3;

function hunksOf(lines: readonly Line[]): string {
  let text = '';
  let left = 1;
  let right = 1;
  let index = 0;
  while (index < lines.length) {
    const change = lines.findIndex((line, at) => at >= index && line.mark !== ' ');
    if (change === -1) break;
    const start = Math.max(index, change - CONTEXT);
    left += start - index;
    right += start - index;
    let end = change;
    for (let at = change; at < lines.length && at <= end + 2 * CONTEXT; at++) {
      if (lines[at]?.mark !== ' ') end = at;
    }
    const hunk = lines.slice(start, Math.min(lines.length, end + 1 + CONTEXT));
    const removed = hunk.filter((line) => line.mark !== '+').length;
    const added = hunk.filter((line) => line.mark !== '-').length;
    text += `@@ -${range(left, removed)} +${range(right, added)} @@\n`;
    for (const line of hunk) {
      text += `${line.mark}${line.text}`;
      if (!line.text.endsWith('\n')) text += '\n\\ No newline at end of file\n';
    }
    left += removed;
    right += added;
    index = start + hunk.length;
  }
  return text;
}

/** An empty range names the line before it (diff's own rule). */
function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}

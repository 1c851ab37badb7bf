/** The one known word that is a slip of the pen away from `word`; undefined where there is none, or more than one as near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 4));
  const near = known
    .filter((other) => Math.abs(other.length - word.length) <= Math.max(most, 4))
    .map((other) => ({ other, distance: distance(word.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [first, second] = near;
  if (first !== undefined && first.distance <= most && first.distance < (second?.distance ?? Infinity)) {
    return first.other;
  }
  // `on-fail` for `on-failure`: cut short
  const longer = known.filter(
    (other) => word.length > 4 && other.toLowerCase().startsWith(word.toLowerCase()),
  );
  return longer.length === 1 ? longer[0] : undefined;
}

/** Edits between two words: a letter put in, taken out, exchanged, or two neighbours swapped (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      }
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}

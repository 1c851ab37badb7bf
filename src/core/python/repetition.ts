/** What stands for the items that a shortened list does not have. */
export interface Gap {
  /** The last `of` items come `times` more after this one. */
  repeated?: { of: number; times: number };
  /** So many items come after this one that are not in the list. */
  leftOut?: number;
}

const LONGEST_PERIOD = 8;
/** A run is shown this often, and once more at its end, where the values of the last call are. */
const SHOWN = 3;

/**
 * Where a list goes on with the same few items over and over, as a recursion does: the indices to show, with what follows
 * each that is not shown. Nothing is lost: every item is either kept or counted.
 */
export function withoutRepetition(keys: readonly (string | number)[]): { index: number; gap: Gap }[] {
  const kept: { index: number; gap: Gap }[] = [];
  let index = 0;
  while (index < keys.length) {
    const { period, times } = repetitionAt(keys, index);
    if (times <= SHOWN + 1) {
      kept.push({ index, gap: {} });
      index += 1;
      continue;
    }
    const shown = SHOWN * period;
    for (let at = 0; at < shown; at += 1) {
      const last = at === shown - 1;
      kept.push({
        index: index + at,
        gap: last ? { repeated: { of: period, times: times - SHOWN - 1 } } : {},
      });
    }
    const end = index + times * period;
    for (let at = end - period; at < end; at += 1) kept.push({ index: at, gap: {} });
    index = end;
  }
  return kept;
}

/** The shortest period that is repeated often enough from here on. */
function repetitionAt(keys: readonly (string | number)[], start: number): { period: number; times: number } {
  for (let period = 1; period <= LONGEST_PERIOD; period += 1) {
    let end = start + period;
    while (end < keys.length && keys[end] === keys[end - period]) end += 1;
    const times = Math.floor((end - start) / period);
    if (times > SHOWN + 1) return { period, times };
  }
  return { period: 1, times: 1 };
}

/**
 * The first and the last of what is still too long, and the first item of each kind (which is what a fingerprint is made
 * of); what is left out is counted.
 */
export function shortened<T extends { gap: Gap }>(
  items: readonly T[],
  limits: { first: number; last: number; kinds: number },
  kind: (item: T) => number,
): T[] {
  if (items.length <= limits.first + limits.last) return [...items];
  const kept: T[] = [];
  const kinds = new Set<number>();
  let skipped = 0;
  items.forEach((item, index) => {
    const known = kinds.has(kind(item));
    const near = index < limits.first || index >= items.length - limits.last;
    if (!near && (known || kinds.size >= limits.kinds)) {
      skipped += 1 + (item.gap.leftOut ?? 0) + (item.gap.repeated?.of ?? 0) * (item.gap.repeated?.times ?? 0);
      return;
    }
    kinds.add(kind(item));
    const before = kept.at(-1);
    if (skipped > 0 && before !== undefined) {
      kept[kept.length - 1] = { ...before, gap: { ...before.gap, leftOut: skipped } };
    }
    skipped = 0;
    kept.push(item);
  });
  return kept;
}

/** Collects a list of which both ends are kept, `most` items of it. */
export class Ends<T> {
  private readonly kept: T[] = [];
  private readonly half: number;
  private dropped = 0;

  constructor(most: number) {
    this.half = Math.ceil(most / 2);
  }

  push(item: T): void {
    if (this.kept.push(item) > 3 * this.half) this.drop(this.half);
  }

  /** The items; `leftOut` of them were after the first `before`. */
  finish(): { items: T[]; before: number; leftOut: number } {
    this.drop(this.kept.length - 2 * this.half);
    return { items: this.kept, before: this.half, leftOut: this.dropped };
  }

  private drop(count: number): void {
    if (count > 0) this.dropped += this.kept.splice(this.half, count).length;
  }
}

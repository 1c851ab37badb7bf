import type { Frame } from './frames.ts';

/** The frames of a thread, from the innermost call outwards. */
export interface Stack {
  frames: Frame[];
  /** There are more, or they could not be read to the end. */
  cut: boolean;
}

/** Readings in a row that have to be the same. */
const SAME = 3;
const MOST_READINGS = 60;

/**
 * The stack of a thread that may be running: it is read until several readings in a row are the same. The last one is
 * `torn` where that never happened; its frames are then of different moments. `refresh` makes the next reading a new one.
 */
export function settledStack(read: () => Stack, refresh: () => void): Stack & { torn: boolean } {
  let last: Stack | undefined;
  let same = 0;
  for (let readings = 0; readings < MOST_READINGS; readings += 1) {
    refresh();
    const next = read();
    same = last !== undefined && !next.cut && areSame(last, next) ? same + 1 : 1;
    last = next;
    if (same >= SAME && !next.cut) return { ...next, torn: false };
  }
  return { frames: [], cut: true, ...last, torn: true };
}

/** The same calls, each at the same instruction; the innermost one may have gone on. */
function areSame(one: Stack, other: Stack): boolean {
  return (
    one.frames.length === other.frames.length &&
    one.frames.every((frame, at) => {
      const twin = other.frames[at];
      return (
        twin !== undefined &&
        frame.address === twin.address &&
        frame.code.address === twin.code.address &&
        frame.previous === twin.previous &&
        (at === 0 || frame.lasti === twin.lasti)
      );
    })
  );
}

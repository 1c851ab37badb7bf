/** A whole number from 0 up to, and without, `below`. */
export type Random = (below: number) => number;

/** Numbers that are the same for the same seed: mulberry32. */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One of the list, which must not be empty. */
export function pick<Item>(random: Random, list: readonly Item[]): Item {
  return list[random(list.length)] as Item;
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

/** The bytes with a few of them changed, doubled, removed or put in; now and then cut off. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  let result = bytes;
  for (let count = 1 + random(3); count > 0; count -= 1) {
    const at = random(result.length + 1);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    const changes = [
      () => [before, randomBytes(random, 1 + random(4)), after],
      () => [before, after.subarray(1 + random(4))],
      () => [before, after.subarray(0, random(16)), after],
      () => [before, randomBytes(random, 1), after.subarray(1)],
      () => [before],
    ];
    result = Buffer.concat(pick(random, changes)());
  }
  return result;
}

import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '../store/object-store.ts';

const AT_ONCE = 8;
/** A store that looks first lets only one of eight pass in a third of the rounds (measured). */
const ROUNDS = 6;

/**
 * Does the store create an object only where there is none, and for one of several that ask at the same time? Three kinds
 * of stores do not: those that say so (501), those that pass over the condition, and those that look first and write then
 * (OpenStack Swift 2.38), which a second write after the first does not show.
 */
export async function probe(store: ObjectStore): Promise<boolean> {
  const keys = Array.from({ length: ROUNDS }, () => `probes/${randomUUID()}`);
  try {
    for (const key of keys) {
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, number) =>
          store.create(key, Buffer.from(`${key} ${number}`), 'text/plain'),
        ),
      );
      if (answers.includes('refused') || answers.filter((answer) => answer === 'created').length !== 1)
        return false;
    }
    return true;
  } finally {
    for (const key of keys) await store.remove(key);
  }
}

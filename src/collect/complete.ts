import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { missingBytes } from '../crashtest/core-complete.ts';

/** A core that ends before its end, and was not written to for so long, was cut off. */
const SETTLED = 10_000;
const AGAIN = 250;

/**
 * Waits until the core is whole: the kernel writes it from the front, so it is when nothing is missing that the program
 * headers promise. One that stays cut off is taken as it is. false where the file went away meanwhile.
 */
export async function waitUntilComplete(path: string, waiting: () => void): Promise<boolean> {
  for (let first = true; ; first = false) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const quiet = Date.now() - stat.mtimeMs;
    // a time in the future is of another clock: it says nothing
    if (missingBytes(path) === 0 || quiet >= SETTLED || quiet < -SETTLED) return true;
    if (first) waiting();
    await pause(AGAIN);
  }
}

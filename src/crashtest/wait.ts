import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until there is an answer other than undefined; undefined where `seconds` are over first. */
export async function waitFor<T>(
  seconds: number,
  ask: () => T | undefined | Promise<T | undefined>,
  pause = 0.02,
): Promise<T | undefined> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await sleep(pause * 1000);
  }
}

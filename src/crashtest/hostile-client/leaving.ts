import type { Action } from './connection.ts';
import { pick, type Random } from './random.ts';

/** Longer than any answer takes that a decent request gets from an idle service. */
const PATIENCE = 250;

/** The ways in which a client ends a connection, or does not. */
export function leave(random: Random): Action[] {
  const close: Action = { do: 'close' };
  const reset: Action = { do: 'reset' };
  const wait: Action = { do: 'wait', milliseconds: random(60) };
  const awaitEnd: Action = { do: 'await-end', milliseconds: PATIENCE };
  return pick<Action[]>(random, [
    [awaitEnd, close],
    [awaitEnd, close],
    [close],
    [reset],
    [wait, close],
    [wait, reset],
    [{ do: 'await-bytes', milliseconds: PATIENCE }, reset],
    [{ do: 'await-bytes', milliseconds: PATIENCE }, close],
    [{ do: 'half-close' }, awaitEnd, close],
    [{ do: 'half-close' }, wait, reset],
    [{ do: 'stop-reading' }, { do: 'wait', milliseconds: 50 + random(150) }, pick(random, [close, reset])],
  ]);
}

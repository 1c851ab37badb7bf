import type { Action, Surface } from './connection.ts';
import { HTTP2_KINDS } from './http2-kinds.ts';
import { HTTP_KINDS, type Kind } from './http-kinds.ts';
import { pick, randomNumbers } from './random.ts';
import { WEBSOCKET_KINDS } from './websocket-kinds.ts';

/** One connection of a client that means harm, or is broken: the same for the same seed and number. */
export interface HostileConnection {
  readonly number: number;
  /** A name of `KINDS`. */
  readonly kind: string;
  readonly actions: readonly Action[];
}

export const KINDS: Readonly<Record<string, Kind>> = { ...HTTP_KINDS, ...WEBSOCKET_KINDS, ...HTTP2_KINDS };

/** The kinds in turn, so that a few dozen connections have them all. */
export function hostileConnection(seed: number, number: number, surface: Surface): HostileConnection {
  const names = Object.keys(KINDS);
  const kind = names[number % names.length] ?? '';
  const random = randomNumbers(Math.imul(seed, 0x9e37_79b1) + number);
  const named: Surface = {
    ...surface,
    headers: [...surface.headers, ['X-Request-ID', requestId(seed, number)]],
  };
  return { number, kind, actions: (KINDS[kind] ?? pick(random, Object.values(KINDS)))(random, named) };
}

/** What the line of a crash has, where the request got as far as its headers. */
export function requestId(seed: number, number: number): string {
  return `hostile-${seed}-${number}`;
}

/** The number of the connection that a request's id is of. */
export function numberOf(id: string): number | undefined {
  const found = /^hostile-\d+-(\d+)$/.exec(id)?.[1];
  return found === undefined ? undefined : Number(found);
}

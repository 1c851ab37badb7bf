import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { assert, integer, nat, property, uint8Array } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Action, Surface } from '../../../src/crashtest/hostile-client/connection.ts';
import {
  hostileConnection,
  KINDS,
  numberOf,
  requestId,
} from '../../../src/crashtest/hostile-client/hostile-connection.ts';
import { play } from '../../../src/crashtest/hostile-client/play.ts';
import { randomNumbers } from '../../../src/crashtest/hostile-client/random.ts';
import { encodeFrame } from '../../../src/crashtest/hostile-client/websocket-frames.ts';

const SURFACE: Surface = {
  headers: [['Host', 'shop.example.com']],
  pages: ['/', '/orders/1/', '/search?q=tea'],
  websockets: ['/chat/'],
};
const seeds = integer({ min: 0, max: 2 ** 31 });
const numbers = nat({ max: 100_000 });

test('a connection is the same for the same seed and number, and another for another seed', () => {
  assert(
    property(seeds, numbers, (seed, number) => {
      const [first, again] = [1, 2].map(() => hostileConnection(seed, number, SURFACE).actions);
      // toEqual() looks at megabytes one by one
      expect(isDeepStrictEqual(first, again)).toBe(true);
    }),
  );
  const [one, other] = [1, 2].map((seed) =>
    Array.from({ length: 200 }, (_, number) =>
      String(sent(hostileConnection(seed, number, SURFACE).actions)),
    ),
  );
  const alike = one?.filter((text, number) => text === other?.[number]);
  expect(alike?.length).toBeLessThan(20);
});

test('a few dozen connections in a row have every kind', () => {
  const names = Object.keys(KINDS);
  assert(
    property(seeds, numbers, (seed, first) => {
      const kinds = names.map((_, index) => hostileConnection(seed, first + index, SURFACE).kind);
      expect(new Set(kinds)).toEqual(new Set(names));
    }),
    { numRuns: 20 },
  );
});

test('no connection takes long or much', () => {
  assert(
    property(seeds, numbers, (seed, number) => {
      const { actions } = hostileConnection(seed, number, SURFACE);
      const waits = actions.map((action) => ('milliseconds' in action ? action.milliseconds : 0));
      expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(2500);
      expect(sent(actions).length).toBeLessThan(6_000_000);
    }),
    { numRuns: 500 },
  );
});

test('the id of a request is that of its connection', () => {
  assert(property(seeds, numbers, (seed, number) => numberOf(requestId(seed, number)) === number));
  expect(numberOf('of another client')).toBeUndefined();
  const { actions } = hostileConnection(7, 0, SURFACE);
  expect(sent(actions).toString('latin1')).toContain(requestId(7, 0));
});

test('Node reads the decent requests of HTTP/1, and those of HTTP/2 without TLS', async () => {
  const seen: string[] = [];
  const answer = (version: string) => (request: { url?: string }, response: { end(): unknown }) => {
    seen.push(`${version} ${request.url ?? ''}`);
    response.end();
  };
  const one = await listening(createHttpServer().on('request', answer('1')));
  const two = await listening(createHttp2Server().on('request', answer('2')));
  const kinds = Object.keys(KINDS);
  for (let round = 0; round < 24; round += 1) {
    const number = (name: string): number => kinds.indexOf(name) + round * kinds.length;
    await play(hostileConnection(1, number('decent'), SURFACE).actions, one);
    await play(hostileConnection(1, number('h2c'), SURFACE).actions, two);
  }
  expect(seen.filter((line) => SURFACE.pages.includes(line.replace('1 ', ''))).length).toBeGreaterThan(12);
  expect(seen.filter((line) => line.startsWith('2 /')).length).toBeGreaterThan(4);
});

test('a frame holds its payload, masked, after a length of any width (RFC 6455, 5.2)', () => {
  assert(
    property(uint8Array({ maxLength: 70_000, size: 'max' }), seeds, (bytes, seed) => {
      const payload = Buffer.from(bytes);
      const frame = encodeFrame(randomNumbers(seed), { opcode: 1, payload });
      expect(frame[0]).toBe(0x81);
      const short = (frame[1] ?? 0) & 0x7f;
      const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
      const length =
        wide === 0 ? short : Number(wide === 2 ? frame.readUInt16BE(2) : frame.readBigUInt64BE(2));
      expect(length).toBe(payload.length);
      expect((frame[1] ?? 0) & 0x80).toBe(0x80);
      const mask = frame.subarray(2 + wide, 6 + wide);
      const plain = frame.subarray(6 + wide).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
      expect(Buffer.compare(plain, payload)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

function sent(actions: readonly Action[]): Buffer {
  return Buffer.concat(actions.flatMap((action) => (action.do === 'send' ? [action.bytes] : [])));
}

async function listening(
  server: Pick<Server, 'listen' | 'address' | 'close'> & NodeJS.EventEmitter,
): Promise<{ host: string; port: number }> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

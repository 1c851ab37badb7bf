import { assert, property, string, uint8Array } from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/sha256-without-crypto.ts';

const byNode = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

test('is the SHA-256 of node:crypto, at every length around the ends of a block', () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 255);
    expect(sha256(bytes)).toBe(byNode(bytes));
  }
  const long = Buffer.alloc(1_000_003, 'pycrash');
  expect(sha256(long)).toBe(byNode(long));
});

test('any bytes, and any text as UTF-8', () => {
  assert(property(uint8Array({ maxLength: 1000 }), (bytes) => sha256(bytes) === byNode(bytes)));
  assert(property(string({ unit: 'binary' }), (text) => sha256(text) === byNode(text)));
});

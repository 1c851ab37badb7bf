import type { Memory } from '../elf/memory.ts';
import type { Exceptions } from './exceptions.ts';
import { attempt } from './process.ts';

const CHUNK = 1 << 20;
const MOST_BYTES = 4 * 1024 ** 3;
const MOST_FOUND = 100;

/** Every raised exception in writable memory, by looking at each aligned address: only what was asked for. */
export function* scanForExceptions(
  memory: Pick<Memory, 'segments' | 'available'>,
  exceptions: Pick<Exceptions, 'is' | 'isRaised' | 'offsetOfTraceback'>,
): Generator<number> {
  let left = MOST_BYTES;
  let found = 0;
  // Most words are no type: each is looked up once.
  const types = new Map<number, boolean>();
  for (const segment of memory.segments) {
    if (!segment.writable) continue;
    for (let start = segment.start; start < segment.end && left > 0; start += CHUNK) {
      // nothing comes any more where the reads that a report may make are used up
      const bytes = attempt(() => memory.available(start, Math.min(CHUNK, segment.end - start)), undefined);
      if (bytes === undefined) return;
      left -= bytes.length;
      for (let at = 8; at + 8 <= bytes.length; at += 16) {
        const high = bytes.readUInt32LE(at + 4);
        if (high > 0xffff) continue;
        const type = bytes.readUInt32LE(at) + high * 0x1_0000_0000;
        if (type < 0x10000 || type % 8 !== 0) continue;
        // what these bytes rule out alone costs no read: no references, or no traceback
        if (bytes.readInt32LE(at - 8) <= 0) continue;
        const traceback = at - 8 + exceptions.offsetOfTraceback;
        if (traceback >= 0 && traceback + 8 <= bytes.length && !isPointer(bytes, traceback)) continue;
        const known = types.get(type);
        if (known === false) continue;
        const object = start + at - 8;
        if (known === undefined) {
          if (types.size > 500_000) types.clear();
          types.set(type, exceptions.is(object));
          if (types.get(type) !== true) continue;
        }
        if (!exceptions.isRaised(object)) continue;
        yield object;
        if ((found += 1) >= MOST_FOUND) return;
      }
    }
  }
}

function isPointer(bytes: Buffer, at: number): boolean {
  const [low, high] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
  return low % 8 === 0 && high <= 0xffff && (low > 0xffff || high > 0);
}

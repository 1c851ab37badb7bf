import type { Memory } from '../elf/memory.ts';
import type { Exceptions } from './exceptions.ts';
import type { Layout } from './layouts.ts';
import { attempt } from './process.ts';
import { hasReferences } from './references.ts';

const CHUNK = 1 << 20;
const MOST_TYPES = 500_000;

/** A search of writable memory for raised exceptions: only what was asked for. */
interface Scan {
  /** Bytes of writable memory that the core has. */
  readonly written: number;
  /** At most so many are looked at. */
  readonly most: number;
  /** Bytes that were not looked at, so far. */
  readonly left: number;
  /** Every raised exception, by looking at each aligned address once. */
  addresses(): Generator<number>;
}

/** A scan takes time and reads in proportion to the memory, whatever lies in it. */
export function scanForExceptions(
  memory: Pick<Memory, 'segments' | 'available'>,
  exceptions: Pick<Exceptions, 'isExceptionType' | 'isRaised' | 'layout'>,
  most: number,
): Scan {
  const { layout } = exceptions;
  const typeOffset = layout.at('object.ob_type');
  const segments = memory.segments.filter(({ writable }) => writable);
  const written = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  const scan = { written, most, left: written, addresses };
  return scan;

  function* addresses(): Generator<number> {
    // Most words are no type: each is looked up once.
    const types = new Map<number, boolean>();
    for (const segment of segments) {
      for (let start = segment.start; start < segment.end; start += CHUNK) {
        const length = Math.min(CHUNK, segment.end - start);
        if (written - scan.left + length > most) return;
        const bytes = attempt(() => memory.available(start, length), undefined);
        // nothing comes any more where the reads are used up
        if (bytes === undefined) return;
        scan.left -= length;
        // objects lie at multiples of 16, with ob_type as the second word, or as the fourth of a free-threaded build
        for (let at = typeOffset; at + 8 <= bytes.length; at += 16) {
          const type = typeAt(bytes, at, layout);
          if (type === undefined) continue;
          let known = types.get(type);
          if (known === undefined) {
            if (types.size >= MOST_TYPES) types.clear();
            known = exceptions.isExceptionType(type);
            types.set(type, known);
          }
          const object = start + at - typeOffset;
          if (known && exceptions.isRaised(object)) yield object;
        }
      }
    }
  }
}

/** The type of what may be a raised exception: what these bytes rule out alone costs no read. */
function typeAt(bytes: Buffer, at: number, layout: Layout): number | undefined {
  const high = bytes.readUInt32LE(at + 4);
  if (high > 0xffff) return undefined;
  const type = bytes.readUInt32LE(at) + high * 0x1_0000_0000;
  if (type < 0x10000 || type % 8 !== 0) return undefined;
  // no references, or no traceback
  const object = at - layout.at('object.ob_type');
  if (!hasReferences(layout, bytes, object)) return undefined;
  const traceback = object + layout.at('exception.traceback');
  if (traceback >= 0 && traceback + 8 <= bytes.length && !isPointer(bytes, traceback)) return undefined;
  return type;
}

function isPointer(bytes: Buffer, at: number): boolean {
  const [low, high] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
  return low % 8 === 0 && high <= 0xffff && (low > 0xffff || high > 0);
}

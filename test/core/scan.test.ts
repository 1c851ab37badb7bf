import { expect, test } from 'vitest';
import { layoutOf } from '../../src/core/python/layouts.ts';
import { scanForExceptions } from '../../src/core/python/scan.ts';

const START = 0x1_0000;

test.each([8, -16, 1 << 30])(
  'a layout that has the traceback at %i is followed nowhere outside',
  (offset) => {
    // references, type and traceback of what looks like an object
    const bytes = Buffer.alloc(64);
    bytes.writeInt32LE(1, 0);
    bytes.writeBigUInt64LE(0x5555_0000_0000n, 8);
    const memory = {
      segments: [
        {
          start: START,
          end: START + bytes.length,
          memoryEnd: START + 64,
          offset: 0,
          writable: true,
          source: 0,
        },
      ],
      available: () => bytes,
    };
    const offsets = { 'object.ob_type': 8, 'exception.traceback': offset };
    const layout = layoutOf({ version: '3.13', provenance: [], offsets });
    const exceptions = { isExceptionType: () => true, isRaised: () => true, layout };
    expect([...scanForExceptions(memory, exceptions, 64).addresses()]).toEqual([START]);
  },
);

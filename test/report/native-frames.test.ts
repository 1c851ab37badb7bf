import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEuStack } from '../../src/report/native-frames.ts';

test('the output of eu-stack', () => {
  const output = [
    'PID 7 - core',
    'TID 7:',
    '#0  0x00007f83a77d9eec raise@@GLIBC_2.2.5',
    '#1  0x00000000004c5705 os_abort.lto_priv.0',
    '#2  0x00000000004c5706',
    '#10 0x00000000004c5707 std::vector<int, std::allocator<int> >::at(unsigned long)',
    'eu-stack: tid 7: shown max number of frames (5000, use -n 0 for unlimited)',
    'TID 8:',
    '',
  ].join('\n');
  expect(parseEuStack(output)).toEqual(
    new Map([
      [
        7,
        [
          { address: 0x7f83a77d9eec, function: 'raise' },
          { address: 0x4c5705, function: 'os_abort' },
          { address: 0x4c5706, function: '??' },
          { address: 0x4c5707, function: 'std::vector<int, std::allocator<int> >::at(unsigned long)' },
        ],
      ],
      [8, []],
    ]),
  );
});

test('any output gives some stacks, and what eu-stack prints gives those stacks', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseEuStack(text)));
  const frame = fc.record({
    address: fc.integer({ min: 1, max: 2 ** 47 }),
    function: fc.stringMatching(/^[A-Za-z_]\w{0,20}$/),
  });
  const threads = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4e6 }), fc.array(frame)), {
    selector: ([id]) => id,
  });
  fc.assert(
    fc.property(threads, (all) => {
      const printed = all.map(([id, frames]) => {
        const lines = frames.map(
          (each, at) =>
            `#${String(at).padEnd(2)} 0x${each.address.toString(16).padStart(16, '0')} ${each.function}\n`,
        );
        return `TID ${id}:\n${lines.join('')}`;
      });
      expect(parseEuStack(printed.join(''))).toEqual(new Map(all));
    }),
  );
});

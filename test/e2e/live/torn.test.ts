import { describe, expect, test } from 'vitest';
import { readProcess } from '../../../src/live/read-process.ts';
import { needs } from '../../parts.ts';
import { pythonBuilds } from '../cores/python-builds.ts';
import { startBuild } from './running.ts';

/** docs/live.md says what more reads have shown. */
const READS = Number(process.env['PYCRASH_READS'] ?? 25);
const DEPTH = 20;

/**
 * Is that a stack that programs/turns.py can have: `red` or `blue`, never both, each called by `through`? `left` is the
 * argument, which every second call makes less.
 */
function isWhole(functions: readonly string[], left: readonly string[] | undefined): boolean {
  const [module, turns, ...calls] = functions.toReversed();
  if (module !== '<module>' || turns !== 'turns') return false;
  const colours = new Set(calls.filter((name) => name !== 'through'));
  if (colours.size > 1 || calls.some((name, at) => (name === 'through') !== (at % 2 === 1))) return false;
  const numbers = left?.toReversed().slice(2) ?? [];
  return numbers.every((text, at) => text === String(DEPTH - Math.ceil(at / 2)));
}

describe.each(
  pythonBuilds()
    .filter(({ id }) => !/static|embedded/.test(id))
    .map((build) => [build.id, build] as const),
)('Python %s', (_, build) => {
  test.each(['short', 'none'] as const)(
    'no stack of --stop %s is torn and unmarked',
    { timeout: 3_600_000 },
    async (stop) => {
      const running = await startBuild(build, 'turns.py');
      let marked = 0;
      try {
        for (let round = 0; round < READS; round += 1) {
          const { threads } = await readProcess(running.pid, {}, stop);
          const [{ frames, torn } = { frames: [], torn: true }] = threads;
          if (torn === true) marked += 1;
          if (torn === true && stop === 'none') continue;
          const functions = frames.map((frame) => frame.function);
          // what is read while it runs has the stack of one moment, and its values of another
          const left = stop === 'short' ? frames.map(({ locals }) => locals['left']?.text ?? '') : undefined;
          expect(isWhole(functions, left), `${functions.join(' ')} ${left?.join(' ')}`).toBe(true);
        }
      } finally {
        await running.end();
      }
      expect(marked).toBeLessThan(stop === 'short' ? 1 : READS);
      if (READS > 100)
        process.stdout.write(`Python ${build.id}, --stop ${stop}: ${marked} of ${READS} marked\n`);
    },
  );
});

test('the stacks of every version of Python are looked at', (context) => {
  needs(context, 'linux');
  expect(pythonBuilds().length).toBeGreaterThan(8);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineHashes } from '../../src/edit/line-hashes.ts';
import { mergeThreeWays } from '../../src/edit/merge.ts';

function merge(base: string, ours: string, theirs: string): ReturnType<typeof mergeThreeWays> {
  return mergeThreeWays(lineHashes(base), ours, theirs);
}

test('keeps the local edit and takes the new version elsewhere', () => {
  expect(merge('a\nb\nc\nd\n', 'a\nB mine\nc\nd\n', 'a\nb\nc\nnew\nd!\n')).toEqual({
    text: 'a\nB mine\nc\nnew\nd!\n',
    conflicts: [],
  });
});

test('an added and a removed line of a person stay so', () => {
  expect(merge('a\nb\nc\nd\n', 'mine\na\nc\nd\n', 'a\nb\nc\nd\ne\n')).toEqual({
    text: 'mine\na\nc\nd\ne\n',
    conflicts: [],
  });
});

test('names the lines that both have changed', () => {
  expect(merge('a\nb\nc\n', 'a\nmine\nc\n', 'a\ntheirs\nc\n')).toEqual({
    text: 'a\nmine\nc\n',
    conflicts: [{ from: 2, to: 2 }],
  });
});

test('the same change on both sides is no conflict', () => {
  expect(merge('a\nb\nc\n', 'a\nx\nc\n', 'a\nx\nc\n').conflicts).toEqual([]);
});

const text = fc
  .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n'), { maxLength: 12 })
  .map((lines) => lines.join(''));

test('without a local edit the new version comes out, without a new version the local one', () => {
  fc.assert(
    fc.property(text, text, (base, other) => {
      expect(merge(base, base, other)).toEqual({ text: other, conflicts: [] });
      expect(merge(base, other, base)).toEqual({ text: other, conflicts: [] });
    }),
  );
});

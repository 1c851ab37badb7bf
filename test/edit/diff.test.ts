import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { splitLines, unifiedDiff } from '../../src/edit/diff.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'init-diff-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('shows three lines of context and joins changes that are near each other', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
  expect(unifiedDiff('f', before, 'a\nb\nc\nd\nE\nf\ng\nh\ni')).toBe(
    [
      '--- a/f',
      '+++ b/f',
      '@@ -2,7 +2,8 @@',
      ' b',
      ' c',
      ' d',
      '-e',
      '+E',
      ' f',
      ' g',
      ' h',
      '+i',
      '\\ No newline at end of file',
      '',
    ].join('\n'),
  );
});

test('a new file comes from /dev/null, and no change is no text', () => {
  expect(unifiedDiff('f', undefined, 'a\nb\n')).toBe('--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n');
  expect(unifiedDiff('f', 'a\n', undefined)).toBe('--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n');
  expect(unifiedDiff('f', 'a\n', 'a\n')).toBe('');
});

test('git applies every diff, and gets the new text', () => {
  const text = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n'), { maxLength: 30 })
    .chain((lines) => fc.constantFrom(lines.join(''), `${lines.join('')}end`));
  execFileSync('git', ['init', '-q'], { cwd: folder });
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after && before !== '' && after !== '');
      writeFileSync(join(folder, 'f'), before);
      const diff = unifiedDiff('f', before, after);
      const { status, stderr } = spawnSync('git', ['apply', '--whitespace=nowarn', '-'], {
        cwd: folder,
        input: diff,
        encoding: 'utf8',
      });
      expect({ status, stderr, diff }).toEqual({ status: 0, stderr: '', diff });
      expect(readFileSync(join(folder, 'f'), 'utf8')).toBe(after);
    }),
    { numRuns: 60 },
  );
});

test('lines keep their ends', () => {
  expect(splitLines('a\r\nb\n\nc')).toEqual(['a\r\n', 'b\n', '\n', 'c']);
});

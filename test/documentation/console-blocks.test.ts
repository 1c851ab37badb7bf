import { expect, test } from 'vitest';
import { firstDifference, readPage } from './console-blocks.ts';

test('a page is read into commands with their output', () => {
  const page = readPage(
    [
      '<!-- example: django-shop -->',
      '<!-- before: true -->',
      '<!-- exit: 1 -->',
      '```console',
      '$ pycrash check \\',
      '    --quiet',
      'a finding',
      '$ false',
      '```',
      '<!-- not run: needs a fleet -->',
      '```console',
      '$ rm -rf /',
      '```',
    ].join('\n'),
  );
  expect(page).toEqual({
    example: 'django-shop',
    needs: [],
    commands: [
      { line: 2, command: 'true', output: ['…'], exitCode: 0 },
      { line: 5, command: 'pycrash check --quiet', output: ['a finding'], exitCode: 0 },
      { line: 8, command: 'false', output: [], exitCode: 1 },
    ],
  });
});

test.each([
  [['a', 'b'], 'a\nb\n', undefined],
  [['a'], 'a\nb\n', '(nothing more) but there is: b'],
  [['a', '…', 'c'], 'a\nb\nb\nc\n', undefined],
  [['took … s'], 'took 1.5 s\n', undefined],
  [['a', '…', 'd'], 'a\nb\n', 'd'],
  [['b'], 'a\nb\n', 'b'],
  [[], '', undefined],
])('%j shown, %j printed: %j', (shown, actual, difference) => {
  expect(firstDifference(shown, actual)).toBe(difference);
});

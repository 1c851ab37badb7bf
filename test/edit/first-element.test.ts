import { describe, expect, test } from 'vitest';
import { insertFirst } from '../../src/edit/first-element.ts';
import { insertAll } from '../../src/edit/insertion.ts';
import { SourceFile } from '../../src/project/readers/text.ts';

/** `source` with the display between «» and its first element between ‹›. */
function edited(source: string): string {
  const marks = new Set('«‹›»');
  const at = new Map<string, number>();
  let text = '';
  for (const character of source) {
    if (marks.has(character)) at.set(character, text.length);
    else text += character;
  }
  const file = new SourceFile('settings.py', Buffer.from(text));
  const literal = file.span(at.get('«') ?? 0, at.get('»') ?? text.length);
  const start = at.get('‹');
  const place =
    start === undefined ? { literal } : { literal, firstElement: file.span(start, at.get('›') ?? start) };
  return insertAll(text, [insertFirst(text, place, 'x.X')]).text;
}

describe('a new first element', () => {
  test.each([
    ['one line', "M = «[‹'a'›, 'b']»\n", "M = ['x.X', 'a', 'b']\n"],
    ['tuple of one', 'M = «(‹"a"›,)»\n', 'M = ("x.X", "a",)\n'],
    ['bare tuple', "M = «‹'a'›, 'b'»\n", "M = 'x.X', 'a', 'b'\n"],
    ['lines', "M = «[\n    ‹'a'›,\n    'b',\n]»\n", "M = [\n    'x.X',\n    'a',\n    'b',\n]\n"],
    ['tabs and CRLF', 'M = «(\r\n\t‹"a"›,\r\n)»\r\n', 'M = (\r\n\t"x.X",\r\n\t"a",\r\n)\r\n'],
    ['empty list', 'M = «[]»\n', "M = ['x.X']\n"],
    ['empty tuple', 'M = «()»\n', "M = ('x.X',)\n"],
    ['empty in lines', 'M = «[\n]»\n', "M = [\n    'x.X',\n]\n"],
    ['only a comment', 'M = «[\n  # none yet\n]»\n', "M = [\n  'x.X',\n  # none yet\n]\n"],
    [
      'comment that belongs to the first element',
      "M = «[\n    # must see everything\n    # (really)\n    ‹'a'›,\n]»\n",
      "M = [\n    'x.X',\n    # must see everything\n    # (really)\n    'a',\n]\n",
    ],
    [
      'comment that belongs to the list',
      "M = «[\n    # order matters\n\n    ‹'a'›,\n]»\n",
      "M = [\n    # order matters\n\n    'x.X',\n    'a',\n]\n",
    ],
    [
      'comment on the bracket',
      "M = «[  # noqa\n    ‹'a'›,\n]»\n",
      "M = [  # noqa\n    'x.X',\n    'a',\n]\n",
    ],
    ['hanging list', "M = «[‹'a'›,\n     'b']»\n", "M = ['x.X',\n     'a',\n     'b']\n"],
    ['closing bracket alone', "M = «[‹'a'›, 'b'\n]»\n", "M = ['x.X', 'a', 'b'\n]\n"],
    ['comma first', "M = «[\n    ‹'a'›\n  , 'b'\n]»\n", "M = [\n    'x.X',\n    'a'\n  , 'b'\n]\n"],
    [
      'unpacked first',
      'M = «[\n    ‹*BASE›,\n    "a",\n]»\n',
      'M = [\n    "x.X",\n    *BASE,\n    "a",\n]\n',
    ],
    ['indented statement', 'if X:\n  M = «[\n  ]»\n', "if X:\n  M = [\n    'x.X',\n  ]\n"],
  ])('%s', (_name, source, expected) => {
    expect(edited(source)).toBe(expected);
  });
});

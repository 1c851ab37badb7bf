import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { insertAll } from '../../src/edit/insertion.ts';
import { placed, takeOut } from '../../src/edit/take-out.ts';

function put(text: string, insertions: Parameters<typeof insertAll>[1]) {
  const edited = insertAll(text, insertions);
  return {
    text: edited.text,
    insertions: insertions.map((insertion, index) =>
      placed(edited.text, edited.positions[index] ?? 0, insertion),
    ),
  };
}

const WSGI = 'import os\nfrom x import get\n\napplication = get()\n';
const wrapped = put(WSGI, [
  { at: WSGI.indexOf('\napplication'), text: 'from y import wrap_wsgi\n' },
  { at: WSGI.indexOf('get()'), text: 'wrap_wsgi(' },
  { at: WSGI.length - 1, text: ')', closes: 1 },
]);

test('whatever was put in comes out again', () => {
  expect(wrapped.text).toBe(
    'import os\nfrom x import get\nfrom y import wrap_wsgi\n\napplication = wrap_wsgi(get())\n',
  );
  expect(takeOut(wrapped.text, wrapped.insertions)).toEqual({ text: WSGI, missing: [] });
});

test('edits that came later stay, and the closing bracket is the one of our opening one', () => {
  const later = wrapped.text
    .replace('import os\n', 'import os\nimport sys\n')
    .replace('get())', "Other(get(')'), [1, (2)])) # ) wrap_wsgi");
  expect(takeOut(later, wrapped.insertions)).toEqual({
    text: "import os\nimport sys\nfrom x import get\n\napplication = Other(get(')'), [1, (2)]) # ) wrap_wsgi\n",
    missing: [],
  });
});

test('what is not there as it was written is named and nothing else is touched', () => {
  const later = wrapped.text.replace('wrap_wsgi(get())', 'w(get())');
  const { text, missing } = takeOut(later, wrapped.insertions);
  expect(text).toBe('import os\nfrom x import get\n\napplication = w(get())\n');
  expect(missing.map((insertion) => insertion.text)).toEqual(['wrap_wsgi(', ')']);
});

test('what a formatter has written in another way is found', () => {
  const text = "M = [\n    'a',\n]\n";
  const { text: after, insertions } = put(text, [{ at: text.indexOf("    'a'"), text: "    'x.X',\n" }]);
  expect(takeOut(after.replaceAll("'", '"').replace('    ', '\t'), insertions)).toEqual({
    text: 'M = [\n    "a",\n]\n',
    missing: [],
  });
  expect(takeOut(wrapped.text.replace('wrap_wsgi(', 'wrap_wsgi ( '), wrapped.insertions).text).toBe(WSGI);
});

test('of several equal texts the one is taken out that was put in', () => {
  const text = "A = ['m', 'a']\nB = ['m', 'b']\n";
  const { text: after, insertions } = put(text, [{ at: text.indexOf("'m', 'b'"), text: "'m', " }]);
  expect(takeOut(`# new first line\n${after}`, insertions).text).toBe(`# new first line\n${text}`);
});

test('any insertions into any text are undone', () => {
  const piece = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', '\n', '(', "'") });
  fc.assert(
    fc.property(piece, fc.array(fc.tuple(fc.nat(), piece), { maxLength: 4 }), (text, wanted) => {
      const insertions = wanted
        .map(([at, added]) => ({ at: at % (text.length + 1), text: added }))
        .sort((a, b) => a.at - b.at);
      const after = put(text, insertions);
      expect(takeOut(after.text, after.insertions).text).toBe(text);
    }),
  );
});

import { assert, constantFrom, property, string, tuple, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText, encodeText, SourceFile } from '../../src/project/readers/text.ts';

test('encoding what was decoded gives the very same bytes, whatever they are', () => {
  const marks = constantFrom([], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]);
  assert(
    property(tuple(marks, uint8Array({ maxLength: 64 })), ([mark, rest]) => {
      const bytes = Buffer.from([...mark, ...rest]);
      const encoded = encodeText(decodeText(bytes));
      expect(Buffer.from(encoded ?? []).toString('hex')).toBe(bytes.toString('hex'));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['utf-8', false, Buffer.from('é\r\n')],
  ['utf-8', true, Buffer.from('\ufeffé\r\n')],
  ['utf-16le', true, Buffer.from('\ufeffé\r\n', 'utf16le')],
  ['utf-16be', true, Buffer.from('\ufeffé\r\n', 'utf16le').swap16()],
  ['latin-1', false, Buffer.from('é\r\n', 'latin1')],
] as const)('%s (byte order mark: %s) is recognised', (encoding, bom, bytes) => {
  expect(decodeText(bytes)).toEqual({ text: 'é\r\n', encoding, bom });
});

test('a character that the encoding of the file does not have is not written as something else', () => {
  expect(encodeText({ text: '€', encoding: 'latin-1', bom: false })).toBeUndefined();
});

test('spans count lines that end in LF, CRLF and CR, and columns in UTF-16 code units', () => {
  const file = new SourceFile('a.py', Buffer.from('a\r\n🐍b\rc\nd'));
  const at = (text: string) => {
    const start = file.text.indexOf(text);
    const { line, column } = file.span(start, start + text.length);
    return [line, column];
  };
  expect([at('a'), at('b'), at('c'), at('d')]).toEqual([
    [1, 1],
    [2, 3],
    [3, 1],
    [4, 1],
  ]);
});

test('a span of a whole text begins at 1:1 and ends after its last character', () => {
  assert(
    property(string({ unit: constantFrom('a', 'é', '🐍', '\r', '\n', '\r\n'), maxLength: 40 }), (text) => {
      const file = new SourceFile('a', Buffer.from(text));
      const span = file.span(0, file.text.length);
      const lines = file.text.split(/\r\n|\n|\r/);
      expect([span.line, span.column]).toEqual([1, 1]);
      expect([span.endLine, span.endColumn]).toEqual([lines.length, (lines.at(-1) ?? '').length + 1]);
    }),
  );
});

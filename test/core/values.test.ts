import { describe, expect, test } from 'vitest';
import { complexRepr, decimalText, floatRepr } from '../../src/core/python/numbers.ts';
import { bytesRepr, textRepr } from '../../src/core/python/text.ts';
import { repr, type PythonValue } from '../../src/core/python/value.ts';

const str = (string: string): PythonValue => ({ type: 'str', string, text: textRepr(string) });

describe('repr of a value', () => {
  const settings: PythonValue = {
    type: 'dict',
    open: '{',
    close: '}',
    children: [
      { key: str('user'), value: str('ada') },
      {
        key: str('login'),
        value: {
          type: 'shop.Login',
          open: '<shop.Login at 0x10 ',
          close: '>',
          children: [{ name: 'password', value: str('hunter2') }],
        },
      },
    ],
  };

  test('as Python shows it', () => {
    expect(repr(settings)).toBe("{'user': 'ada', 'login': <shop.Login at 0x10 password='hunter2'>}");
  });

  test('what was cut says so, and the text is bounded', () => {
    expect(
      repr({ type: 'list', open: '[', close: ']', children: [{ value: str('a') }], truncated: true }),
    ).toBe("['a', …]");
    expect(repr(str('x'.repeat(100_000)))).toBe(`'${'x'.repeat(4095)}… 95906 more characters`);
  });
});

test.each([
  [0.1, '0.1'],
  [1e16, '1e+16'],
  [1e15, '1000000000000000.0'],
  [123456789.125, '123456789.125'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-1.5e-7, '-1.5e-07'],
  [5e-324, '5e-324'],
  [-0, '-0.0'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
])('float %d', (value, text) => {
  expect(floatRepr(value)).toBe(text);
});

test('complex numbers', () => {
  expect(complexRepr(3, -2.5)).toBe('(3-2.5j)');
  expect(complexRepr(0, 1)).toBe('1j');
  expect(complexRepr(-0, 1)).toBe('(-0+1j)');
});

test.each([
  [false, '1999', -2, '19.99'],
  [false, '1', 30, '1E+30'],
  [true, '5', -3, '-0.005'],
  [false, '123', -10, '1.23E-8'],
  [false, '0', -2, '0.00'],
])('Decimal %s %s %d', (negative, coefficient, exponent, text) => {
  expect(decimalText(negative, coefficient, exponent)).toBe(text);
});

test('texts and bytes', () => {
  expect(textRepr("it's")).toBe(`"it's"`);
  expect(textRepr(`it's "both"`)).toBe(String.raw`'it\'s "both"'`);
  expect(textRepr('\u001b[31m\u00a0\u{1f40d}\ud800')).toBe(
    String.raw`'\x1b[31m\xa0` + '\u{1f40d}' + String.raw`\ud800'`,
  );
  expect(bytesRepr(Buffer.from([0, 39, 255, 9]))).toBe(String.raw`"\x00'\xff\t"`);
});

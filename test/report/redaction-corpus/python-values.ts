import { bytesRepr, textRepr } from '../../../src/core/python/text.ts';
import type { PythonValue } from '../../../src/core/python/value.ts';

/** Values as the readers under `src/core/python` make them. */
export const str = (string: string): PythonValue => ({ type: 'str', string, text: textRepr(string) });

export const bytes = (text: string): PythonValue => {
  const buffer = Buffer.from(text);
  return { type: 'bytes', string: buffer.toString('latin1'), text: `b${bytesRepr(buffer)}` };
};

export const int = (value: number | string): PythonValue => ({ type: 'int', text: String(value) });
export const none: PythonValue = { type: 'NoneType', text: 'None' };

const sequence =
  (type: string, open: string, close: string) =>
  (...items: PythonValue[]): PythonValue => ({
    type,
    open,
    close,
    children: items.map((value) => ({ value })),
  });

export const list = sequence('list', '[', ']');
export const tuple = sequence('tuple', '(', ')');
export const setOf = sequence('set', '{', '}');

export const dict = (...entries: [PythonValue | string, PythonValue][]): PythonValue => ({
  type: 'dict',
  open: '{',
  close: '}',
  children: entries.map(([key, value]) => ({ key: typeof key === 'string' ? str(key) : key, value })),
});

/** An instance with its attributes: a dataclass (`Type(a=1)`) or an object (`<Type at 0x… a=1>`). */
export const dataclass = (type: string, fields: Record<string, PythonValue>): PythonValue => ({
  type,
  open: `${type.slice(type.lastIndexOf('.') + 1)}(`,
  close: ')',
  children: Object.entries(fields).map(([name, value]) => ({ name, value })),
});

export const instance = (type: string, fields: Record<string, PythonValue>): PythonValue => ({
  type,
  open: `<${type} at 0x7f3a5c0b2d90 `,
  close: '>',
  children: Object.entries(fields).map(([name, value]) => ({ name, value })),
});

export const enumMember = (type: string, name: string, value: PythonValue): PythonValue => ({
  type,
  open: `<${type.slice(type.lastIndexOf('.') + 1)}.${name}: `,
  close: '>',
  children: [{ value }],
});

/** What JavaScript has a literal for. */
export function python(value: unknown): PythonValue {
  if (value === null || value === undefined) return none;
  if (typeof value === 'boolean') return { type: 'bool', text: value ? 'True' : 'False' };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? int(value) : { type: 'float', text: String(value) };
  }
  if (typeof value === 'string') return str(value);
  if (Array.isArray(value)) return list(...value.map(python));
  return dict(...Object.entries(value).map(([key, each]): [string, PythonValue] => [key, python(each)]));
}

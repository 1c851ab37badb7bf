import { LIMITS } from '../limits.ts';

/**
 * A Python object as it was read from a core: bounded in depth, number and length, and still structured, so that what
 * is a secret by its name can be taken out at any depth before it is rendered.
 */
export interface PythonValue {
  /** Dotted name of its type, without `builtins.`: `int`, `decimal.Decimal`, `shop.models.Order`. */
  type: string;
  address?: number;
  /** The complete `repr` of a value without parts: a number, a str, `<function f at 0x7f…>`. */
  text?: string;
  /** The characters of a str, or of bytes as Latin-1; cut where `truncated` says so. */
  string?: string;
  /** What stands around the children: `[` and `]`, `Order(` and `)`. */
  open?: string;
  close?: string;
  children?: PythonChild[];
  /** The `__repr__` that Python would run and that cannot be run here: `shop.models.Order.__repr__`. */
  ownRepr?: string;
  /** There is more of it than is here. */
  truncated?: true;
  /** With `truncated`: how many items of it are not here, where that is known. */
  leftOut?: number;
}

/** A part of a value: an item (neither), an attribute (`name`, rendered `name=value`) or an entry (`key`, `key: value`). */
export interface PythonChild {
  name?: string;
  key?: PythonValue;
  /** The key that it has where it is shown without it: of `dict.values()`. */
  of?: string;
  value: PythonValue;
}

/** The mark of a cut: `… 17 more`, `… 2800 more characters`. */
export function cutMark(leftOut: number | undefined, what = ''): string {
  return leftOut === undefined ? '…' : `… ${leftOut} more${what === '' ? '' : ` ${what}`}`;
}

/** The parts of a value that has `length` of them. */
export function withRest(children: PythonChild[], length: number): Partial<PythonValue> {
  return children.length < length
    ? { children, truncated: true, leftOut: length - children.length }
    : { children };
}

/** The value as Python's `repr` would show it, with `… N more` where it was cut; about 4,000 characters at the most. */
export function repr(value: PythonValue): string {
  const parts: string[] = [];
  let length = 0;
  // what a part of the value leaves out cannot be counted in characters
  let partial = false;
  const write = (text: string): void => {
    if (length < LIMITS.valueCharacters) parts.push(text);
    length += text.length;
  };
  const visit = (each: PythonValue): void => {
    partial ||= each.truncated === true;
    if (each.text !== undefined) return write(each.text);
    write(each.open ?? '<');
    let first = true;
    for (const child of each.children ?? []) {
      if (!first) write(', ');
      first = false;
      if (child.key !== undefined) {
        visit(child.key);
        write(': ');
      } else if (child.name !== undefined) {
        write(`${child.name}=`);
      }
      visit(child.value);
    }
    if (each.truncated === true) write(`${first ? '' : ', '}${cutMark(each.leftOut)}`);
    write(each.close ?? '>');
  };
  visit(value);
  if (length <= LIMITS.valueCharacters) return parts.join('');
  const least = partial ? 'at least ' : '';
  const cut = `… ${least}${length - LIMITS.valueCharacters} more characters`;
  return `${parts.join('').slice(0, LIMITS.valueCharacters)}${cut}`;
}

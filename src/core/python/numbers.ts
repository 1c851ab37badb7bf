import { LIMITS } from '../limits.ts';
import type { Process } from './process.ts';

/** The value of an int object as `repr` shows it. */
export function integerRepr(process: Process, address: number): string {
  const { negative, digits } = parts(process, address);
  if (digits * 30 > LIMITS.bits) return `<int of about ${digits * 30} bits>`;
  if (digits <= 1) return String(smallInteger(process, address));
  const { memory, layout } = process;
  const bytes = memory.bytes(address + layout.at('long.digits'), digits * 4);
  let value = 0n;
  for (let index = digits - 1; index >= 0; index -= 1) {
    value = (value << 30n) | BigInt(bytes.readUInt32LE(index * 4) & 0x3fffffff);
  }
  return String(negative ? -value : value);
}

/** The value of an int object as a number: exact where it is below 2^53, NaN where it has more than three digits. */
export function smallInteger(process: Process, address: number): number {
  const { negative, digits } = parts(process, address);
  if (digits > 3) return NaN;
  const { memory, layout } = process;
  let value = 0;
  for (let index = digits - 1; index >= 0; index -= 1) {
    value = value * 0x4000_0000 + (memory.u32(address + layout.at('long.digits') + index * 4) & 0x3fffffff);
  }
  return negative && value !== 0 ? -value : value;
}

function parts({ memory, layout }: Process, address: number): { negative: boolean; digits: number } {
  const { minor } = layout;
  if (minor >= 12) {
    // lv_tag: the number of digits above three bits of which the lower two are the sign (0 +, 1 zero, 2 -).
    const tag = memory.u64(address + layout.at('long.tag'));
    const sign = tag % 4;
    return { negative: sign === 2, digits: sign === 1 ? 0 : Math.floor(tag / 8) };
  }
  const size = memory.i64(address + layout.at('varObject.ob_size'));
  return { negative: size < 0, digits: Math.abs(size) };
}

/**
 * A float as `repr` shows it: the shortest digits that come back as the same value, as in JavaScript. With an exponent where
 * that is below -4 or above 15 (Python/pystrtod.c, format_float_short with 'r').
 */
export function floatRepr(value: number, withExponent?: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (withExponent ?? (exponent < -4 || exponent >= 16)) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0] ?? ''}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}.0`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** A complex as `repr` shows it: Objects/complexobject.c, complex_repr. */
export function complexRepr(
  real: number,
  imaginary: number,
  part: (value: number) => string = (value) => floatRepr(value),
): string {
  const short = (value: number): string => part(value).replace(/\.0$/, '');
  const second = short(imaginary);
  if (real === 0 && !Object.is(real, -0)) return `${second}j`;
  return `(${short(real)}${second.startsWith('-') ? '' : '+'}${second}j)`;
}

/** A Decimal's text from its coefficient and exponent: Modules/_decimal/libmpdec, mpd_to_sci. */
export function decimalText(negative: boolean, coefficient: string, exponent: number): string {
  const sign = negative ? '-' : '';
  const adjusted = exponent + coefficient.length - 1;
  if (exponent <= 0 && adjusted >= -6) {
    if (exponent === 0) return sign + coefficient;
    const point = coefficient.length + exponent;
    return point > 0
      ? `${sign}${coefficient.slice(0, point)}.${coefficient.slice(point)}`
      : `${sign}0.${'0'.repeat(-point)}${coefficient}`;
  }
  const fraction = coefficient.length > 1 ? `.${coefficient.slice(1)}` : '';
  return `${sign}${coefficient[0] ?? '0'}${fraction}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}

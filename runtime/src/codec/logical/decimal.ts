import { cannotRead, cannotWrite, wrongType } from './failure.ts';

// A decimal is the two's complement of its unscaled value, most significant byte first.

const DIGITS = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/** Bits a decimal digit takes, rounded up. */
const BITS_PER_DIGIT = 3.33;

/** The unscaled integer. */
export function unscaledFromBytes(bytes: Uint8Array, precision: number): bigint {
  const size = bytes.length;
  const first = bytes[0];
  if (first === undefined) throw cannotRead('a decimal of no bytes');
  const fill = first < 128 ? 0 : 255;
  let start = 0;
  while (start < size - 1 && bytes[start] === fill) start++;
  // Before any arithmetic: a megabyte of digits would take minutes.
  if (size - start > (precision * BITS_PER_DIGIT) / 8 + 2) throw tooPrecise(precision);
  const value = integerOf(bytes, start, fill !== 0);
  if (beyond(value, precision)) throw tooPrecise(precision);
  return value;
}

function integerOf(bytes: Uint8Array, start: number, negative: boolean): bigint {
  const size = bytes.length - start;
  if (size <= 6) {
    let value = negative ? -1 : 0;
    for (let i = start; i < bytes.length; i++) value = value * 256 + (bytes[i] ?? 0);
    return BigInt(value);
  }
  let hex = '0x';
  for (let i = start; i < bytes.length; i++) hex += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return BigInt.asIntN(size * 8 + 8, BigInt(hex) - (negative ? 1n << BigInt(size * 8) : 0n));
}

function beyond(value: bigint, precision: number): boolean {
  const digits = (value < 0n ? -value : value).toString().length;
  return digits > precision;
}

function tooPrecise(precision: number): Error {
  return cannotRead(`more than ${precision} digits`);
}

/** Digits with exactly `scale` decimals: `-12.50`. */
export function decimalFromBytes(bytes: Uint8Array, precision: number, scale: number): string {
  return decimalText(unscaledFromBytes(bytes, precision), scale);
}

/** An unscaled integer as digits with exactly `scale` decimals. */
function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** `size` is that of a fixed; bytes take as few as hold the value. */
export function unscaledToBytes(value: bigint, precision: number, size?: number): Uint8Array {
  if (typeof value !== 'bigint') throw wrongType('a bigint', value);
  if (beyond(value, precision)) throw cannotWrite(`more than ${precision} digits`);
  let needed = 1;
  for (let rest = value < 0n ? ~value : value; rest >= 128n; rest >>= 8n) needed++;
  const length = size ?? needed;
  if (needed > length) throw cannotWrite(`more than ${length} bytes hold`);
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
  return bytes;
}

export function decimalToBytes(text: string, precision: number, scale: number, size?: number): Uint8Array {
  return unscaledToBytes(unscaledOf(text, precision, scale), precision, size);
}

function unscaledOf(text: string, precision: number, scale: number): bigint {
  if (typeof text !== 'string') throw wrongType('a decimal as text', text);
  // A sign, a point and a leading zero are not digits of the precision.
  if (text.length > precision + 3) throw cannotWrite(`more than ${precision} digits`);
  if (!DIGITS.test(text)) throw cannotWrite('not a decimal number');
  const point = text.indexOf('.');
  const decimals = point < 0 ? 0 : text.length - point - 1;
  if (decimals !== scale) throw cannotWrite(`${decimals} decimals, where there must be ${scale}`);
  return BigInt(text.replace('.', ''));
}

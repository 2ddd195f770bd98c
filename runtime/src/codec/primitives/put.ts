import { encodeFailure, wrongType } from './failure.ts';
import { HIGH, halves, LOW, whole } from './halves.ts';

// Writing into memory that is there: each function puts a value at `p` and returns where the next one goes. Compiled
// code makes room for several values at once. None writes a byte before it has checked its value.

/** The most bytes each takes. */
export const INT_SIZE = 5;
export const LONG_SIZE = 10;

const TWO_27 = 0x8000000;

/** From here on the nearest float is infinite: half way from the largest float to 2^128. */
const BEYOND_FLOAT = 3.4028235677973366e38;

export function putBoolean(view: DataView, p: number, value: boolean): number {
  if (typeof value !== 'boolean') throw wrongType('a boolean', value);
  view.setUint8(p, value ? 1 : 0);
  return p + 1;
}

/** Rounds to the nearest float, as IEEE 754 does; a finite number that would become infinite is refused. */
export function putFloat(view: DataView, p: number, value: number): number {
  if (typeof value !== 'number') throw wrongType('a number', value);
  if ((value >= BEYOND_FLOAT || value <= -BEYOND_FLOAT) && Number.isFinite(value)) {
    throw encodeFailure('range', 'beyond a float');
  }
  view.setFloat32(p, value, true);
  return p + 4;
}

export function putDouble(view: DataView, p: number, value: number): number {
  if (typeof value !== 'number') throw wrongType('a number', value);
  view.setFloat64(p, value, true);
  return p + 8;
}

/** Avro int. */
export function putInt(view: DataView, p: number, value: number): number {
  if (typeof value !== 'number') throw wrongType('an int', value);
  if ((value | 0) !== value)
    throw encodeFailure('range', Number.isInteger(value) ? 'beyond 32 bits' : 'not an integer');
  return putVarint(view, p, (value << 1) ^ (value >> 31));
}

/** Avro long from a number, which must be a safe integer. */
export function putLongNumber(view: DataView, p: number, value: number): number {
  if (typeof value !== 'number') throw wrongType('an integer', value);
  return (value | 0) === value ? putVarint(view, p, (value << 1) ^ (value >> 31)) : putBeyondInt(view, p, value);
}

function putBeyondInt(view: DataView, p: number, value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw encodeFailure('range', Number.isInteger(value) ? 'beyond ±(2^53 − 1)' : 'not an integer');
  }
  const negative = value < 0 ? 1 : 0;
  const magnitude = negative === 0 ? value : -(value + 1);
  const upper = Math.floor(magnitude / TWO_27);
  const lower = ((magnitude - upper * TWO_27) << 1) | negative;
  view.setInt32(p, spread(lower) | CONTINUES, true);
  // Beyond 32 bits, so `upper` is not 0 and the varint stays minimal.
  return putVarint(view, p + 4, upper);
}

/** The top bit of each of four bytes: another byte follows. */
const CONTINUES = 0x80808080 | 0;

/** 28 bits as seven of each of four bytes. */
function spread(bits: number): number {
  const pairs = (bits & 0x3fff) | ((bits & 0xfffc000) << 2);
  return (pairs & 0x7f007f) | ((pairs & 0x3f803f80) << 1);
}

/** Avro long. */
export function putLong(view: DataView, p: number, value: bigint): number {
  if (typeof value !== 'bigint') throw wrongType('a bigint', value);
  whole[0] = value;
  if (whole[0] !== value) throw encodeFailure('range', 'beyond 64 bits');
  const low = halves[LOW] ?? 0;
  const high = halves[HIGH] ?? 0;
  const sign = high >> 31;
  let bits = (low << 1) ^ sign;
  let above = ((high << 1) | (low >>> 31)) ^ sign;
  let position = p;
  while (above !== 0) {
    view.setUint8(position++, (bits & 127) | 128);
    bits = (bits >>> 7) | (above << 25);
    above >>>= 7;
  }
  return putVarint(view, position, bits);
}

/** 32 bits as a varint: zigzag already, or a length twice over. */
export function putVarint(view: DataView, p: number, bits: number): number {
  if ((bits & ~127) !== 0) return putLongVarint(view, p, bits);
  view.setUint8(p, bits);
  return p + 1;
}

function putLongVarint(view: DataView, p: number, bits: number): number {
  let position = p;
  let rest = bits;
  do {
    view.setUint8(position++, (rest & 127) | 128);
    rest >>>= 7;
  } while ((rest & ~127) !== 0);
  view.setUint8(position, rest);
  return position + 1;
}

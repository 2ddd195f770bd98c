import type { AvroDecodeError } from '../errors.ts';
import type { Reader } from '../reader.ts';
import { decodeFailure, truncated } from './failure.ts';
import { HIGH, halves, LOW, whole } from './halves.ts';

// Avro's int and long: zigzag, then base 128, least significant group first. An int takes at most 5 bytes, a long 10.
// Numbers are built from two halves of 28 bits, which a double holds exactly; bigints from two halves of 32.

const TWO_27 = 0x8000000;
const MAX_INT = 0x7fffffff;

function varintTooLong(r: Reader, what: string): AvroDecodeError {
  return decodeFailure(r, 'varint', `${what} beyond its range`);
}

/** The number whose zigzag form are these 32 bits. */
export function unzigzag(bits: number): number {
  return (bits >>> 1) ^ -(bits & 1);
}

/** The zigzag form of an int: slow, and careful to the last byte. */
function readZigzag32(r: Reader): number {
  const { view, end } = r;
  let p = r.position;
  let bits = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (p >= end) throw truncated(r);
    const byte = view.getUint8(p++);
    if (shift === 28 && byte > 15) throw varintTooLong(r, 'int');
    bits |= (byte & 127) << shift;
    if (byte < 128) {
      r.position = p;
      return bits;
    }
  }
  throw varintTooLong(r, 'int');
}

/** Avro int. The first four bytes one by one: a loop costs twice as much. */
export function readInt(r: Reader): number {
  const { view, position } = r;
  if (r.end - position > 3) {
    let byte = view.getUint8(position);
    let bits = byte;
    if (byte < 128) {
      r.position = position + 1;
      return unzigzag(bits);
    }
    byte = view.getUint8(position + 1);
    bits = (bits & 0x7f) | (byte << 7);
    if (byte < 128) {
      r.position = position + 2;
      return unzigzag(bits);
    }
    byte = view.getUint8(position + 2);
    bits = (bits & 0x3fff) | (byte << 14);
    if (byte < 128) {
      r.position = position + 3;
      return unzigzag(bits);
    }
    byte = view.getUint8(position + 3);
    bits = (bits & 0x1fffff) | (byte << 21);
    if (byte < 128) {
      r.position = position + 4;
      return unzigzag(bits);
    }
  }
  return unzigzag(readZigzag32(r));
}

/** The top bit of each of four bytes: set where another byte follows. */
const CONTINUES = 0x80808080 | 0;

/** Seven bits of each of four bytes, as 28 bits. */
function groups(word: number): number {
  const pairs = (word & 0x7f007f) | ((word >>> 1) & 0x3f803f80);
  return (pairs & 0x3fff) | ((pairs >>> 2) & 0xfffc000);
}

/** Zigzag bits 0–27, 28–55 and 56–63 of the long read last. */
let low = 0;
let middle = 0;
let high = 0;

/** Reads a long into `low`, `middle` and `high`. */
function readZigzag64(r: Reader): void {
  const { view, position } = r;
  middle = 0;
  high = 0;
  if (r.end - position > 7) {
    const first = view.getInt32(position, true);
    // The lowest top bit that is not set ends the varint; what lies above it belongs to the next value.
    let last = ~first & CONTINUES;
    if (last !== 0) {
      last &= -last;
      low = groups(first & (last - 1));
      r.position = position + ((38 - Math.clz32(last)) >>> 3);
      return;
    }
    const second = view.getInt32(position + 4, true);
    last = ~second & CONTINUES;
    if (last !== 0) {
      last &= -last;
      low = groups(first);
      middle = groups(second & (last - 1));
      r.position = position + 4 + ((38 - Math.clz32(last)) >>> 3);
      return;
    }
  }
  readLongBytes(r);
}

/** As `readZigzag64`, byte by byte. */
function readLongBytes(r: Reader): void {
  const { view, end } = r;
  let p = r.position;
  low = 0;
  for (let shift = 0; ; shift += 7) {
    if (p >= end) throw truncated(r);
    const byte = view.getUint8(p++);
    if (shift < 28) low |= (byte & 127) << shift;
    else if (shift < 56) middle |= (byte & 127) << (shift - 28);
    else if (shift === 56) high = byte & 127;
    else if (byte < 2) high |= byte << 7;
    else throw varintTooLong(r, 'long');
    if (byte < 128) break;
  }
  r.position = p;
}

/** Avro long. */
export function readLong(r: Reader): bigint {
  readZigzag64(r);
  const sign = -(low & 1);
  const zigzagLow = low | (middle << 28);
  const zigzagHigh = (middle >>> 4) | (high << 24);
  halves[LOW] = ((zigzagLow >>> 1) | (zigzagHigh << 31)) ^ sign;
  halves[HIGH] = (zigzagHigh >>> 1) ^ sign;
  return whole[0] ?? 0n;
}

/** Avro long as a number: exact, or code `unsafe-integer`. */
export function readLongNumber(r: Reader): number {
  const { position } = r;
  readZigzag64(r);
  const magnitude = (low >>> 1) + middle * TWO_27;
  if (high !== 0 || middle > 0x3ffffff) {
    // −2^53 has the magnitude 2^53 − 1.
    if (high !== 0 || magnitude > Number.MAX_SAFE_INTEGER - (low & 1)) throw unsafeInteger(r, position);
  }
  return (low & 1) === 0 ? magnitude : -magnitude - 1;
}

function unsafeInteger(r: Reader, position: number): AvroDecodeError {
  r.position = position;
  return decodeFailure(r, 'unsafe-integer', 'long beyond ±(2^53 − 1)');
}

/** Steps over an int or long, refusing what reading it would refuse. */
export function skipInt(r: Reader): void {
  readZigzag32(r);
}

export function skipLong(r: Reader): void {
  readZigzag64(r);
}

/** Number of bytes that follow: never negative, and never more than there are. */
export function readLength(r: Reader): number {
  const { view, position, end } = r;
  const first = position < end ? view.getUint8(position) : 1;
  // An even byte below 128 is the whole of a length that is not negative.
  if ((first & 0x81) === 0) {
    const length = first >>> 1;
    if (length < end - position) {
      r.position = position + 1;
      return length;
    }
  } else if ((first & 1) === 0 && end - position > 1) {
    const second = view.getUint8(position + 1);
    const length = ((first & 0x7f) >>> 1) | (second << 6);
    if (second < 128 && length < end - position - 1) {
      r.position = position + 2;
      return length;
    }
  }
  return readLongLength(r);
}

function readLongLength(r: Reader): number {
  const length = readCount(r);
  if (length < 0) throw decodeFailure(r, 'negative-length', 'negative length');
  if (length <= r.end - r.position) return length;
  // A length that no chunk could hold is told apart from bytes that were cut.
  throw length > MAX_INT ? decodeFailure(r, 'length', 'a length beyond what memory can hold') : truncated(r);
}

/** A long that counts something: exact as a number, or beyond anything that could be counted. */
export function readCount(r: Reader): number {
  const { position } = r;
  readZigzag64(r);
  if (high !== 0 || middle > 0x3ffffff) {
    r.position = position;
    throw decodeFailure(r, 'length', 'a count beyond what memory can hold');
  }
  const magnitude = (low >>> 1) + middle * TWO_27;
  return (low & 1) === 0 ? magnitude : -magnitude - 1;
}

/** The index of an enum symbol, below `count`. */
export function readEnumIndex(r: Reader, count: number): number {
  const { position } = r;
  const index = position < r.end ? r.view.getUint8(position) : 255;
  if (index < 128 && (index & 1) === 0 && index >>> 1 < count) {
    r.position = position + 1;
    return index >>> 1;
  }
  return readIndex(r, count, 'enum-index');
}

/** The index of a union branch, below `count`. */
export function readUnionIndex(r: Reader, count: number): number {
  const { position } = r;
  const index = position < r.end ? r.view.getUint8(position) : 255;
  if (index < 128 && (index & 1) === 0 && index >>> 1 < count) {
    r.position = position + 1;
    return index >>> 1;
  }
  return readIndex(r, count, 'union-index');
}

function readIndex(r: Reader, count: number, code: 'enum-index' | 'union-index'): number {
  const start = r.position;
  const index = readInt(r);
  if (index >= 0 && index < count) return index;
  r.position = start;
  const what = code === 'enum-index' ? 'symbols' : 'branches';
  throw decodeFailure(r, code, `index ${index}, where there are ${count} ${what}`);
}

// Zigzag varints, as records hold them.

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

/** The 32 bits of an int, small where it is near zero. */
export function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** How many bytes these bits take. */
function bitsSize(bits: number): number {
  if (bits < 0x80) return 1;
  if (bits < 0x4000) return 2;
  if (bits < 0x200000) return 3;
  return bits < 0x10000000 ? 4 : 5;
}

export function intSize(value: number): number {
  return bitsSize(zigzag(value));
}

/** @returns where the next value goes */
export function writeInt(bytes: Buffer, at: number, value: number): number {
  let bits = zigzag(value);
  let end = at;
  while (bits > 127) {
    bytes[end++] = (bits & 127) | 128;
    bits >>>= 7;
  }
  bytes[end++] = bits;
  return end;
}

/** A 64-bit zigzag of any safe integer. Only times far from one another take more than 32 bits. */
function zigzag64(value: number): bigint {
  const wide = BigInt(value);
  return value < 0 ? -2n * wide - 1n : 2n * wide;
}

export function longSize(value: number): number {
  if (value >= MIN_INT32 && value <= MAX_INT32) return intSize(value);
  let size = 1;
  for (let bits = zigzag64(value); bits > 127n; bits >>= 7n) size++;
  return size;
}

/** @returns where the next value goes */
export function writeLong(bytes: Buffer, at: number, value: number): number {
  if (value >= MIN_INT32 && value <= MAX_INT32) return writeInt(bytes, at, value);
  let bits = zigzag64(value);
  let end = at;
  for (; bits > 127n; bits >>= 7n) bytes[end++] = Number(bits & 127n) | 128;
  bytes[end++] = Number(bits);
  return end;
}

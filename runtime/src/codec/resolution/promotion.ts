import { readLong } from '../primitives/varint.ts';
import type { Reader } from '../reader.ts';

/** A long promoted to float: the nearest float, as Java's cast gives it. */
export function readLongAsFloat(r: Reader): number {
  return longToFloat(readLong(r));
}

/** A long promoted to double: the nearest double. */
export function readLongAsDouble(r: Reader): number {
  return Number(readLong(r));
}

/**
 * The float nearest to a long. By way of a double it would be rounded twice: where that double lies in the middle
 * between two floats, what the first rounding took away decides.
 */
export function longToFloat(value: bigint): number {
  const double = Number(value);
  const float = Math.fround(double);
  if (float === double) return float;
  const other = 2 * double - float;
  if (Math.fround(other) !== other) return float;
  const rounded = BigInt(double);
  if (rounded === value) return float;
  return value > rounded ? Math.max(float, other) : Math.min(float, other);
}

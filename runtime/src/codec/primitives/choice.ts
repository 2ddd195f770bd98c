import type { AvroDecodeError, AvroEncodeError } from '../errors.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { decodeFailure, encodeFailure, nameOf, truncated, wrongType } from './failure.ts';
import { readEnumIndex } from './varint.ts';
import { writeLength } from './write.ts';

/** An enum, by its index among the writer's symbols; undefined stands for those that the reader does not have. */
export function readEnum<T extends string>(r: Reader, symbols: readonly (T | undefined)[]): T {
  const start = r.position;
  const symbol = symbols[readEnumIndex(r, symbols.length)];
  if (symbol !== undefined) return symbol;
  r.position = start;
  throw decodeFailure(r, 'enum-symbol', 'a symbol that is unknown, and there is no default');
}

export function writeEnum<T extends string>(w: Writer, symbols: readonly T[], value: T): void {
  const index = symbols.indexOf(value);
  if (index < 0) {
    throw typeof value === 'string' ? encodeFailure('symbol', 'not a symbol') : wrongType('a symbol', value);
  }
  writeIndex(w, index);
}

/** The index of a symbol or of a union's branch. */
export function writeIndex(w: Writer, index: number): void {
  if (index > 63) {
    writeLength(w, index);
    return;
  }
  w.ensure(1);
  w.view.setUint8(w.position++, index << 1);
}

export function writeNull(_w: Writer, value: null): void {
  if (value !== null) throw wrongType('null', value);
}

/** Data that the reader's schema cannot hold. */
export function unresolvable(r: Reader, reason: string): never {
  throw decodeFailure(r, 'unresolvable', reason);
}

/** A value that fits no branch of a union. */
export function noBranch(value: unknown): AvroEncodeError {
  return encodeFailure('branch', `${nameOf(value)} fits no branch`);
}

/** What stands at `position` is no boolean. */
export function notBoolean(r: Reader, position: number): AvroDecodeError {
  r.position = position;
  return position < r.end ? decodeFailure(r, 'boolean', 'neither 0 nor 1') : truncated(r);
}

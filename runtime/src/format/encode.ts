import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import type { Format } from './format.ts';

/** Memory that calls share; what they return is copied out of it. */
const scratch: Writer = new Writer();
/** A value's getter may encode in turn: the inner call must not write over the outer one. */
let busy = false;

/**
 * A key or value as it lies in a record, in memory of its own.
 * @throws AvroEncodeError
 */
export function encodeWith<T>(format: Format<T>, value: T): Uint8Array {
  if (busy) {
    const own = new Writer();
    format.write(own, value);
    return own.copy();
  }
  busy = true;
  try {
    scratch.reset();
    format.write(scratch, value);
    return scratch.copy();
  } finally {
    busy = false;
  }
}

/**
 * The key or value that `bytes` are, which are neither kept nor written to.
 * @throws AvroDecodeError on anything but exactly one value
 */
export function decodeWith<T>(format: Format<T>, bytes: Uint8Array): T {
  return format.read(new Reader(bytes));
}

import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import type { Format } from './format.ts';

// Memory that calls share: what they return is copied out of it. A value's getter, a format or a lookup of schemas may
// be code that calls these functions in turn; the inner call then gets memory of its own.

const SCRATCH_SIZE = 16_384;
const writer: Writer = new Writer(SCRATCH_SIZE);
const reader: Reader = new Reader(new Uint8Array(SCRATCH_SIZE));
let writing = false;
let reading = false;

/**
 * A key or value as it lies in a record, in memory of its own.
 * @throws AvroEncodeError
 */
export function encodeWith<T>(format: Format<T>, value: T): Uint8Array {
  if (writing) {
    const own = new Writer();
    format.write(own, value);
    return own.copy();
  }
  writing = true;
  try {
    writer.reset();
    format.write(writer, value);
    return writer.copy();
  } finally {
    writing = false;
  }
}

/**
 * The key or value that `bytes` are, which are neither kept nor written to.
 * @throws AvroDecodeError on anything but exactly one value
 */
export function decodeWith<T>(format: Format<T>, bytes: Uint8Array): T {
  const size = bytes.length;
  // Copying a short message costs less than the views that a new reader takes.
  if (reading || size > SCRATCH_SIZE) return format.read(new Reader(bytes));
  reading = true;
  try {
    reader.bytes.set(bytes);
    reader.reset(0, size);
    return format.read(reader);
  } finally {
    reading = false;
  }
}

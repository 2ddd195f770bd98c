import { AvroDecodeError } from '../codec/errors.ts';
import { encodeFailure, wrongType } from '../codec/primitives/failure.ts';
import type { Reader } from '../codec/reader.ts';
import type { Format } from './format.ts';

// Big-endian, as Kafka's IntegerSerializer, LongSerializer and DoubleSerializer write them.

/** A 32-bit integer in 4 bytes. */
export const int32: Format<number> = {
  name: 'int32',
  read(reader) {
    expectLength(reader, 4, 'int32');
    const value = reader.view.getInt32(reader.position);
    reader.position += 4;
    return value;
  },
  write(writer, value) {
    if (typeof value !== 'number') throw wrongType('a number', value);
    if ((value | 0) !== value) throw encodeFailure('range', 'not an integer of 32 bits');
    writer.ensure(4);
    writer.view.setInt32(writer.position, value);
    writer.position += 4;
  },
};

/** A 64-bit integer in 8 bytes. */
export const int64: Format<bigint> = {
  name: 'int64',
  read(reader) {
    expectLength(reader, 8, 'int64');
    const value = reader.view.getBigInt64(reader.position);
    reader.position += 8;
    return value;
  },
  write(writer, value) {
    if (typeof value !== 'bigint') throw wrongType('a bigint', value);
    if (BigInt.asIntN(64, value) !== value) throw encodeFailure('range', 'not an integer of 64 bits');
    writer.ensure(8);
    writer.view.setBigInt64(writer.position, value);
    writer.position += 8;
  },
};

/** A double in 8 bytes. Every NaN is written as the one that Java writes: equal keys are equal bytes. */
export const float64: Format<number> = {
  name: 'float64',
  read(reader) {
    expectLength(reader, 8, 'float64');
    const value = reader.view.getFloat64(reader.position);
    reader.position += 8;
    return value;
  },
  write(writer, value) {
    if (typeof value !== 'number') throw wrongType('a number', value);
    writer.ensure(8);
    if (Number.isNaN(value)) writer.view.setBigUint64(writer.position, 0x7ff8000000000000n);
    else writer.view.setFloat64(writer.position, value);
    writer.position += 8;
  },
};

function expectLength(reader: Reader, size: number, name: string): void {
  const length = reader.end - reader.position;
  if (length === size) return;
  const code = length < size ? 'truncated' : 'trailing-bytes';
  throw new AvroDecodeError(`${name} takes ${size} bytes, got ${length}`, {
    code,
    path: '',
    offset: Math.min(length, size),
  });
}

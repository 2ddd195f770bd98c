import { readBytes } from '../codec/primitives/bytes.ts';
import { readDouble } from '../codec/primitives/number.ts';
import { readInt, readLong } from '../codec/primitives/varint.ts';
import { writeDouble, writeInt, writeLength, writeLong } from '../codec/primitives/write.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { Format } from '../format/format.ts';

/** How a key that lies in some format in a changelog lies in a savepoint: as an Avro type that people can read. */
export interface KeyType {
  /** JSON. */
  readonly schema: string;
  /** Appends the key that lies in `bytes` in the format. */
  write(writer: Writer, bytes: Buffer, start: number, end: number): void;
  /** Appends the bytes that the key at the reader has in the format; they may be no key of it. */
  read(reader: Reader, writer: Writer): void;
}

export function keyTypeOf(format: Format<unknown>): KeyType {
  const codec = format.codec?.();
  if (codec !== undefined) {
    return {
      schema: codec.schema,
      write: copy,
      read: (reader, writer) => codec.write(writer, codec.read(reader)),
    };
  }
  return KEY_TYPES[format.name] ?? BYTES;
}

/** Text and bytes have their length in front of them in Avro, and nothing in a Kafka record. */
const sized = {
  write(writer: Writer, bytes: Buffer, start: number, end: number): void {
    writeLength(writer, end - start);
    copy(writer, bytes, start, end);
  },
  read(reader: Reader, writer: Writer): void {
    const bytes = readBytes(reader);
    writer.ensure(bytes.length);
    writer.bytes.set(bytes, writer.position);
    writer.position += bytes.length;
  },
};

const BYTES: KeyType = { schema: '"bytes"', ...sized };

const KEY_TYPES: { readonly [format: string]: KeyType | undefined } = {
  utf8: { schema: '"string"', ...sized },
  json: { schema: '"string"', ...sized },
  int32: {
    schema: '"int"',
    write: (writer, bytes, start) => writeInt(writer, bytes.readInt32BE(start)),
    read(reader, writer) {
      const value = readInt(reader);
      writer.ensure(4);
      writer.view.setInt32(writer.position, value);
      writer.position += 4;
    },
  },
  int64: {
    schema: '"long"',
    write: (writer, bytes, start) => writeLong(writer, bytes.readBigInt64BE(start)),
    read(reader, writer) {
      const value = readLong(reader);
      writer.ensure(8);
      writer.view.setBigInt64(writer.position, value);
      writer.position += 8;
    },
  },
  float64: {
    schema: '"double"',
    write: (writer, bytes, start) => writeDouble(writer, bytes.readDoubleBE(start)),
    read(reader, writer) {
      const value = readDouble(reader);
      writer.ensure(8);
      writer.view.setFloat64(writer.position, value);
      writer.position += 8;
    },
  },
};

function copy(writer: Writer, bytes: Buffer, start: number, end: number): void {
  writer.ensure(end - start);
  bytes.copy(writer.bytes, writer.position, start, end);
  writer.position += end - start;
}

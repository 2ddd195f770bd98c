import type { Codec } from '@kgen/runtime';
import { Reader, Writer } from '@kgen/runtime';

/** A codec with fixed-size parts, made by hand: these tests are about state and transactions, not about Avro. */
export function handMade<T>(name: string, fingerprint: bigint, parts: Pick<Codec<T>, 'read' | 'write'>): Codec<T> {
  const unused = (): never => {
    throw new Error(`${name}: not made for this`);
  };
  return {
    name,
    schema: JSON.stringify({ type: 'record', name, fields: [] }),
    canonicalForm: name,
    fingerprint,
    read: parts.read,
    write: parts.write,
    decode: (bytes) => parts.read(new Reader(bytes)),
    encode(value) {
      const writer = new Writer();
      parts.write(writer, value);
      return writer.copy();
    },
    is: unused as unknown as Codec<T>['is'],
    assert: unused,
    toAvroJson: unused,
    fromAvroJson: unused,
    decoderFor: unused,
    '~standard': { version: 1, vendor: 'kgen', validate: unused },
  };
}

export interface Count {
  count: number;
  sum: number;
}

/** Two doubles; refuses a count below 0. */
export const Count: Codec<Count> = handMade<Count>('test.Count', 0xc0_ffee_00_c0_ffee_01n, {
  read(reader) {
    const { position } = reader;
    reader.position += 16;
    return { count: reader.view.getFloat64(position, true), sum: reader.view.getFloat64(position + 8, true) };
  },
  write(writer, value) {
    if (value.count < 0) throw new Error('count: negative');
    writer.ensure(16);
    writer.view.setFloat64(writer.position, value.count, true);
    writer.view.setFloat64(writer.position + 8, value.sum, true);
    writer.position += 16;
  },
});

/** Text behind its length in 4 bytes. */
export const Text: Codec<string> = handMade<string>('test.Text', 0xffff_0000_ffff_0002n, {
  read(reader) {
    const start = reader.position + 4;
    reader.position = start + reader.view.getUint32(reader.position, true);
    return reader.bytes.toString('utf8', start, reader.position);
  },
  write(writer, value) {
    if (typeof value !== 'string') throw new Error('not a string');
    const size = Buffer.byteLength(value);
    writer.ensure(4 + size);
    writer.view.setUint32(writer.position, size, true);
    writer.bytes.write(value, writer.position + 4);
    writer.position += 4 + size;
  },
});

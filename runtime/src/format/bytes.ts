import { isBytes, readFixed } from '../codec/primitives/bytes.ts';
import { wrongType } from '../codec/primitives/failure.ts';
import type { Format } from './format.ts';

/** Bytes as they are; reading copies them. */
export const bytes: Format<Uint8Array> = {
  name: 'bytes',
  read: (reader) => readFixed(reader, reader.end - reader.position),
  write(writer, value) {
    if (!isBytes(value)) throw wrongType('a Uint8Array', value);
    writer.ensure(value.length);
    writer.bytes.set(value, writer.position);
    writer.position += value.length;
  },
};

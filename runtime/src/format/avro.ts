import type { Codec } from '../codec/codec.ts';
import { once } from './branch.ts';
import type { Format } from './format.ts';
import { readWhole } from './writer-schema.ts';

/**
 * Avro binary and nothing else: all writers use the codec's own schema.
 * The codec comes by a function, since generated files may load in any order.
 */
export function avro<T>(type: () => Codec<T>): Format<T> {
  const codec = once(type);
  return {
    name: 'avro',
    codec: codec as () => Codec<unknown>,
    read: (reader) => readWhole(codec(), reader),
    write(writer, value) {
      codec().write(writer, value);
    },
  };
}

import type { Codec } from './codec.ts';
import { codec } from './make-codec.ts';
import { readBytes, writeBytes } from './primitives/bytes.ts';
import { readBoolean, readDouble, readFloat } from './primitives/number.ts';
import { readString, writeString } from './primitives/text.ts';
import { readInt, readLong, readLongNumber } from './primitives/varint.ts';
import { writeBoolean, writeDouble, writeFloat, writeInt, writeLong, writeLongNumber } from './primitives/write.ts';

/** What values of Avro's primitives are in TypeScript; a long may be a number instead. */
interface PrimitiveValues {
  readonly boolean: boolean;
  readonly int: number;
  readonly long: bigint;
  readonly float: number;
  readonly double: number;
  readonly bytes: Uint8Array;
  readonly string: string;
}

/**
 * The codec of a primitive, for state, keys and topics that need no schema of their own. Made once.
 */
export function primitiveCodec<P extends keyof PrimitiveValues>(kind: P): Codec<PrimitiveValues[P]>;
export function primitiveCodec(kind: 'long', as: 'number'): Codec<number>;
export function primitiveCodec(kind: keyof PrimitiveValues, as?: 'number'): Codec<unknown> {
  const name = as === undefined ? kind : 'long as number';
  // Formats take a function that gives their codec, and call it for each record.
  const known = made.get(name);
  if (known !== undefined) return known;
  const fresh = make(kind, as);
  made.set(name, fresh);
  return fresh;
}

const made: Map<string, Codec<unknown>> = new Map();

function make(kind: keyof PrimitiveValues, as: 'number' | undefined): Codec<unknown> {
  const schema = JSON.stringify(kind);
  switch (kind) {
    case 'boolean':
      return codec({ schema, read: readBoolean, write: writeBoolean });
    case 'int':
      return codec({ schema, read: readInt, write: writeInt });
    case 'long':
      return as === 'number'
        ? codec({ schema, mapping: { long: 'number' }, read: readLongNumber, write: writeLongNumber })
        : codec({ schema, read: readLong, write: writeLong });
    case 'float':
      return codec({ schema, read: readFloat, write: writeFloat });
    case 'double':
      return codec({ schema, read: readDouble, write: writeDouble });
    case 'bytes':
      return codec({ schema, read: readBytes, write: writeBytes });
    case 'string':
      return codec({ schema, read: readString, write: writeString });
  }
}

import type { Codec, EnumCodec, Init, ProjectionCodec, RecordCodec } from './codec.ts';
import { type CodecParts, codecOf, lazy } from './codec-parts.ts';
import { createRecord } from './create.ts';
import type { CodecDefinition, ProjectionDefinition } from './definition.ts';
import { AvroEncodeError } from './errors.ts';
import { attachSchema, type LinkedSchema, linkedType, typeOfCodec } from './linked-schema.ts';
import { narrowRecord } from './schema/narrow.ts';

/** Makes the codec of a type that is neither a record nor an enum. */
export function codec<T>(definition: CodecDefinition<T>): Codec<T> {
  return linkedCodec(definition).codec;
}

/** Makes the codec of a record; `D` are its fields with defaults. */
export function recordCodec<T, D extends keyof T = never>(definition: CodecDefinition<T>): RecordCodec<T, D> {
  const { codec, linked } = linkedCodec(definition);
  const create = (init: Init<T, D>): T => {
    const type = linkedType(linked);
    if (type.kind !== 'record') throw new TypeError(`${type.kind} is not a record`);
    return createRecord(type, init) as T;
  };
  return Object.assign(codec, { create });
}

/** Makes the codec of an enum. */
export function enumCodec<T extends string>(definition: CodecDefinition<T>): EnumCodec<T> {
  const { codec, linked } = linkedCodec(definition);
  return Object.defineProperty(codec, 'symbols', {
    enumerable: true,
    get(): readonly string[] {
      const type = linkedType(linked);
      return type.kind === 'enum' ? type.symbols : [];
    },
  }) as EnumCodec<T>;
}

/** Makes the reader of some fields of a record. */
export function projection<T>(definition: ProjectionDefinition<T>): ProjectionCodec<T> {
  const written = lazy(() => typeOfCodec(definition.of()));
  const value = lazy(() => narrowRecord(written(), definition.fields));
  const parts: CodecParts<T> = { written, value, read: definition.read, write: refuseToWrite, writers: [] };
  const { fields } = definition;
  const codec = Object.assign(codecOf(parts), {
    fields,
    encode: refuseToWrite,
    write: refuseToWrite,
    toAvroJson: refuseToWrite,
  });
  // Its type is what its values look like: plain JSON is read by it.
  attachSchema(codec, {
    schema: '',
    mapping: undefined,
    references: () => [],
    get type() {
      return value();
    },
  });
  return codec;
}

function refuseToWrite(): never {
  const reason = 'a projection reads some fields only: write with the codec of the whole record';
  throw new AvroEncodeError(reason, { code: 'type', path: '' });
}

function linkedCodec<T>(definition: CodecDefinition<T>): { readonly codec: Codec<T>; readonly linked: LinkedSchema } {
  const { schema, mapping, references = () => [], read, write, writers = [] } = definition;
  const linked: LinkedSchema = { schema, mapping, references, type: undefined };
  const type = () => linkedType(linked);
  const codec = codecOf({ written: type, value: type, read, write, writers });
  attachSchema(codec, linked);
  return { codec, linked };
}

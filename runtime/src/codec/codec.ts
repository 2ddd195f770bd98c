import type { Reader } from './reader.ts';
import type { StandardSchema } from './standard-schema.ts';
import type { Writer } from './writer.ts';

/**
 * Reads and writes one Avro type. Generated, one for each schema: `Flight.decode(bytes)`.
 * A codec has no state: it may be shared by anything in the process.
 */
export interface Codec<T> {
  /** Avro full name (`us.bts.Flight`), or the type's name for an unnamed type (`array`). */
  readonly name: string;
  /** The schema as JSON: full names, self-contained, without `doc`. */
  readonly schema: string;
  /** Parsing Canonical Form (Avro 1.12, "Transforming into Parsing Canonical Form"). */
  readonly canonicalForm: string;
  /** CRC-64-AVRO of the canonical form, unsigned (Avro 1.12, "Schema Fingerprints"). */
  readonly fingerprint: bigint;
  /**
   * Reads the whole of `bytes`, which it neither keeps nor writes to.
   * @throws AvroDecodeError on anything but exactly one value.
   */
  decode(bytes: Uint8Array): T;
  /**
   * The value in Avro binary. No later call writes to it; small results share their `buffer`, which cannot be transferred.
   * @throws AvroEncodeError when the value does not fit the schema.
   */
  encode(value: T): Uint8Array;
  /**
   * Reads one value at the reader's position and moves it behind. For batches: no copy of the bytes is made.
   * @throws AvroDecodeError; the position is then undefined.
   */
  read(reader: Reader): T;
  /**
   * Appends one value.
   * @throws AvroEncodeError; the writer's position is then where it was before.
   */
  write(writer: Writer, value: T): void;
  /** True where `encode` would succeed. Unknown properties are allowed. */
  is(value: unknown): value is T;
  /** @throws AvroEncodeError which says where and why the value is not of this type. */
  assert(value: unknown): asserts value is T;
  /** Avro's JSON encoding (Avro 1.12, "JSON Encoding"), longs as exact digits. @throws AvroEncodeError */
  toAvroJson(value: T): string;
  /** Reads Avro's JSON encoding. @throws AvroDecodeError with code `json` */
  fromAvroJson(text: string): T;
  /**
   * A decoder for data of another schema, resolved to this type (Avro 1.12, "Schema Resolution").
   * Compiled where the generator knew the writer's schema, else interpreted. Keep the decoder: making one costs.
   * @throws AvroSchemaError when no data of `writerSchema` could be read
   */
  decoderFor(writerSchema: string): (bytes: Uint8Array) => T;
  /** https://standardschema.dev: validates, and returns the value itself. */
  readonly '~standard': StandardSchema<T>;
}

/** What `create` takes: fields with defaults (`D`) may be left out. */
export type Init<T, D extends keyof T = never> = Omit<T, D> & { readonly [K in D]?: T[K] | undefined };

/** Codec of a record; `D` are its top-level fields with defaults. */
export interface RecordCodec<T, D extends keyof T = never> extends Codec<T> {
  /** A record with the schema's defaults filled in. Each call makes new arrays, maps, records and bytes. */
  create(init: Init<T, D>): T;
}

/** Reads some fields of a record and skips the others. `encode` and `write` throw: what it reads is not the whole. */
export interface ProjectionCodec<T> extends Codec<T> {
  /** Top-level fields it reads. */
  readonly fields: readonly string[];
}

/** Codec of an enum. */
export interface EnumCodec<T extends string> extends Codec<T> {
  /** All symbols, in the schema's order. */
  readonly symbols: readonly T[];
}

/** The type a codec reads and writes: `TypeOf<typeof Flight>`. */
export type TypeOf<C> = C extends Codec<infer T> ? T : never;

import type { Codec } from '../codec/codec.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { SchemaSource } from './schema-source.ts';

/** How a key or a value lies in a Kafka record. */
export interface Format<T> {
  /** `avro`, `confluent`, `single-object`, `json`, `utf8`, `bytes`, `int32`, `int64`, `float64`, or a name of your own. */
  readonly name: string;
  /**
   * Reads the whole of what lies between the reader's position and its end.
   * @throws AvroDecodeError; nothing of the bytes is kept.
   */
  read(reader: Reader): T;
  /**
   * Appends the value.
   * @throws AvroEncodeError; the writer's position is then where it was before.
   */
  write(writer: Writer, value: T): void;
  /** Where bytes are bare Avro: of which type. Left out by all others. */
  readonly codec?: (() => Codec<unknown>) | undefined;
  /** How a job has it that knows the Schema Registry; left out by formats without ids. */
  readonly registered?: RegisteredFormat<T> | undefined;
}

/** A format whose schemas have ids, with a registry at hand. */
export interface RegisteredFormat<T> {
  /** Reads data of ids, too, that were not known when the format was generated. */
  reading(source: SchemaSource): ReadingFormat<T>;
  /**
   * Writes ids of that registry. `names`: what the topic's names in the config are in this environment.
   * @throws RegistryError where it has none for a type, or does not answer
   */
  writing(source: SchemaSource, names: ReadonlyMap<string, string>): Promise<Format<T>>;
}

/** Its `read` throws SchemaWanted where a schema has to be fetched first. */
export interface ReadingFormat<T> extends Format<T> {
  /** Sees to it that what lies there can be read later without waiting. @throws SchemaWanted where it cannot yet */
  prepare(reader: Reader): void;
}

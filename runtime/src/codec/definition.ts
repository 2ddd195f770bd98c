import type { Codec } from './codec.ts';
import type { Reader } from './reader.ts';
import type { TypeMapping } from './schema/mapping.ts';
import type { Writer } from './writer.ts';

/** What a generated file hands to `codec`, `recordCodec` and `enumCodec`. */
export interface CodecDefinition<T> {
  /** Its own schema as JSON; named types of other files by full name. */
  readonly schema: string;
  /** Codecs of those other files. A function: files of a cyclic schema set may load in any order. */
  readonly references?: (() => readonly Codec<unknown>[]) | undefined;
  /** The part of the config's `types` that concerns this schema; undefined where all is by default. */
  readonly mapping?: TypeMapping | undefined;
  /**
   * Compiled reading of this very schema. Errors need no path: the codec finds it by reading again with the interpreter.
   */
  readonly read: (reader: Reader) => T;
  /** Compiled writing. Throws anything of an AvroEncodeError; the codec finds the path. */
  readonly write: (writer: Writer, value: T) => void;
  /** Compiled readers of other writer schemas that the generator knew. */
  readonly writers?: readonly WriterDefinition<T>[] | undefined;
}

export interface WriterDefinition<T> {
  /** Normalized schema as JSON, self-contained. */
  readonly schema: string;
  readonly read: (reader: Reader) => T;
}

/**
 * What a generated job hands to `projection`: the fields of a record that it reads.
 * The codec that comes of it reads only; as a codec of its record type it has that type's schema and fingerprint.
 */
export interface ProjectionDefinition<T> {
  /** The record's own codec. A function: it lives in another file. */
  readonly of: () => Codec<unknown>;
  /** Top-level fields, in the schema's order. */
  readonly fields: readonly string[];
  /** Compiled reading of the whole record, which makes values of these fields and skips the others. */
  readonly read: (reader: Reader) => T;
}

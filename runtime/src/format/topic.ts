import type { Format } from './format.ts';
import type { Partitioner } from './partitioner.ts';

/** Record headers as Kafka has them: ordered, names may repeat. */
export type Headers = readonly (readonly [name: string, value: Uint8Array | null])[];

/** A record as the log gives it. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
}

/** A record with its key and value decoded. A null value is a tombstone. */
export interface TypedRecord<K, V> extends Omit<RawRecord, 'key' | 'value'> {
  readonly key: K | null;
  readonly value: V | null;
}

/** A record ready to be sent by any Kafka client. */
export interface SerializedRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970; undefined leaves it to the producer. */
  readonly timestamp: bigint | undefined;
  readonly headers: Headers;
}

export interface SerializeOptions {
  /** Needed where the topic's declaration has several names or a pattern. */
  readonly topic?: string | undefined;
  /** Milliseconds since 1970. Default: what the topic's `timestampFrom` says. */
  readonly timestamp?: bigint | undefined;
  readonly headers?: Headers | undefined;
}

/**
 * A Kafka topic with its types. Generated: `flights.deserialize(record).value.origin`.
 * `N` are the names it may have in Kafka; `string` for a pattern.
 */
export interface Topic<K, V, N extends string = string> {
  /** Its key in the config's `topics`. */
  readonly id: string;
  /** Kafka's names; empty for a pattern. */
  readonly names: readonly N[];
  readonly pattern?: RegExp | undefined;
  readonly key: Format<K>;
  readonly value: Format<V>;
  /** The key of a value, where the declaration has `keyFrom`. */
  readonly keyFrom?: ((value: V) => K) | undefined;
  /** The event time of a value in milliseconds since 1970, where the declaration has `timestampFrom`. */
  readonly timestampFrom?: ((value: V) => bigint) | undefined;
  readonly partitioner: Partitioner<V>;
  /** @throws AvroDecodeError, its path starting with `key` or `value` */
  deserialize(record: RawRecord): TypedRecord<K, V>;
  /** @throws AvroEncodeError, or TopicError where `options.topic` is missing or not one of the declared names */
  serialize(key: K | null, value: V | null, options?: SerializeOptions): SerializedRecord;
}

/** A topic whose key derives from the value. */
export interface KeyedTopic<K, V, N extends string = string> extends Topic<K, V, N> {
  readonly keyFrom: (value: V) => K;
  /** As `serialize`, with the key that `keyFrom` gives. */
  serializeValue(value: V, options?: SerializeOptions): SerializedRecord;
}

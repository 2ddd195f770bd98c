import type { Format } from './format.ts';
import type { Partitioner, PartitionInput } from './partitioner.ts';

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

/**
 * Which time the records of a topic are written with. `event`: the event time. `broker`: that of writing, by this machine's clock,
 * in place of which a broker puts its own where the topic has `message.timestamp.type=LogAppendTime`.
 */
export type Timestamps = 'event' | 'broker';

/** `N` are the names that `topic` may have. */
export interface SerializeOptions<N extends string = string> {
  /** Needed where the topic's declaration has several names or a pattern. */
  readonly topic?: N | undefined;
  /** Milliseconds since 1970. Default: what the topic's `timestampFrom` says; none where its `timestamps` are the broker's. */
  readonly timestamp?: bigint | undefined;
  readonly headers?: Headers | undefined;
}

/** Options of a topic with one name may be left out; of others, they name the topic. */
export type SerializeArguments<N extends string> =
  IsOne<N> extends true
    ? readonly [options?: SerializeOptions<N>]
    : readonly [options: SerializeOptions<N> & { readonly topic: N }];

/** True for one literal; false for a union of them, and for `string`. `All` stays whole while `N` is distributed. */
type IsOne<N extends string, All = N> = string extends N
  ? false
  : N extends unknown
    ? [All] extends [N]
      ? true
      : false
    : never;

/**
 * A Kafka topic with its types. Generated: `flights.deserialize(record).value?.origin`.
 * `N` are the names it may have in Kafka; `string` for a pattern. `D` is null where records may have no value (tombstones,
 * which delete what the key stood for), and never elsewhere.
 */
export interface Topic<K, V, N extends string = string, D extends null = never> {
  /** Its key in the config's `topics`. */
  readonly id: string;
  /** Kafka's names; empty for a pattern. */
  readonly names: readonly N[];
  /** Which names it may have, where they are not listed; matches from the first character to the last. */
  readonly pattern?: RegExp | undefined;
  readonly key: Format<K>;
  readonly value: Format<V>;
  /** True where the declaration has `tombstones`: records without a value may be written, and jobs have a handler for them. */
  readonly tombstones?: boolean | undefined;
  /** The key of a value, where the declaration has `keyFrom`; null where the field is. */
  readonly keyFrom?: ((value: V) => K | null) | undefined;
  /**
   * The event time of a value in milliseconds since 1970, where the declaration has `timestampFrom`;
   * undefined where the field is null, and the record's own time counts.
   */
  readonly timestampFrom?: ((value: V) => bigint | undefined) | undefined;
  /** Default `event`. */
  readonly timestamps?: Timestamps | undefined;
  readonly partitioner: Partitioner<V>;
  /**
   * Key and value of a record as the log gives it. Null stays null: a record without a key, a tombstone.
   * @throws AvroDecodeError, its path starting with `key` or `value`, its message naming topic, partition and offset
   */
  deserialize(record: RawRecord): TypedRecord<K, V>;
  /**
   * A record to send. Where the declaration has `tombstones`, a null value is one.
   * @throws AvroEncodeError, its path starting with `key` or `value`
   * @throws TopicError where `options.topic` is missing or not a declared name, or the time lies before 1970
   */
  serialize(key: K | null, value: V | D, ...options: SerializeArguments<N>): SerializedRecord;
}

/** A topic whose key derives from the value. */
export interface KeyedTopic<K, V, N extends string = string, D extends null = never> extends Topic<K, V, N, D> {
  readonly keyFrom: (value: V) => K | null;
  /** As `serialize`, with the key that `keyFrom` gives. */
  serializeValue(value: V, ...options: SerializeArguments<N>): SerializedRecord;
}

/**
 * Any topic, its types forgotten: what holds topics of many types takes this. Every `Topic<K, V, N>` is one;
 * whoever calls its functions vouches for the types.
 */
export interface AnyTopic {
  readonly id: string;
  readonly names: readonly string[];
  readonly pattern?: RegExp | undefined;
  readonly key: Format<unknown>;
  readonly value: Format<unknown>;
  readonly tombstones?: boolean | undefined;
  readonly keyFrom?: Loose<unknown, unknown> | undefined;
  readonly timestampFrom?: Loose<unknown, bigint | undefined> | undefined;
  readonly timestamps?: Timestamps | undefined;
  readonly partitioner: Loose<PartitionInput<unknown>, number>;
  deserialize(record: RawRecord): TypedRecord<unknown, unknown>;
  serialize(key: unknown, value: unknown, options?: SerializeOptions): SerializedRecord;
}

/** A function whose parameter is compared both ways, as TypeScript does for methods. */
type Loose<A, R> = { call(argument: A): R }['call'];

import { decodeWith, encodeWith } from './encode.ts';
import type { Format } from './format.ts';
import type { Partitioner } from './partitioner.ts';
import { decodeErrorBelow, encodeErrorBelow, isEncodeError } from './place.ts';
import type {
  AnyTopic,
  Headers,
  KeyedTopic,
  RawRecord,
  SerializeArguments,
  SerializedRecord,
  SerializeOptions,
  Timestamps,
  Topic,
  TypedRecord,
} from './topic.ts';
import { TopicError } from './topic-error.ts';

/** What a generated file hands to `topic`. */
export interface TopicDefinition<K, V, N extends string> {
  readonly id: string;
  /** Kafka's names; left out where there is a pattern. */
  readonly names?: readonly N[] | undefined;
  /** Anchored at both ends, without the flags `g` and `y`. */
  readonly pattern?: RegExp | undefined;
  readonly key: Format<K>;
  readonly value: Format<V>;
  /** True where records may have no value. */
  readonly tombstones?: boolean | undefined;
  readonly keyFrom?: ((value: V) => K | null) | undefined;
  readonly timestampFrom?: ((value: V) => bigint | undefined) | undefined;
  readonly timestamps?: Timestamps | undefined;
  readonly partitioner: Partitioner<V>;
}

export interface KeyedTopicDefinition<K, V, N extends string> extends TopicDefinition<K, V, N> {
  readonly keyFrom: (value: V) => K | null;
}

const NO_HEADERS: Headers = Object.freeze([]);

interface WithTombstones {
  readonly tombstones: true;
}

/** Makes a topic of its generated definition. */
export function topic<K, V, const N extends string = string>(
  definition: KeyedTopicDefinition<K, V, N> & WithTombstones,
): KeyedTopic<K, V, N, null>;
export function topic<K, V, const N extends string = string>(
  definition: KeyedTopicDefinition<K, V, N>,
): KeyedTopic<K, V, N>;
export function topic<K, V, const N extends string = string>(
  definition: TopicDefinition<K, V, N> & WithTombstones,
): Topic<K, V, N, null>;
export function topic<K, V, const N extends string = string>(definition: TopicDefinition<K, V, N>): Topic<K, V, N>;
export function topic<K, V, N extends string>(definition: TopicDefinition<K, V, N>): Topic<K, V, N, null> {
  const { keyFrom } = definition;
  const base = {
    ...definition,
    names: definition.names ?? [],
    deserialize: (record: RawRecord) => deserialize(definition, record),
    serialize: (key: K | null, value: V | null, ...options: SerializeArguments<N>) =>
      serialize(definition, () => key, value, options),
  };
  if (keyFrom === undefined) return base;
  const keyed: KeyedTopic<K, V, N, null> = {
    ...base,
    keyFrom,
    serializeValue: (value: V, ...options: SerializeArguments<N>) =>
      serialize(definition, () => keyFrom(value), value, options),
  };
  return keyed;
}

function deserialize<K, V>(
  definition: Pick<TopicDefinition<K, V, string>, 'key' | 'value'>,
  record: RawRecord,
): TypedRecord<K, V> {
  const { topic, partition, offset, timestamp, headers } = record;
  const key = decodePart('key', definition.key, record.key, record);
  const value = decodePart('value', definition.value, record.value, record);
  return { topic, partition, offset, timestamp, headers, key, value };
}

function decodePart<T>(
  part: 'key' | 'value',
  format: Format<T>,
  bytes: Uint8Array | null,
  record: RawRecord,
): T | null {
  if (bytes === null) return null;
  try {
    return decodeWith(format, bytes);
  } catch (error) {
    throw decodeErrorBelow(
      part,
      error,
      0,
      `, in topic ${record.topic}, partition ${record.partition}, offset ${record.offset}`,
    );
  }
}

function encodePart<T>(part: 'key' | 'value', format: Format<T>, value: T, topic: string): Uint8Array {
  try {
    return encodeWith(format, value);
  } catch (error) {
    if (value === null && part === 'value' && isEncodeError(error)) throw tombstoneRefused(topic);
    throw encodeErrorBelow(part, error, `, for topic ${topic}`);
  }
}

/** A null in a topic whose declaration has no tombstones, and whose values are never null. */
export function tombstoneRefused(topic: string): TopicError {
  const advice = 'Declare `tombstones: true` for it in the config, or give a value';
  return new TopicError('tombstone', topic, `a record without a value, which its declaration does not have. ${advice}`);
}

/** The value goes first: a key or time can only be taken from one that is of its type. */
function serialize<K, V>(
  definition: TopicDefinition<K, V, string>,
  keyOf: () => K | null,
  value: V | null,
  [options]: readonly [options?: SerializeOptions],
): SerializedRecord {
  const topic = nameIn(definition, options?.topic);
  const isTombstone = value === null && definition.tombstones === true;
  const encoded = isTombstone ? null : encodePart('value', definition.value, value as V, topic);
  const keyValue = keyOf();
  const key = keyValue === null ? null : encodePart('key', definition.key, keyValue, topic);
  const isTimed = value !== null && definition.timestamps !== 'broker';
  const timestamp = options?.timestamp ?? (isTimed ? definition.timestampFrom?.(value) : undefined);
  if (timestamp !== undefined) checkTimestamp(topic, timestamp);
  return { topic, key, value: encoded, timestamp, headers: options?.headers ?? NO_HEADERS };
}

/** A record without a value, whatever the topic's declaration says: tests delete rows of tables by it. */
export function serializeTombstone(topic: AnyTopic, key: unknown, options: SerializeOptions): SerializedRecord {
  return serialize({ ...topic, tombstones: true }, () => key, null, [options]);
}

/** @throws TopicError where the time lies before 1970, or so far ahead that milliseconds are not exact */
export function checkTimestamp(topic: string, timestamp: bigint | number): void {
  if (timestamp >= 0 && timestamp <= Number.MAX_SAFE_INTEGER) return;
  const why = timestamp < 0 ? 'Kafka has no times before 1970' : `times end at ${Number.MAX_SAFE_INTEGER}`;
  throw new TopicError('timestamp', topic, `a record of ${timestamp} ms: ${why}`);
}

function nameIn(
  { id, names = [], pattern }: Pick<TopicDefinition<unknown, unknown, string>, 'id' | 'names' | 'pattern'>,
  name: string | undefined,
): string {
  if (name === undefined) {
    const [only] = names;
    if (only !== undefined && names.length === 1) return only;
    const choice = names.length === 0 ? `one that matches ${pattern?.source}` : names.join(', ');
    throw new TopicError('topic-missing', id, `say which topic, by the option \`topic\`: ${choice}`);
  }
  if (names.includes(name) || pattern?.test(name) === true) return name;
  const declared = names.length === 0 ? `it does not match ${pattern?.source}` : `declared are ${names.join(', ')}`;
  throw new TopicError('topic-unknown', id, `${JSON.stringify(name)} is not one of its names: ${declared}`);
}

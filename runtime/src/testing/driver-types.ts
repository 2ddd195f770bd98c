import type { Headers, KeyedTopic, Topic, TypedRecord } from '../format/topic.ts';
import type { JobShape } from '../job/declaration.ts';
import type { ListState, MapState, ValueState } from '../job/handlers.ts';

export interface SendOptions<K> {
  /** Where the topic's key derives from the value, another key; null for none. Else the key. */
  readonly key?: K | null | undefined;
  /** Default: the topic's `timestampFrom`, else the driver's time. A number is in milliseconds since 1970. */
  readonly timestamp?: Date | number | bigint | undefined;
  readonly headers?: Headers | undefined;
  /** Default: as the topic's partitioner chooses. */
  readonly partition?: number | undefined;
}

interface WithKey<K> {
  readonly key: K;
}

/** Where a topic has several names, which of them. */
type Named<N extends string> = IsOne<N> extends true ? { readonly topic?: N | undefined } : { readonly topic: N };

/** True for one literal; false for a union of them, and for `string`. */
type IsOne<N extends string, All = N> = string extends N
  ? false
  : N extends unknown
    ? [All] extends [N]
      ? true
      : false
    : never;

type OptionalUnless<N extends string, O> = IsOne<N> extends true ? readonly [options?: O] : readonly [options: O];

/** Sends to an input whose key derives from the value. Resolves when the job has processed it. */
export type SendValue<K, V, N extends string> = (
  value: V,
  ...options: OptionalUnless<N, SendOptions<K> & Named<N>>
) => Promise<void>;

/** Sends to an input with a key of its own. */
export type SendKeyed<K, V, N extends string> = (
  value: V,
  options: SendOptions<K> & WithKey<K> & Named<N>,
) => Promise<void>;

/** A tombstone: it deletes the row of its key. */
export type SendTombstone<K, N extends string> = (
  value: null,
  options: SendOptions<K> & WithKey<K> & Named<N>,
) => Promise<void>;

type SendToStream<T> =
  T extends KeyedTopic<infer K, infer V, infer N, infer D>
    ? [D] extends [never]
      ? SendValue<K, V, N>
      : SendValue<K, V, N> & SendTombstone<K, N>
    : T extends Topic<infer K, infer V, infer N, infer D>
      ? SendKeyed<K, V | D, N>
      : never;

/** A record without a value deletes a row, whatever the topic's declaration says. */
type SendToTable<T> =
  T extends KeyedTopic<infer K, infer V, infer N, infer _D>
    ? SendValue<K, V, N> & SendTombstone<K, N>
    : T extends Topic<infer K, infer V, infer N, infer _D>
      ? SendKeyed<K, V | null, N>
      : never;

export interface ReadOptions {
  /** Records of transactions that are open still, too: what readers of committed records do not see. */
  readonly uncommitted?: boolean | undefined;
}

/** Partition by partition, in order: all that was ever emitted. */
export type ReadOutput<T> =
  T extends Topic<infer K, infer V, infer _N, infer _D>
    ? (options?: ReadOptions) => readonly TypedRecord<K, V>[]
    : never;

/** A state, as the last checkpoint left it: what the job would have after a crash. */
export type ReadState<K, T> =
  T extends MapState<infer M, infer V>
    ? { get(key: K): ReadonlyMap<M, V> }
    : T extends ListState<infer V>
      ? { get(key: K): readonly V[] }
      : T extends ValueState<infer V>
        ? { get(key: K): V | undefined }
        : never;

type MemberOf<S extends JobShape, N extends keyof JobShape> = S extends { readonly [M in N]: infer T } ? T : object;

export type DriverSend<S extends JobShape> = {
  readonly [N in keyof MemberOf<S, 'streams'>]: SendToStream<MemberOf<S, 'streams'>[N]>;
} & {
  readonly [N in keyof MemberOf<S, 'tables'>]: SendToTable<MemberOf<S, 'tables'>[N]>;
};

export type DriverRead<S extends JobShape> = {
  readonly [N in keyof MemberOf<S, 'outputs'>]: ReadOutput<MemberOf<S, 'outputs'>[N]>;
};

export type DriverState<S extends JobShape> = {
  readonly [N in keyof MemberOf<S, 'state'>]: ReadState<S['key'], MemberOf<S, 'state'>[N]>;
};

import type { Headers } from '../../format/topic.ts';
import type { Timer } from '../handlers.ts';
import type { JobError } from '../job-error.ts';

/** What the functions of `onError` are typed by. Generated code gives it. */
export interface ErrorShape {
  readonly key: unknown;
  /** Values of the streams, by input. */
  readonly streams: object;
  /** Names of the tables. */
  readonly tables?: string;
  /** Names of the timers. */
  readonly timers?: string;
  /** Topics for dead letters that the config names. */
  readonly deadLetters?: string;
}

/**
 * Functions that decide record by record what becomes of those that fail. Each takes the place of the policy that config or
 * options have for its place, unless it returns undefined. They return at once: a promise is none of the answers. What they throw
 * fails the job.
 */
export interface OnError<S extends ErrorShape> {
  /**
   * The key or value of a record cannot be read, or is missing. The error's `code` is `JOB_DECODE_FAILED`, with the codec's or
   * format's own as its `cause`, `JOB_NULL_KEY`, `JOB_NULL_VALUE`, `JOB_ROW_UNREADABLE` where its handler asked for a row of a table
   * that cannot be read, or `JOB_REGISTRY_FAILED`: then nothing is known of the record, since the Schema Registry did not give its schema; its `cause` is a RegistryError.
   */
  readonly decode?: ((error: JobError, record: UnreadableRecord<InputsOf<S>>) => DecisionOf<S>) | undefined;
  /** A handler failed. The error is what it threw, whatever that is. */
  readonly process?: ((error: unknown, failed: FailedCallOf<S>) => DecisionOf<S>) | undefined;
  /** An output cannot be written. The error's code is `JOB_PRODUCE_FAILED`; its `cause` says what is wrong with the output. */
  readonly produce?: ((error: JobError, failed: FailedCallOf<S>) => DecisionOf<S>) | undefined;
}

/** What becomes of a record; undefined leaves it to the policy that the config or the options of the run have. */
export type ErrorDecision<D extends string = string> = 'fail' | 'skip' | { readonly deadLetter: D } | undefined;

/** A record that has failed: where it lies, and what it holds. Bytes and headers are not to be changed. */
export interface UnreadableRecord<I extends string = string> {
  /** Name of the input. */
  readonly input: I;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The record's own, in milliseconds since 1970. */
  readonly timestamp: bigint;
  readonly headers: Headers;
  readonly keyBytes: Uint8Array | null;
  readonly valueBytes: Uint8Array | null;
}

/** A record whose handler, or whose outputs, failed. Key and value are read anew: no handler has changed them. */
export interface FailedRecord<I extends string, K, V> extends UnreadableRecord<I> {
  readonly key: K;
  readonly value: V;
  readonly timer?: undefined;
}

/** A timer whose handler, or whose outputs, failed. There is no record: `input` is undefined. */
export interface FailedTimer<N extends string, K> {
  readonly input?: undefined;
  readonly timer: Timer<N>;
  readonly key: K;
}

type StreamsOf<S extends ErrorShape> = keyof S['streams'] & string;
type InputsOf<S extends ErrorShape> = StreamsOf<S> | MemberOf<S, 'tables'>;
type DecisionOf<S extends ErrorShape> = ErrorDecision<MemberOf<S, 'deadLetters'>>;
type MemberOf<S extends ErrorShape, N extends 'tables' | 'timers' | 'deadLetters'> = S extends {
  readonly [M in N]: infer T extends string;
}
  ? T
  : never;

type FailedCallOf<S extends ErrorShape> =
  | { [I in StreamsOf<S>]: FailedRecord<I, S['key'], S['streams'][I]> }[StreamsOf<S>]
  | FailedTimerOf<S['key'], MemberOf<S, 'timers'>>;

/** Never where there are no timers: a job with one stream has no union to tell apart. */
type FailedTimerOf<K, N extends string> = [N] extends [never] ? never : FailedTimer<N, K>;

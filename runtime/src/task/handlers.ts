import type { Headers, Timestamps } from '../format/topic.ts';
import type { JobLog } from '../ops/job-log.ts';

/** The record a handler is called for. */
export interface RecordInfo {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Event time in milliseconds since 1970: from the value where the topic says so, else the record's own. */
  readonly timestamp: bigint;
  /** What the log has as the record's timestamp, in milliseconds since 1970; the same as `timestamp` where that is not from the value. */
  readonly logTimestamp: bigint;
  /** Whose clock `logTimestamp` is of: its producer's, or the broker's (`message.timestamp.type` of the topic). */
  readonly timestampType: 'create-time' | 'log-append-time';
  /** Under which leader of the partition it was written (KIP-101); undefined where the log has none. */
  readonly leaderEpoch: number | undefined;
  readonly headers: Headers;
}

/**
 * What a handler works with, be it of a record or of a timer. It belongs to one call: when the handler returned, or its
 * promise settled, every use throws a JobError with code `JOB_CONTEXT_EXPIRED`, so that a forgotten `await` cannot reach the
 * next checkpoint.
 */
export interface KeyContext<K> {
  /** The key of the record or timer; state, tables and timers are those of this key. */
  readonly key: K;
  /**
   * How far event time has come in this task, in milliseconds since 1970: records with this timestamp or an earlier one
   * are late. `-9223372036854775808n`, the least of Avro's longs, before anything is known. It never goes back.
   */
  readonly watermark: bigint;
  readonly log: JobLog;
}

/** What handlers of records work with. */
export interface JobContext<K> extends KeyContext<K> {
  readonly record: RecordInfo;
}

export interface EmitOptions {
  /**
   * Milliseconds since 1970, or which time counts: `event`, the topic's `timestampFrom`, else that of the record at hand; `broker`,
   * that of writing. Default: as the topic declares, else `event`.
   */
  readonly timestamp?: bigint | Timestamps | undefined;
  readonly headers?: Headers | undefined;
  /** Default: what the topic's partitioner chooses. */
  readonly partition?: number | undefined;
}

/** Names the topic, where a declaration has several. */
export interface EmitTopicOption<N extends string> extends EmitOptions {
  readonly topic: N;
}

/** Emits to an output whose key derives from the value. */
export type EmitValue<V> = (value: V, options?: EmitOptions) => void;
/** Emits to an output with a key of its own. Where `V` has null, that is a tombstone. */
export type EmitKeyed<K, V> = (key: K, value: V, options?: EmitOptions) => void;
/** Emits a tombstone to an output whose key derives from the value: it deletes what the key stood for. */
export type EmitTombstone<K> = (key: K, value: null, options?: EmitOptions) => void;
/** As `EmitValue`, to one of several topics. */
export type EmitValueTo<V, N extends string> = (value: V, options: EmitTopicOption<N>) => void;
/** As `EmitKeyed`, to one of several topics. */
export type EmitKeyedTo<K, V, N extends string> = (key: K, value: V, options: EmitTopicOption<N>) => void;
/** As `EmitTombstone`, to one of several topics. */
export type EmitTombstoneTo<K, N extends string> = (key: K, value: null, options: EmitTopicOption<N>) => void;

/** When a timer is due: in event time, at a time of the clock, or so many milliseconds from now. */
export type TimerTime =
  | { readonly eventTime: bigint; readonly processingTime?: never; readonly after?: never }
  | { readonly processingTime: bigint; readonly eventTime?: never; readonly after?: never }
  | { readonly after: number; readonly eventTime?: never; readonly processingTime?: never };

/** A timer that is set, or that fires. */
export interface Timer<N extends string = string> {
  readonly name: N;
  /** When it is due, in milliseconds since 1970. */
  readonly time: bigint;
  /** What it goes by: `event`, by the watermark; `processing`, by the clock. */
  readonly in: 'event' | 'processing';
}

/** Timers of the current key, by the names that the job declares. Each is set once at most, and fires once. */
export interface Timers<N extends string> {
  /**
   * Sets a timer; one of that name that is set already is replaced. One whose time is over fires as soon as this call is.
   * An event-time timer fires when the watermark has reached its time.
   * @throws JobError with code `JOB_TIMER` where it is no time, or the job has no timer of that name
   */
  set(name: N, at: TimerTime): void;
  /** The timer as it was last set; undefined where it is not set, or has fired. */
  get(name: N): Timer<N> | undefined;
  clear(name: N): void;
}

/** Called when a timer fires; the timer is not set any more then. Property, not method: parameters are checked strictly. */
export type TimerHandler<N extends string, C> = (timer: Timer<N>, ctx: C) => void | Promise<void>;

/**
 * Says how far event time has come with a record: the watermark of its partition is raised to what it returns, in
 * milliseconds since 1970. Undefined says nothing. It takes the place of the input's `outOfOrderness`.
 */
export type WatermarkOf<V> = (value: V, record: RecordInfo) => bigint | undefined;

/** Optional handlers that every job may have beside those of its inputs. They belong to no record: no key, no state, no outputs. */
export interface JobHooks {
  /** Before the first record of a task: when the job starts, or the task moves to this instance. */
  readonly onStart?: ((ctx: HookContext) => void | Promise<void>) | undefined;
  /** After a task's last record, when all is committed: the job stops, or the task moves away. Not after a crash. */
  readonly onStop?: ((ctx: HookContext) => void | Promise<void>) | undefined;
}

export interface HookContext {
  /** The task: the partition number of its inputs. */
  readonly task: number;
  readonly log: JobLog;
}

/** One record of an input. Property, not method: parameters are checked strictly. */
export type Handler<V, C> = (value: V, ctx: C) => void | Promise<void>;

import type { Headers } from '../format/topic.ts';
import type { JobLog } from '../ops/job-log.ts';

/** The record a handler is called for. */
export interface RecordInfo {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Event time in milliseconds since 1970: from the value where the topic says so, else the record's own. */
  readonly timestamp: bigint;
  readonly headers: Headers;
}

/**
 * What a handler works with. It belongs to one call: when the handler returned, or its promise settled,
 * every use throws a JobError with code `JOB_CONTEXT_EXPIRED`, so that a forgotten `await` cannot reach the next checkpoint.
 */
export interface JobContext<K> {
  /** The record's key; state and tables are those of this key. */
  readonly key: K;
  readonly record: RecordInfo;
  readonly log: JobLog;
}

export interface EmitOptions {
  /** Milliseconds since 1970. Default: the topic's `timestampFrom`, else that of the record at hand. */
  readonly timestamp?: bigint | undefined;
  readonly headers?: Headers | undefined;
}

/** Names the topic, where a declaration has several. */
export interface EmitTopicOption<N extends string> extends EmitOptions {
  readonly topic: N;
}

/** Emits to an output whose key derives from the value. */
export type EmitValue<V> = (value: V, options?: EmitOptions) => void;
/** Emits to an output with a key of its own. A null value is a tombstone. */
export type EmitKeyed<K, V> = (key: K, value: V | null, options?: EmitOptions) => void;
/** As `EmitValue`, to one of several topics. */
export type EmitValueTo<V, N extends string> = (value: V, options: EmitTopicOption<N>) => void;
/** As `EmitKeyed`, to one of several topics. */
export type EmitKeyedTo<K, V, N extends string> = (key: K, value: V | null, options: EmitTopicOption<N>) => void;

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

import { wordsOf } from './thrown.ts';

/** What went wrong with a job. Read `code`, never the message, and never `instanceof`: two builds may be loaded. */
export type JobErrorCode =
  /** An input or output topic does not exist. */
  | 'JOB_UNKNOWN_TOPIC'
  /** Inputs that must be co-partitioned have different numbers of partitions. */
  | 'JOB_NOT_CO_PARTITIONED'
  /** The log does not let the job do all that it is to do: what is missing, and how it is granted, is in the message. */
  | 'JOB_ACCESS'
  /** The number of partitions of the inputs is another than when the job's state was made. */
  | 'JOB_PARTITIONS_CHANGED'
  /** A stream input or a timer has no handler. */
  | 'JOB_HANDLER_MISSING'
  /** A handler threw, or its promise was rejected: see `cause`. */
  | 'JOB_HANDLER_FAILED'
  /** What a handler emitted cannot be written, and the handler did not catch that: see `cause`. */
  | 'JOB_PRODUCE_FAILED'
  /** A key or value cannot be read: see `cause`. */
  | 'JOB_DECODE_FAILED'
  /** The Schema Registry did not give what a record or an output needs: see `cause`. */
  | 'JOB_REGISTRY_FAILED'
  /** A record of a stream input has no key. */
  | 'JOB_NULL_KEY'
  /** A record of a stream input has no value. */
  | 'JOB_NULL_VALUE'
  /** A handler looked up a row of a table that cannot be read: see `cause`. */
  | 'JOB_ROW_UNREADABLE'
  /** A context was used after its handler had settled. */
  | 'JOB_CONTEXT_EXPIRED'
  /** A handler changed a value of state in place, and did not set it. Found where the job is tested by `drive`. */
  | 'JOB_STATE_MUTATED'
  /** An output with several topics was emitted to without naming one, or with a name that it does not have. */
  | 'JOB_EMIT_TOPIC'
  /** A timer was set to what is no time, or by a name that the job does not declare. */
  | 'JOB_TIMER'
  /** State and offsets do not belong together: one of them was deleted or changed. */
  | 'JOB_STATE_MISMATCH'
  /** Records that were to be read are gone, or those that were read: see `onOutOfRange`. */
  | 'JOB_RECORDS_LOST'
  /** An input is to start from the group's offsets, which has none of a partition. */
  | 'JOB_NO_OFFSETS'
  /** The changelog cannot be read: it holds something this job did not write. */
  | 'JOB_CHANGELOG'
  /** A savepoint cannot be written, or a job cannot start from it. */
  | 'JOB_SAVEPOINT'
  /** A transaction that someone else left open holds the start back for too long. */
  | 'JOB_BLOCKED'
  /** Another instance has taken over. */
  | 'JOB_FENCED'
  /** The log failed, and repeating did not help: see `cause`. */
  | 'JOB_LOG_FAILED'
  /** `kill()` was called. */
  | 'JOB_KILLED'
  /** Options that cannot be. */
  | 'JOB_OPTIONS';

export interface JobErrorDetails {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: bigint | undefined;
  readonly key?: string | undefined;
}

/** A failed job. Its message says what to do next. */
export class JobError extends Error {
  readonly code: JobErrorCode;
  /** Topic of the record at hand, where there is one. */
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly offset: bigint | undefined;
  /** Key of the record or timer at hand as text for people, cut where it is long. */
  readonly key: string | undefined;

  constructor(code: JobErrorCode, message: string, options: JobErrorDetails & ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'JobError';
    this.code = code;
    this.topic = options.topic;
    this.partition = options.partition;
    this.offset = options.offset;
    this.key = options.key;
  }
}

/** By code, not by class: another build of this package may have thrown it. */
export function isJobError(error: unknown, code?: JobErrorCode): error is JobError {
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') return false;
  return code === undefined ? error.code.startsWith('JOB_') : error.code === code;
}

/** An error's message, or in words what was thrown in its place. */
export function reasonOf(error: unknown): string {
  return wordsOf(error);
}

/** A record whose schema the registry did not give. */
export function schemaFailure(cause: unknown, where: string, details: JobErrorDetails): JobError {
  return new JobError('JOB_REGISTRY_FAILED', `${where}: ${reasonOf(cause)}`, { ...details, cause });
}

/** What is said of a handler that took longer than its limit, in milliseconds. */
export function overdueAdvice(limit: number): string {
  return `took longer than its limit of ${limit} ms. Let what it waits for give up sooner, or raise the job's handlerTimeout`;
}

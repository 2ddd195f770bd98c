/**
 * The log as jobs see it. Behind it stands Apache Kafka, or the embedded log; nothing of either shows through.
 * Offsets are bigints at the edge where users meet them, and numbers here: they stay below 2^53.
 */
export interface Log {
  /** Partition counts of topics that exist; a missing topic is left out. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Creates topics that do not exist. @throws LogError where one exists with another partition count */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Reads committed records only. */
  source(): Source;
  /** InitProducerId: fences older producers of that id and aborts what they left open. */
  producer(transactionalId: string): Promise<TransactionalProducer>;
  /** OffsetFetch with require_stable: waits while a transaction over these offsets is undecided. Unknown ones are left out. */
  committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>;
  /** First and next offsets under read_committed: the log start and the last stable offset. */
  bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]>;
  close(): Promise<void>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly compacted?: boolean | undefined;
}

export interface PartitionBounds extends TopicPartition {
  readonly start: number;
  readonly stableEnd: number;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}

/** Records of one partition, in order. Valid until the next `poll`. */
export interface FetchedPartition extends TopicPartition {
  readonly records: RecordCursor;
  /** The position after the last of them, over control records and aborted ones as well. */
  readonly nextOffset: number;
}

/** Walks records in place. Its fields are those of the current record, until `next` is called again. */
export interface RecordCursor {
  next(): boolean;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly bytes: Buffer;
  /** -1 where the key is null. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** -1 where the value is null. */
  readonly valueStart: number;
  readonly valueEnd: number;
  headers(): readonly (readonly [name: string, value: Uint8Array | null])[];
}

export interface Source {
  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** The next records of partitions that are not paused; an empty list when `maxWaitMs` passed without any. */
  poll(maxWaitMs: number): Promise<readonly FetchedPartition[]>;
  close(): void;
}

/** Transactions of one transactional id, one after another. The first `append` or `commitOffsets` begins one. */
export interface TransactionalProducer {
  /**
   * Appends to the partition's open record batch; what lies in `bytes` is copied. Returns a promise only under back-pressure.
   * @throws LogError, the first asynchronous error of the transaction
   */
  append(record: OutgoingRecord): Promise<void> | undefined;
  /** TxnOffsetCommit (KIP-447): the offsets become part of the transaction. */
  commitOffsets(group: GroupMember, offsets: readonly CommittedOffset[]): Promise<void>;
  /** Flushes, then EndTxn(commit). */
  commit(): Promise<void>;
  abort(): Promise<void>;
  close(): Promise<void>;
}

export interface OutgoingRecord extends TopicPartition {
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** Who commits: the coordinator refuses a member of an older generation. */
export interface GroupMember {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
}

/**
 * What a failed request of the log means for its caller.
 * - `retriable`: certainly not applied; repeat after a pause.
 * - `abortable`: the transaction must be aborted; the producer goes on.
 * - `fenced`: another instance owns it; give up the task without touching the log.
 * - `unknown-outcome`: it may have been applied; end the producer's incarnation and read what was committed.
 * - `fatal`: repeating cannot help.
 */
export type LogErrorKind = 'retriable' | 'abortable' | 'fenced' | 'unknown-outcome' | 'fatal';

export class LogError extends Error {
  readonly code = 'LOG';
  readonly kind: LogErrorKind;

  constructor(kind: LogErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogError';
    this.kind = kind;
  }
}

import type { LogError } from '../../port.ts';
import type { RecordBatchBuilder } from '../../record-batch/builder.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** One transaction as its producer sees it. */
export interface Transaction {
  /** Something was appended, or offsets were committed: there is something to end. */
  dirty: boolean;
  /** The broker may know of it: a request that opens it was sent. */
  begun: boolean;
  /** Batches that are sealed, and not acknowledged yet. */
  unacknowledged: number;
  /** Requests about offsets and partitions that are under way. */
  requests: number;
  /** Groups whose offsets were added (protocol 1). */
  readonly groups: Set<string>;
  /** Nothing of it is sent any more. */
  over: boolean;
  /** The first error: it can only be aborted. */
  error: LogError | undefined;
}

export function newTransaction(): Transaction {
  return {
    dirty: false,
    begun: false,
    unacknowledged: 0,
    requests: 0,
    groups: new Set(),
    over: false,
    error: undefined,
  };
}

/** A record batch that is sealed: nothing is appended to it any more. */
export interface SealedBatch {
  readonly queue: PartitionQueue;
  readonly transaction: Transaction;
  /** Its memory, which is used again when the batch is acknowledged. */
  readonly builder: RecordBatchBuilder;
  /** Bytes before compression. */
  readonly size: number;
  /** Since it was first sent; the identity it was sent under is in them, and stays the same when it is sent again. */
  bytes: Buffer | undefined;
  /** On the clock's `monotonic`: until when it may be sent again. */
  deadline: number;
  /** It was sent, and its answer is not there yet. */
  flying: boolean;
  /** How often it was refused since the batch before it was not there, though it should have been. */
  gaps: number;
}

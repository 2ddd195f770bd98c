import type { Transaction } from './transaction.ts';

/** Timestamp, and the sizes of key, value and headers, in front of each record. */
export const RECORD_HEADER = 20;
/** A stretch of memory that batches lie in. Never written to again where a batch lies. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Records of one producer, one behind the other; or a control record, which takes an offset and is never delivered. */
export interface Batch {
  readonly firstOffset: number;
  count: number;
  readonly chunk: Chunk;
  readonly start: number;
  end: number;
  readonly transaction: Transaction | undefined;
  readonly control: boolean;
  /** Of tombstones that were compacted once: when they go. */
  readonly deleteAt?: number | undefined;
}

/** KIP-98: control records and aborted ones are passed over; below the last stable offset all transactions are decided. */
export function isDelivered(batch: Batch, withAborted = false): boolean {
  return !batch.control && (withAborted || batch.transaction?.state !== 'aborted');
}

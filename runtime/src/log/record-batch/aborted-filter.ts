import type { Batch } from './batch.ts';

/** A transaction that was aborted, as a Fetch response lists them. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/**
 * Which batches a reader of committed records is to see (KIP-98). A producer's records are aborted from the first offset of
 * one of its aborted transactions up to the marker that ends it. One filter for the batches of one response, in order.
 */
export class AbortedFilter {
  readonly #transactions: readonly AbortedTransaction[];
  readonly #producers = new Set<number>();
  #next = 0;

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#transactions = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Comes to a batch; `abortMarker` where it holds the marker of an abort. */
  accepts(batch: Batch, abortMarker: boolean): boolean {
    for (let first = this.#transactions[this.#next]; first !== undefined; first = this.#transactions[this.#next]) {
      if (first.firstOffset > batch.lastOffset) break;
      this.#producers.add(first.producerId);
      this.#next++;
    }
    if (abortMarker) this.#producers.delete(batch.producerId);
    return !batch.control && !(batch.transactional && this.#producers.has(batch.producerId));
  }
}

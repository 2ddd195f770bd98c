import { type IdempotentProducer, LogError, type OutgoingRecord } from '../port.ts';
import type { Store } from './store.ts';

/** What it appends is there at once. */
export class MemoryIdempotentProducer implements IdempotentProducer {
  readonly producerId: number;
  readonly epoch = 0;
  readonly #store: Store;
  #closed = false;

  constructor(store: Store, producerId: number) {
    this.#store = store;
    this.producerId = producerId;
  }

  append(record: OutgoingRecord): undefined {
    this.#checkOpen();
    this.#store.sizes?.check(record);
    this.#store.partition(record).append(record, undefined);
    this.#store.changed();
  }

  async flush(): Promise<void> {
    this.#checkOpen();
  }

  async reset(): Promise<void> {
    this.#checkOpen();
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('fatal', `producer ${this.producerId} is closed`);
  }
}

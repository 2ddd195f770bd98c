import {
  type CommittedOffset,
  type GroupMember,
  LogError,
  type OutgoingRecord,
  type TransactionalProducer,
} from '../port.ts';
import type { Coordinator } from './coordinator.ts';
import type { Partition } from './partition.ts';
import type { Store } from './store.ts';
import type { Transaction } from './transaction.ts';

/** One incarnation of a transactional id. What it appends lies in the log at once, and counts when it commits. */
export class MemoryProducer implements TransactionalProducer {
  readonly producerId: number;
  readonly epoch: number;
  readonly #store: Store;
  readonly #coordinator: Coordinator;
  readonly #id: string;
  #topic = '';
  #partitions: readonly Partition[] = [];
  #transaction: Transaction | undefined;
  #closed = false;

  constructor(store: Store, coordinator: Coordinator, transactionalId: string) {
    const { producerId, epoch } = coordinator.initialise(transactionalId);
    this.producerId = producerId;
    this.epoch = epoch;
    this.#store = store;
    this.#coordinator = coordinator;
    this.#id = transactionalId;
  }

  append(record: OutgoingRecord): undefined {
    this.#checkOpen();
    if (record.topic !== this.#topic) {
      this.#partitions = this.#store.topic(record.topic);
      this.#topic = record.topic;
    }
    const partition = this.#partitions[record.partition] ?? this.#store.partition(record);
    partition.append(record, this.#open());
  }

  async commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    this.#checkOpen();
    this.#coordinator.addOffsets(this.#open(), member, offsets);
  }

  async commit(): Promise<void> {
    this.#checkOpen();
    this.#coordinator.end(this.#id, this.epoch, 'committed');
  }

  async abort(): Promise<void> {
    this.#checkOpen();
    this.#coordinator.end(this.#id, this.epoch, 'aborted');
  }

  close(): void {
    this.#closed = true;
  }

  /** The one under way, or a new one. One that was decided without us means that we are fenced. */
  #open(): Transaction {
    if (this.#transaction?.state !== 'open') {
      this.#transaction = this.#coordinator.transaction(this.#id, this.epoch);
    }
    return this.#transaction;
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('fatal', `the producer of ${this.#id} is closed`);
  }
}

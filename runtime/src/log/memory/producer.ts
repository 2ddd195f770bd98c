import {
  type CommittedOffset,
  type GroupMember,
  isLogError,
  LogError,
  type OutgoingRecord,
  type TransactionalProducer,
} from '../port.ts';
import type { Coordinator, ProducerIdentity } from './coordinator.ts';
import { HeldRecords } from './held-records.ts';
import type { Partition } from './partition.ts';
import type { Store } from './store.ts';
import type { Transaction } from './transaction.ts';

/**
 * One incarnation of a transactional id. What it appends lies in the log at once, and counts when it commits; after `seal` it
 * waits for the end of the transaction that was closed.
 */
export class MemoryProducer implements TransactionalProducer {
  readonly #store: Store;
  readonly #coordinator: Coordinator;
  readonly #id: string;
  readonly #held: HeldRecords = new HeldRecords();
  #topic = '';
  #partitions: readonly Partition[] = [];
  #transaction: Transaction | undefined;
  #identity: ProducerIdentity;
  #sealed = false;
  #isHeld = false;
  /** The transaction under way can only be aborted. */
  #error: LogError | undefined;
  #closed = false;

  constructor(store: Store, coordinator: Coordinator, transactionalId: string) {
    this.#identity = coordinator.initialise(transactionalId);
    this.#store = store;
    this.#coordinator = coordinator;
    this.#id = transactionalId;
  }

  get producerId(): number {
    return this.#identity.producerId;
  }

  get epoch(): number {
    return this.#identity.epoch;
  }

  append(record: OutgoingRecord): Promise<void> | undefined {
    this.#check();
    this.#store.sizes?.check(record);
    if (record.topic !== this.#topic) {
      this.#partitions = this.#store.topic(record.topic);
      this.#topic = record.topic;
    }
    const partition = this.#partitions[record.partition] ?? this.#store.partition(record);
    if (this.#sealed || this.#isHeld) return this.#held.add(record);
    partition.append(record, this.#open());
    return undefined;
  }

  seal(): void {
    this.#sealed = true;
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    try {
      for (const record of this.#held.release())
        this.#ask(() => this.#store.partition(record).append(record, this.#open()));
    } catch {
      // Whoever goes on with the transaction hears so.
    }
  }

  async flush(): Promise<void> {
    this.#check();
  }

  async commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    this.#check();
    this.#ask(() => this.#coordinator.addOffsets(this.#open(), member, offsets));
  }

  async commit(): Promise<void> {
    this.#check();
    this.#ask(() => this.#end('committed'));
    this.#sealed = false;
    try {
      for (const record of this.#held.release()) this.#ask(() => void this.append(record));
    } catch {
      // This one is committed; it is the next one that fails: whoever goes on with it hears so.
    }
  }

  async abort(): Promise<void> {
    this.#checkOpen();
    this.#sealed = false;
    this.#isHeld = false;
    this.#held.release();
    this.#error = undefined;
    this.#end('aborted');
  }

  close(): void {
    this.#closed = true;
    this.#held.release();
  }

  #end(outcome: 'committed' | 'aborted'): void {
    this.#identity = this.#coordinator.end(this.#id, this.#identity, outcome);
  }

  /** An error is that of the transaction, which can only be aborted then; nobody is to wait for it any more. */
  #ask(request: () => void): void {
    try {
      request();
    } catch (error) {
      this.#error = isLogError(error) ? error : new LogError('fatal', String(error), { cause: error });
      this.#held.release();
      throw this.#error;
    }
  }

  /** The one under way, or a new one. One that was decided without us means that we are fenced. */
  #open(): Transaction {
    if (this.#transaction?.state !== 'open') {
      this.#transaction = this.#coordinator.transaction(this.#id, this.#identity);
    }
    return this.#transaction;
  }

  #check(): void {
    this.#checkOpen();
    if (this.#error !== undefined) throw this.#error;
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogError('fatal', `the producer of ${this.#id} is closed`);
  }
}

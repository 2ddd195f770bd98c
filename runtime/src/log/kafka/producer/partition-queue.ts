import type { TopicPartition } from '../../port.ts';
import type { RecordBatchBuilder } from '../../record-batch/builder.ts';
import { nextSequence } from '../../record-batch/sequence.ts';
import type { ProducerIdentity } from '../messages/transaction-identity.ts';
import type { TopicMemory } from './topic-memory.ts';
import type { Transaction } from './transaction.ts';

/**
 * The broker knows the last five batches of a producer in a partition again when they come twice, and no earlier one: it says
 * 45 to that (`ProducerStateEntry`). So none is sent that is further than this from the oldest without an acknowledgement,
 * also where those in between have theirs.
 */
const WINDOW = 5;

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
  /** Counts the batches of its partition in the order in which they got their sequence numbers. */
  number: number;
  /** It was sent, and its answer is not there yet. */
  flying: boolean;
}

/**
 * The batches of one partition, in order: the open one, those that wait, and those that were sent. When one of those fails,
 * nothing goes out until all are answered; then they are sent again in the same order, with the same sequence numbers.
 */
export class PartitionQueue implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly memory: TopicMemory;
  /** The batch that takes records. */
  open: RecordBatchBuilder | undefined;
  /** The transaction that this partition was added to (protocol 1). */
  addedTo: Transaction | undefined;
  /** Why a batch failed last. */
  failure: unknown;
  /** How often in a row its batches failed. */
  attempts = 0;
  #waiting: SealedBatch[] = [];
  /** In the order in which they were sent. */
  #sent: SealedBatch[] = [];
  #failed = false;
  #sequence = 0;
  #numbered = 0;
  /**
   * The broker has acknowledged a batch of this producer id, so it knows which number comes next. Of a producer it does not
   * know it takes any number: the second batch, while the first is refused by a leader that only just becomes one.
   */
  #isKnown = false;

  constructor(topic: string, partition: number, memory: TopicMemory) {
    this.topic = topic;
    this.partition = partition;
    this.memory = memory;
  }

  /** Closes the open batch; undefined where it has no records. */
  seal(transaction: Transaction): SealedBatch | undefined {
    const builder = this.open;
    if (builder === undefined || builder.count === 0) return undefined;
    this.open = undefined;
    const batch = {
      queue: this,
      transaction,
      builder,
      size: builder.size,
      bytes: undefined,
      deadline: 0,
      number: -1,
      flying: false,
    };
    this.#waiting.push(batch);
    return batch;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The batch that may be sent next. */
  get next(): SealedBatch | undefined {
    const next = this.#waiting[0];
    if (next === undefined || this.#failed) return undefined;
    const oldest = this.#sent[0];
    if (oldest === undefined) return next;
    const number = next.bytes === undefined ? this.#numbered : next.number;
    return number < oldest.number + (this.#isKnown ? WINDOW : 1) ? next : undefined;
  }

  /** Takes that one out. Throws where its bytes cannot be made: it stays then. */
  send(identity: ProducerIdentity): SealedBatch | undefined {
    const batch = this.next;
    if (batch === undefined) return undefined;
    if (batch.bytes === undefined) {
      const { producerId, epoch } = identity;
      batch.bytes = batch.builder.finish({
        producerId,
        epoch,
        baseSequence: producerId < 0 ? -1 : this.#sequence,
        transactional: identity.transactionalId !== null,
      });
      this.#sequence = nextSequence(this.#sequence, batch.builder.count);
      batch.number = this.#numbered++;
    }
    this.#waiting.shift();
    batch.flying = true;
    this.#sent.push(batch);
    return batch;
  }

  /** True where an earlier batch has not been acknowledged: then this one has a gap before it, which closes. */
  hasBefore(batch: SealedBatch): boolean {
    return this.#sent[0] !== batch;
  }

  acknowledged(batch: SealedBatch): void {
    batch.flying = false;
    this.#sent = this.#sent.filter((other) => other !== batch);
    this.attempts = 0;
    this.#isKnown = true;
  }

  failed(batch: SealedBatch, error: unknown): void {
    batch.flying = false;
    if (!this.#sent.includes(batch)) return;
    this.#failed = true;
    this.failure = error;
  }

  /** Something failed, and all is answered: it can be sent again. */
  get hasLanded(): boolean {
    return this.#failed && this.#sent.every(({ flying }) => !flying);
  }

  /** The oldest of what is to be sent again. */
  get oldest(): SealedBatch | undefined {
    return this.#sent[0];
  }

  /** What failed goes to the front, in the order in which it was sent. */
  again(): void {
    this.#waiting.unshift(...this.#sent);
    this.#sent = [];
    this.#failed = false;
  }

  /** Forgets all batches. True where one of them has a sequence number, which is missing at the broker now, or not. */
  drop(): boolean {
    const gap = this.#sent.length > 0 || this.#waiting.some(({ bytes }) => bytes !== undefined);
    if (this.open !== undefined) this.memory.give(this.open);
    for (const { bytes, builder } of this.#waiting) if (bytes === undefined) this.memory.give(builder);
    this.open = undefined;
    this.#waiting = [];
    this.#sent = [];
    this.#failed = false;
    this.attempts = 0;
    return gap;
  }

  /** Under a new epoch the numbers begin anew. */
  restart(sameProducer: boolean): void {
    this.#sequence = 0;
    this.#isKnown &&= sameProducer;
  }
}

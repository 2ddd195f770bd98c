import { LogError, type OutgoingRecord } from '../../port.ts';
import { HEADER_SIZE } from '../../record-batch/layout.ts';
import { PartitionQueue, type SealedBatch } from './partition-queue.ts';
import type { TopicLimits } from './topic-limits.ts';
import { TopicMemory } from './topic-memory.ts';
import type { Transaction } from './transaction.ts';

interface Topic {
  readonly memory: TopicMemory;
  readonly queues: (PartitionQueue | undefined)[];
}

/** What was appended and is not acknowledged yet, by partition, and how much memory it takes. */
export class Outbox {
  readonly queues: PartitionQueue[] = [];
  readonly #limits: TopicLimits;
  readonly #capacity: number;
  readonly #sealed: (queue: PartitionQueue) => void;
  readonly #topics = new Map<string, Topic>();
  /** Bytes of records, those of batches not yet sealed included. */
  #bytes = 0;
  /** Those in batches that are sealed. */
  #sealedBytes = 0;
  #room: PromiseWithResolvers<void> | undefined;
  // Where the last record went: the next one often goes there too.
  #lastTopic = '';
  #last: Topic | undefined;

  /** `sealed` is called for each partition in which a batch is ready to be sent. */
  constructor(limits: TopicLimits, capacity: number, sealed: (queue: PartitionQueue) => void) {
    this.#limits = limits;
    this.#capacity = capacity;
    this.#sealed = sealed;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#capacity;
  }

  /** So many partitions with a few records each that they would wait for each other. */
  get isScattered(): boolean {
    return this.#bytes - this.#sealedBytes > this.#capacity / 4;
  }

  /** Copies the record. True where it did not fit in its partition's batch, which is sealed now. @throws LogError */
  append(record: OutgoingRecord, transaction: Transaction): boolean {
    const queue = this.#queueOf(record);
    queue.open ??= queue.memory.take();
    const before = queue.open.size;
    if (queue.open.append(record, record.headers)) {
      this.#bytes += queue.open.size - before;
      return false;
    }
    this.#seal(queue, transaction);
    queue.open = queue.memory.take();
    queue.open.append(record, record.headers);
    this.#bytes += queue.open.size - HEADER_SIZE;
    return true;
  }

  #queueOf({ topic, partition }: OutgoingRecord): PartitionQueue {
    if (this.#last === undefined || topic !== this.#lastTopic) {
      this.#last = this.#topics.get(topic);
      if (this.#last === undefined) {
        this.#last = { memory: new TopicMemory(this.#limits.of(topic)), queues: [] };
        this.#topics.set(topic, this.#last);
      }
      this.#lastTopic = topic;
    }
    return this.#last.queues[partition] ?? this.#newQueue(topic, partition, this.#last);
  }

  #newQueue(topic: string, partition: number, { memory, queues }: Topic): PartitionQueue {
    if (!Number.isInteger(partition) || partition < 0)
      throw new LogError('fatal', `topic ${topic} has no partition ${partition}`);
    const queue = new PartitionQueue(topic, partition, memory);
    queues[partition] = queue;
    this.queues.push(queue);
    return queue;
  }

  /** Of all partitions. */
  sealAll(transaction: Transaction): void {
    for (const queue of this.queues) this.#seal(queue, transaction);
  }

  /**
   * Of partitions of which no batch waits to be sent: the records of others go on gathering. True where there are such.
   */
  sealIdle(transaction: Transaction): boolean {
    let gathering = false;
    for (const queue of this.queues) {
      if ((queue.open?.count ?? 0) === 0) continue;
      if (queue.hasWaiting) gathering = true;
      else this.#seal(queue, transaction);
    }
    return gathering;
  }

  #seal(queue: PartitionQueue, transaction: Transaction): void {
    const batch = queue.seal(transaction);
    if (batch === undefined) return;
    transaction.unacknowledged++;
    this.#sealedBytes += batch.size - HEADER_SIZE;
    this.#sealed(queue);
  }

  /** The broker has it: its memory is free. */
  acknowledged({ queue, builder, transaction, size }: SealedBatch): void {
    queue.memory.give(builder);
    transaction.unacknowledged--;
    this.#bytes -= size - HEADER_SIZE;
    this.#sealedBytes -= size - HEADER_SIZE;
    if (this.#bytes <= this.#capacity / 2) this.release();
  }

  /** Forgets everything. True where sequence numbers are missing at the broker now. Nothing may be on its way. */
  drop(): boolean {
    let gap = false;
    for (const queue of this.queues) if (queue.drop()) gap = true;
    this.#bytes = 0;
    this.#sealedBytes = 0;
    return gap;
  }

  /** Under a new epoch sequence numbers begin anew. */
  restart(sameProducer: boolean): void {
    for (const queue of this.queues) queue.restart(sameProducer);
  }

  /** Resolves when half of it is free, or on `release`. */
  room(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

import { type IdempotentProducer, LogError, type OutgoingRecord } from '../../port.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { initProducerId } from '../messages/init-producer-id.ts';
import type { ProducerIdentity } from '../messages/transaction-identity.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import type { ProducerParts } from './kafka-producer.ts';
import { Linger } from './linger.ts';
import type { ProducerSettings } from './options.ts';
import { Outbox } from './outbox.ts';
import type { SealedBatch } from './partition-queue.ts';
import { asLogError, Sender } from './sender.ts';
import type { TopicLimits } from './topic-limits.ts';
import { newTransaction, type Transaction } from './transaction.ts';

/**
 * Sends the batches of a transactional producer, without the transaction. What is appended between two flushes is counted
 * together, as that of a transaction is.
 *
 * With `acks: 1` it has no id: what is sent again may be there twice, and in another order.
 *
 * An error ends nothing: nobody else writes under its id, and what came twice after all may be there twice. `reset` goes on.
 */
export class KafkaIdempotentProducer implements IdempotentProducer {
  readonly #transport: KafkaTransport;
  readonly #settings: ProducerSettings;
  readonly #limits: TopicLimits;
  readonly #sender: Sender;
  readonly #outbox: Outbox;
  #identity: ProducerIdentity;
  /** Takes what is appended now. */
  #open: Transaction = newTransaction();
  /** Those before, of which something is not acknowledged yet. */
  #flushing: readonly Transaction[] = [];
  /** Of anything that was appended since the last `reset`. */
  #error: LogError | undefined;
  readonly #linger: Linger;
  #waiting: (() => void)[] = [];

  private constructor({ transport, settings, limits }: IdempotentParts, identity: ProducerIdentity) {
    this.#transport = transport;
    this.#settings = settings;
    this.#limits = limits;
    this.#identity = identity;
    this.#linger = new Linger(transport.clock, settings.linger, () => this.#sendOpen());
    this.#outbox = new Outbox(limits, settings.bufferSize, (queue) => this.#sender.add(queue));
    const current = (): ProducerIdentity => this.#identity;
    // Requests of protocol 1 are those that need no transaction.
    this.#sender = new Sender(transport, 1, settings, {
      get identity() {
        return current();
      },
      wants: ({ transaction }) => !transaction.over && this.#error === undefined,
      admits: () => true,
      sending: () => undefined,
      acknowledged: (batch) => this.#acknowledged(batch),
      failed: (error, batch) => {
        if (batch !== undefined) this.#limits.failed(error, batch);
        this.#fail(error);
      },
      unanswered: () => undefined,
      landed: () => this.#wake(),
    });
  }

  /** @throws KafkaError */
  static async open(parts: IdempotentParts): Promise<KafkaIdempotentProducer> {
    return new KafkaIdempotentProducer(parts, await newIdentity(parts.transport, parts.settings, parts.signal));
  }

  get producerId(): number {
    return this.#identity.producerId;
  }

  get epoch(): number {
    return this.#identity.epoch;
  }

  append(record: OutgoingRecord): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#outbox.append(record, this.#open)) this.#sender.pump();
    this.#linger.begin();
    return this.#outbox.isFull ? this.#pressure() : undefined;
  }

  async flush(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    this.#outbox.sealAll(this.#open);
    const before = [...this.#flushing, this.#open].filter(({ unacknowledged }) => unacknowledged > 0);
    this.#flushing = before;
    this.#open = newTransaction();
    this.#sender.pump();
    for (;;) {
      const failed = before.find(({ error }) => error !== undefined);
      if (failed !== undefined) throw failed.error;
      if (before.every(({ unacknowledged }) => unacknowledged === 0)) return;
      await this.#woken();
    }
  }

  async reset(): Promise<void> {
    if (this.#error === undefined) return;
    this.#unlessFatal();
    this.#sender.clear();
    while (this.#sender.flying > 0) await this.#woken();
    // Under another id numbers begin anew: those of this one have a gap.
    if (this.#outbox.drop()) {
      this.#identity = await newIdentity(this.#transport, this.#settings);
      this.#outbox.restart(false);
    }
    this.#open = newTransaction();
    this.#flushing = [];
    this.#unlessFatal();
    this.#error = undefined;
    this.#outbox.release();
  }

  close(): void {
    this.#linger.stop();
    this.#fail(new LogError('fatal', 'the producer is closed'));
  }

  #unlessFatal(): void {
    if (this.#error?.kind === 'fatal') throw this.#error;
  }

  #fail(reason: unknown): void {
    const error = asLogError(reason);
    const known = error.kind === 'fatal' ? error : new LogError('abortable', error.message, { cause: error });
    if (this.#error === undefined || known.kind === 'fatal') this.#error = known;
    for (const transaction of [...this.#flushing, this.#open]) {
      transaction.over = true;
      transaction.error ??= known;
    }
    this.#sender.clear();
    this.#outbox.release();
    this.#wake();
  }

  #acknowledged(batch: SealedBatch): void {
    this.#outbox.acknowledged(batch);
    if (batch.transaction.unacknowledged === 0) this.#wake();
  }

  /** Records have waited for others long enough; where the broker is behind, they go on gathering. */
  #sendOpen(): boolean {
    if (this.#error !== undefined) return false;
    const gathering = this.#outbox.sealIdle(this.#open);
    this.#sender.pump();
    return gathering;
  }

  /** Errors are thrown by what is called next. */
  #pressure(): Promise<void> {
    const room = this.#outbox.room();
    if (this.#outbox.isScattered) {
      this.#outbox.sealAll(this.#open);
      this.#sender.pump();
    }
    return room;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

type IdempotentParts = Omit<ProducerParts, 'transactionalId'>;

/** InitProducerId of any broker: an id that nobody else has. @throws KafkaError */
async function newIdentity(
  transport: KafkaTransport,
  { acks, transactionTimeout, patience, requestTimeout }: ProducerSettings,
  signal?: AbortSignal,
): Promise<ProducerIdentity> {
  // Numbers are of no use where a broker may lose what it has acknowledged: the next one would be refused.
  if (acks !== 'all') return { transactionalId: null, producerId: -1, epoch: -1 };
  const request = { transactionalId: null, transactionTimeout, producerId: -1, epoch: -1 };
  return retrying(transport.clock, patience, async () => {
    if (signal?.aborted === true)
      throw new KafkaError('fatal', 'InitProducerId', 'nobody waits for a producer any more');
    const { error, producerId, epoch } = await transport.sendToAny(initProducerId, request, requestTimeout);
    if (error !== 0) throw answeredError('InitProducerId', error, 'a producer without transactions');
    return { transactionalId: null, producerId, epoch };
  });
}

import {
  type CommittedOffset,
  type GroupMember,
  LogError,
  type OutgoingRecord,
  type TransactionalProducer,
} from '../../port.ts';
import type { TransactionIdentity } from '../messages/transaction-identity.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { endsProducer } from './ends-producer.ts';
import { Linger } from './linger.ts';
import type { ProducerSettings, TransactionProtocol } from './options.ts';
import { Outbox } from './outbox.ts';
import type { SealedBatch } from './partition-queue.ts';
import { asLogError, Sender } from './sender.ts';
import type { TopicLimits } from './topic-limits.ts';
import { newTransaction, type Transaction } from './transaction.ts';
import { abortable, TransactionRequests, type Watch } from './transaction-requests.ts';

/** What a producer is opened with. */
export interface ProducerParts {
  readonly transport: KafkaTransport;
  readonly transactionalId: string;
  readonly settings: ProducerSettings;
  readonly limits: TopicLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One incarnation of a transactional id. Full batches are sent at once, the rest with the offsets or the commit; what is
 * appended after `seal` belongs to the next transaction, and is sent when the sealed one is committed.
 *
 * Errors end the transaction under way, which is to be aborted then; `fenced` and `unknown-outcome` end the producer.
 */
export class KafkaProducer implements TransactionalProducer {
  readonly #id: string;
  readonly #limits: TopicLimits;
  readonly #protocol: TransactionProtocol;
  readonly #requests: TransactionRequests;
  readonly #sender: Sender;
  readonly #outbox: Outbox;
  readonly #linger: Linger | undefined;
  #identity: TransactionIdentity;
  /** Appends go to this one. */
  #open: Transaction = newTransaction();
  /** This one may send: the same, unless it is sealed. */
  #active: Transaction = this.#open;
  /** Nothing is sent for the time being. */
  #isHeld = false;
  /** Commit or abort is under way. */
  #ending: Promise<void> | undefined;
  /** The error that ended this incarnation. */
  #dead: LogError | undefined;
  /** A request of this epoch was written and has no answer, or a sequence number is missing: the epoch ends with the transaction (I14). */
  #tainted = false;
  /** Protocol 1: partitions are being added to the transaction. */
  #adding = false;
  /** Called when anything that somebody waits for may have come. */
  #waiting: (() => void)[] = [];

  private constructor(
    { transport, transactionalId, settings, limits }: ProducerParts,
    protocol: TransactionProtocol,
    requests: TransactionRequests,
    identity: TransactionIdentity,
  ) {
    this.#id = transactionalId;
    this.#limits = limits;
    this.#protocol = protocol;
    this.#requests = requests;
    this.#identity = identity;
    this.#outbox = new Outbox(limits, settings.bufferSize, (queue) => this.#sender.add(queue));
    const { transactionLinger: linger } = settings;
    if (linger !== undefined) this.#linger = new Linger(transport.clock, linger, () => this.#sendOpen());
    const current = (): TransactionIdentity => this.#identity;
    this.#sender = new Sender(transport, protocol, settings, {
      get identity() {
        return current();
      },
      wants: ({ transaction }) => this.#wants(transaction),
      admits: (batch) => this.#admits(batch),
      sending: ({ transaction }) => {
        transaction.begun = true;
      },
      acknowledged: (batch) => this.#acknowledged(batch),
      failed: (error, batch) => this.#batchFailed(error, batch),
      unanswered: () => {
        this.#tainted = true;
      },
      landed: () => this.#wake(),
    });
  }

  /** InitProducerId: fences older incarnations, and waits until what they left open is aborted. @throws KafkaError */
  static async open(parts: ProducerParts): Promise<KafkaProducer> {
    const { transport, transactionalId, settings, signal } = parts;
    const requests = new TransactionRequests(transport, transactionalId, settings);
    const identity = await requests.init({ producerId: -1, epoch: -1 }, signal);
    const allowed = (transport.features.get('transaction.version') ?? 0) >= 2 ? 2 : 1;
    return new KafkaProducer(parts, settings.protocol ?? allowed, requests, identity);
  }

  get producerId(): number {
    return this.#identity.producerId;
  }

  get epoch(): number {
    return this.#identity.epoch;
  }

  append(record: OutgoingRecord): Promise<void> | undefined {
    this.#check();
    const sealed = this.#outbox.append(record, this.#open);
    this.#open.dirty = true;
    if (sealed) this.#sender.pump();
    this.#linger?.begin();
    return this.#outbox.isFull ? this.#pressure() : undefined;
  }

  seal(): void {
    if (this.#isSealed) return;
    this.#sealAll();
    this.#open = newTransaction();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#resume();
  }

  get #isSealed(): boolean {
    return this.#open !== this.#active;
  }

  async flush(): Promise<void> {
    while (this.#ending !== undefined) await this.#ending;
    this.#check();
    if (!this.#isSealed) this.#sealAll();
    await this.#settled(this.#active);
  }

  /** Also awaits what was appended, which a commit would wait for anyway. */
  async commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    while (this.#ending !== undefined) await this.#ending;
    this.#check();
    if (offsets.length === 0) return;
    const transaction = this.#active;
    transaction.dirty = true;
    if (!this.#isSealed) this.#sealAll();
    transaction.requests++;
    // Its error is kept: whoever waits for the transaction finds it there.
    void this.#commitOffsets(transaction, member, offsets)
      .catch((error: unknown) => this.#fail(error, transaction))
      .finally(() => {
        transaction.requests--;
        this.#wake();
      });
    await this.#settled(transaction);
  }

  async #commitOffsets(
    transaction: Transaction,
    member: GroupMember,
    offsets: readonly CommittedOffset[],
  ): Promise<void> {
    const watch = this.#watch(transaction);
    transaction.begun = true;
    if (this.#protocol === 1 && !transaction.groups.has(member.group)) {
      await this.#requests.addOffsets(this.#identity, member.group, watch);
      transaction.groups.add(member.group);
    }
    await this.#requests.commitOffsets(this.#protocol, this.#identity, member, offsets, watch);
  }

  async commit(): Promise<void> {
    while (this.#ending !== undefined) await this.#ending;
    this.#check();
    this.seal();
    const transaction = this.#active;
    await this.#exclusively(async () => {
      if (!transaction.dirty) return;
      await this.#settled(transaction);
      try {
        // I5: from here on the transaction is out of our hands.
        this.#adopt(await this.#requests.end(this.#protocol, this.#identity, true, this.#watch(transaction)));
      } catch (error) {
        // Only one that was not written can be taken back.
        if (asLogError(error).kind !== 'abortable') this.#die(error);
        this.#fail(error, transaction);
        throw error;
      }
      transaction.over = true;
      if (this.#protocol === 1 && this.#tainted) await this.#nextEpoch().catch((error) => this.#die(error));
    });
    this.#active = this.#open;
    this.#resume();
  }

  async abort(): Promise<void> {
    while (this.#ending !== undefined) await this.#ending;
    if (this.#dead !== undefined) throw this.#dead;
    const transaction = this.#active;
    if (!transaction.dirty && !this.#open.dirty) {
      this.#active = this.#open;
      this.#isHeld = false;
      return;
    }
    await this.#exclusively(async () => {
      transaction.over = true;
      this.#open.over = true;
      this.#sender.clear();
      // No request of the transaction is to arrive after its end.
      while (this.#sender.flying > 0 || transaction.requests > 0 || this.#adding) await this.#woken();
      if (this.#outbox.drop()) this.#tainted = true;
      if (this.#dead !== undefined) throw this.#dead;
      if (transaction.begun) await this.#endAborted(transaction);
    });
    this.#open = newTransaction();
    this.#active = this.#open;
    this.#isHeld = false;
    this.#outbox.release();
  }

  close(): void {
    this.#linger?.stop();
    this.#die(new LogError('fatal', `the producer of ${this.#id} is closed`));
  }

  // Transactions

  /** EndTxn(abort); where that has no clear answer, the next epoch ends what is open under this one. */
  async #endAborted(transaction: Transaction): Promise<void> {
    try {
      const watch: Watch = { ...this.#watch(transaction), over: () => this.#dead !== undefined };
      this.#adopt(await this.#requests.end(this.#protocol, this.#identity, false, watch));
      if (!this.#tainted) return;
    } catch (error) {
      const { kind } = asLogError(error);
      if (kind !== 'unknown-outcome' && kind !== 'abortable') {
        this.#die(error);
        throw this.#dead ?? error;
      }
    }
    try {
      await this.#nextEpoch();
    } catch (error) {
      this.#die(error);
      throw this.#dead ?? error;
    }
  }

  /** The same incarnation under its next epoch: what is late under this one is refused. */
  async #nextEpoch(): Promise<void> {
    const { producerId, epoch } = this.#identity;
    this.#adopt(await this.#requests.init({ producerId, epoch }));
    this.#tainted = false;
  }

  #adopt(identity: TransactionIdentity): void {
    const { producerId, epoch } = this.#identity;
    if (identity.producerId === producerId && identity.epoch === epoch) return;
    this.#identity = identity;
    this.#tainted = false;
    this.#outbox.restart(identity.producerId === producerId);
  }

  async #exclusively(end: () => Promise<void>): Promise<void> {
    const ended = Promise.withResolvers<void>();
    this.#ending = ended.promise;
    try {
      await end();
    } finally {
      this.#ending = undefined;
      ended.resolve();
    }
  }

  #watch(transaction: Transaction): Watch {
    return {
      over: () => transaction.over || this.#dead !== undefined,
      unanswered: () => {
        this.#tainted = true;
      },
    };
  }

  /** Resolves when all that was sealed is acknowledged, and no request is under way. @throws LogError */
  async #settled(transaction: Transaction): Promise<void> {
    for (;;) {
      const error = this.#dead ?? transaction.error;
      if (error !== undefined) throw error;
      if (transaction.over) throw new LogError('abortable', `the transaction of ${this.#id} was aborted`);
      if (transaction.unacknowledged === 0 && transaction.requests === 0) return;
      await this.#woken();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  // Errors

  #check(): void {
    const error = this.#dead ?? this.#active.error;
    if (error !== undefined) throw error;
  }

  #batchFailed(error: unknown, batch: SealedBatch | undefined): void {
    if (batch !== undefined) this.#limits.failed(error, batch);
    this.#fail(error, batch?.transaction ?? this.#active);
  }

  /** Ends the transaction, or the producer with it. */
  #fail(reason: unknown, transaction: Transaction): void {
    let error = asLogError(reason);
    if (error.kind === 'retriable') error = abortable(error);
    if (endsProducer(error)) this.#die(error);
    transaction.error ??= error;
    this.#sender.clear();
    this.#outbox.release();
    this.#wake();
  }

  #die(reason: unknown): void {
    const error = asLogError(reason);
    this.#dead ??=
      error.kind === 'retriable' || error.kind === 'abortable'
        ? new LogError('unknown-outcome', error.message, { cause: error })
        : error;
    this.#sender.clear();
    this.#outbox.release();
    this.#wake();
  }

  // Batches

  /** Of all partitions first, so that they share requests. */
  #sealAll(): void {
    this.#outbox.sealAll(this.#open);
    this.#sender.pump();
  }

  /** Records have waited for others long enough; where the broker is behind, they go on gathering. */
  #sendOpen(): boolean {
    if (this.#dead !== undefined || this.#open.over) return false;
    const gathering = this.#outbox.sealIdle(this.#open);
    this.#sender.pump();
    return gathering;
  }

  #wants(transaction: Transaction): boolean {
    if (transaction !== this.#active || transaction.over || this.#isHeld) return false;
    return transaction.error === undefined && this.#dead === undefined;
  }

  #admits({ transaction, queue }: SealedBatch): boolean {
    if (this.#protocol === 2 || queue.addedTo === transaction) return true;
    if (!this.#adding) void this.#addPartitions(transaction);
    return false;
  }

  /** All that have batches, or will: one request for many. */
  async #addPartitions(transaction: Transaction): Promise<void> {
    this.#adding = true;
    // Those that are being sealed now are to be among them.
    await undefined;
    const queues = this.#outbox.queues.filter((queue) => {
      if (queue.addedTo === transaction || !this.#sender.knows(queue)) return false;
      return queue.hasWaiting || (queue.open?.count ?? 0) > 0;
    });
    transaction.begun = true;
    try {
      await this.#requests.addPartitions(this.#identity, queues, this.#watch(transaction));
      for (const queue of queues) queue.addedTo = transaction;
    } catch (error) {
      this.#fail(error, transaction);
    }
    this.#adding = false;
    this.#wake();
    this.#sender.pump();
  }

  #acknowledged(batch: SealedBatch): void {
    this.#outbox.acknowledged(batch);
    if (batch.transaction.unacknowledged === 0) this.#wake();
  }

  /** Batches of the next transaction have waited for the end of the last one. */
  #resume(): void {
    for (const queue of this.#outbox.queues) this.#sender.add(queue);
    this.#sender.pump();
  }

  /** Errors are thrown by what is called next. */
  #pressure(): Promise<void> {
    const room = this.#outbox.room();
    if (this.#outbox.isScattered) this.#sealAll();
    return room;
  }
}

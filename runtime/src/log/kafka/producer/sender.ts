import { type Clock, sleep } from '../../../time/clock.ts';
import { LogError } from '../../port.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { answeredError, KafkaError, leaderMoved, verdictOf } from '../errors.ts';
import { type ProducedPartition, type ProduceResponse, produceV1, produceV2 } from '../messages/produce.ts';
import type { ProducerIdentity } from '../messages/transaction-identity.ts';
import { pause } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { LeaderFinder } from './leader-finder.ts';
import type { ProducerSettings, TransactionProtocol } from './options.ts';
import type { PartitionQueue, SealedBatch } from './partition-queue.ts';
import { isUnanswered } from './transaction-requests.ts';

const REQUEST_BYTES = 1024 * 1024;

/** What the sender asks and tells its producer. */
export interface SenderOwner {
  readonly identity: ProducerIdentity;
  /** True where its transaction is the one under way. */
  wants(batch: SealedBatch): boolean;
  /** True where, besides, its partition was added to the transaction. */
  admits(batch: SealedBatch): boolean;
  /** A first request that belongs to its transaction goes out. */
  sending(batch: SealedBatch): void;
  acknowledged(batch: SealedBatch): void;
  /** The batch will not be sent again. */
  failed(error: unknown, batch: SealedBatch | undefined): void;
  /** A copy was written and has no answer (I14). */
  unanswered(): void;
  /** No request is on its way any more. */
  landed(): void;
}

/**
 * Sends sealed batches to the leaders of their partitions: a batch of each partition in a request, several requests on their
 * way at once. What fails without harm is sent again, in order; what came twice after all the broker knows by its number.
 */
export class Sender {
  readonly #transport: KafkaTransport;
  readonly #clock: Clock;
  readonly #settings: ProducerSettings;
  readonly #message: typeof produceV1;
  readonly #owner: SenderOwner;
  readonly #finder: LeaderFinder;
  /** Those that have batches waiting; who was served goes to the end. */
  readonly #ready = new Set<PartitionQueue>();
  /** Requests on their way, by node. */
  readonly #requests = new Map<number, number>();
  #flying = 0;
  #learning: Promise<void> = Promise.resolve();

  constructor(
    transport: KafkaTransport,
    protocol: TransactionProtocol,
    settings: ProducerSettings,
    owner: SenderOwner,
  ) {
    this.#transport = transport;
    this.#clock = transport.clock;
    this.#settings = settings;
    this.#message = protocol === 2 ? produceV2 : produceV1;
    this.#owner = owner;
    this.#finder = new LeaderFinder(transport, settings.patience, {
      found: (queue) => {
        this.add(queue);
        this.pump();
      },
      failed: (error) => owner.failed(error, undefined),
    });
  }

  /** Requests on their way. */
  get flying(): number {
    return this.#flying;
  }

  /** Its leader is known: so it exists. */
  knows(queue: PartitionQueue): boolean {
    return this.#transport.knownLeader(queue) !== undefined;
  }

  /** It has batches waiting. `pump` sends them. */
  add(queue: PartitionQueue): void {
    if (queue.hasWaiting) this.#ready.add(queue);
  }

  /** Nothing of what waits is sent. */
  clear(): void {
    this.#ready.clear();
    this.#finder.stop();
  }

  /** Sends what may be sent now. */
  pump(): void {
    for (;;) {
      const requests = this.#gather();
      if (requests.size === 0) return;
      for (const [node, batches] of requests) this.#send(node, batches);
    }
  }

  /** The next request to each broker that takes one. */
  #gather(): Map<number, SealedBatch[]> {
    const requests = new Map<number, SealedBatch[]>();
    const bytes = new Map<number, number>();
    for (const queue of [...this.#ready]) {
      const { next } = queue;
      if (next === undefined || !this.#owner.wants(next)) continue;
      const node = this.#transport.knownLeader(queue)?.node;
      if (node === undefined) {
        this.#ready.delete(queue);
        this.#finder.find(queue);
        continue;
      }
      if (!this.#owner.admits(next) || (this.#requests.get(node) ?? 0) >= this.#settings.maxInFlight) continue;
      const size = (bytes.get(node) ?? 0) + next.size;
      const batches = requests.get(node);
      if (batches !== undefined && size > REQUEST_BYTES) continue;
      const batch = this.#take(queue);
      if (batch === undefined) continue;
      this.#owner.sending(batch);
      this.#ready.delete(queue);
      this.add(queue);
      bytes.set(node, size);
      if (batches === undefined) requests.set(node, [batch]);
      else batches.push(batch);
    }
    return requests;
  }

  /** Making its bytes may fail, as of a codec that throws: nobody hears who asked for this, so the transaction does. */
  #take(queue: PartitionQueue): SealedBatch | undefined {
    try {
      return queue.send(this.#owner.identity);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const what = `a record batch for ${queue.topic}-${queue.partition} cannot be made: ${reason}`;
      this.#owner.failed(new LogError('fatal', what, { cause }), queue.next);
      return undefined;
    }
  }

  #send(node: number, batches: readonly SealedBatch[]): void {
    const { requestTimeout, patience } = this.#settings;
    const now = this.#clock.monotonic();
    for (const batch of batches) if (batch.deadline === 0) batch.deadline = now + patience;
    this.#requests.set(node, (this.#requests.get(node) ?? 0) + 1);
    this.#flying++;
    const request = {
      transactionalId: this.#owner.identity.transactionalId,
      // Without an id there is nothing that all replicas would have to know.
      acks: this.#owner.identity.producerId < 0 ? 1 : -1,
      timeout: requestTimeout,
      partitions: batches.map(({ queue: { topic, partition }, bytes }) => ({
        topic,
        partition,
        records: bytes === undefined ? [] : [bytes],
      })),
    } as const;
    // The leader waits for its replicas that long; its answer is to come before the connection is given up.
    const answer = this.#transport.send(node, 'produce', this.#message, request, requestTimeout + 5000);
    const landed = (): void => {
      this.#requests.set(node, (this.#requests.get(node) ?? 1) - 1);
      this.#flying--;
    };
    answer.then(
      (response) => {
        landed();
        this.#answered(batches, response);
      },
      (error: unknown) => {
        landed();
        if (isUnanswered(error)) this.#owner.unanswered();
        this.#learn(this.#transport.refresh());
        for (const batch of batches) this.#refused(batch, error);
        this.#afterwards(batches);
        // A connection takes all its requests with it. What goes out over a new one is to know of each: batches of a partition
        // would come before those that went down.
        void this.#clock.turn().then(() => this.pump());
      },
    );
  }

  #answered(batches: readonly SealedBatch[], response: ProduceResponse): void {
    const results = new Map(response.partitions.map((result) => [keyOf(result), result]));
    for (const batch of batches) {
      const result = results.get(keyOf(batch.queue));
      const error = this.#failureOf(batch, result);
      if (error === undefined) {
        batch.queue.acknowledged(batch);
        this.#owner.acknowledged(batch);
        continue;
      }
      if (result !== undefined && leaderMoved(result.error))
        this.#learn(this.#transport.leaderChanged(result, result.error, result.leader, response.endpoints));
      this.#refused(batch, error);
    }
    this.#afterwards(batches);
    this.pump();
  }

  /** Undefined where the batch is in the log, now or since an earlier copy. */
  #failureOf(batch: SealedBatch, result: ProducedPartition | undefined): KafkaError | undefined {
    const { queue } = batch;
    const what = `${queue.topic}-${queue.partition}`;
    if (result === undefined) return new KafkaError('unknown-outcome', 'Produce', `Produce of ${what}: no answer`);
    if (verdictOf('Produce', result.error) === 'answer') return undefined;
    const error = answeredError('Produce', result.error, what, result.recordErrors[0]?.message ?? result.message);
    if (result.error !== ERROR_CODES.OUT_OF_ORDER_SEQUENCE_NUMBER) return error;
    // The one before it comes again: then the gap closes. Refused batches are not in the log.
    return queue.hasBefore(batch)
      ? new KafkaError('retriable', 'Produce', error.message, { kafkaCode: result.error })
      : error;
  }

  #learn(learnt: Promise<void>): void {
    // Where nobody answers, those who lead are asked as far as they are known.
    this.#learning = learnt.catch(() => undefined);
  }

  #refused(batch: SealedBatch, error: unknown): void {
    batch.queue.failed(batch, error);
    if (batch.transaction.over) return;
    if (!isRepeatable(error)) {
      this.#owner.failed(error, batch);
    } else if (this.#clock.monotonic() >= batch.deadline || batch.queue.attempts >= this.#settings.retries) {
      const { request, message } = error;
      const tries = batch.queue.attempts === 0 ? '' : `, and so ${batch.queue.attempts + 1} times`;
      this.#owner.failed(new KafkaError('abortable', request, `${message}${tries}`, { cause: error }), batch);
    }
  }

  #afterwards(batches: readonly SealedBatch[]): void {
    for (const { queue } of batches) if (queue.hasLanded) void this.#again(queue);
    if (this.#flying === 0) this.#owner.landed();
  }

  /** After a pause, and a look at who leads now. */
  async #again(queue: PartitionQueue): Promise<void> {
    const { oldest } = queue;
    const wait = pause(this.#clock, queue.attempts++, queue.failure);
    await sleep(this.#clock, wait);
    await this.#learning;
    // Dropped meanwhile.
    if (oldest === undefined || queue.oldest !== oldest) return;
    queue.again();
    this.add(queue);
    this.pump();
  }
}

function isRepeatable(error: unknown): error is KafkaError {
  return error instanceof KafkaError && (error.kind === 'retriable' || isUnanswered(error));
}

/** Errors of one request share its fate; anything else than a log's error is a defect. */
export function asLogError(error: unknown): LogError {
  if (error instanceof LogError) return error;
  return new LogError('fatal', `the producer failed: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

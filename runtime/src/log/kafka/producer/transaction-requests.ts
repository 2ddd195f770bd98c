import { type Clock, sleep } from '../../../time/clock.ts';
import type { CommittedOffset, GroupMember, LogError, TopicPartition } from '../../port.ts';
import { withLimits } from '../admin/broker-limits.ts';
import { askCoordinator, askCoordinatorOnce, type CoordinatorRequest } from '../ask-coordinator.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { gravest } from '../gravest.ts';
import { addOffsetsToTxn } from '../messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../messages/add-partitions-to-txn.ts';
import { endTxnV1, endTxnV2 } from '../messages/end-txn.ts';
import { initProducerId } from '../messages/init-producer-id.ts';
import type { Answer } from '../messages/message.ts';
import type { TransactionIdentity } from '../messages/transaction-identity.ts';
import { txnOffsetCommitV1, txnOffsetCommitV2 } from '../messages/txn-offset-commit.ts';
import type { RequestName } from '../request-name.ts';
import { pause } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import type { ProducerSettings, TransactionProtocol } from './options.ts';

/** Who waits for a request that is repeated. */
export interface Watch {
  /** Nobody does any more. */
  over(): boolean;
  /** A copy was written and has no answer: it may arrive later than all that follows (I14). */
  unanswered(): void;
}

/** What coordinators are asked about transactions. All but `end` may be repeated within a transaction, whatever became of it. */
export class TransactionRequests {
  readonly #transport: KafkaTransport;
  readonly #clock: Clock;
  readonly #id: string;
  readonly #settings: ProducerSettings;

  constructor(transport: KafkaTransport, transactionalId: string, settings: ProducerSettings) {
    this.#transport = transport;
    this.#clock = transport.clock;
    this.#id = transactionalId;
    this.#settings = settings;
  }

  /** A new incarnation; with `previous` the next epoch of that one, unless it was fenced. Waits while a transaction is completed. */
  async init(
    previous: { readonly producerId: number; readonly epoch: number },
    signal?: AbortSignal,
  ): Promise<TransactionIdentity> {
    const { transactionTimeout, patience, requestTimeout } = this.#settings;
    const coordinator = { kind: 'transaction', key: this.#id } as const;
    try {
      const { producerId, epoch } = await askCoordinator(
        this.#transport,
        {
          ...coordinator,
          channel: 'transaction',
          message: initProducerId,
          request: { transactionalId: this.#id, transactionTimeout, ...previous },
          failure: ({ error }) => this.#refusal('InitProducerId', error),
          timeout: requestTimeout,
        },
        patience,
        signal,
      );
      return { transactionalId: this.#id, producerId, epoch };
    } catch (error) {
      throw await withLimits(this.#transport, coordinator, error, {
        error: 'INVALID_TRANSACTION_TIMEOUT',
        setting: 'transactionTimeout',
        value: transactionTimeout,
        limits: ['transaction.max.timeout.ms'],
      });
    }
  }

  async addPartitions(
    identity: TransactionIdentity,
    partitions: readonly TopicPartition[],
    watch: Watch,
  ): Promise<void> {
    await this.#repeated(watch, {
      kind: 'transaction',
      key: this.#id,
      channel: 'transaction',
      message: addPartitionsToTxn,
      request: { ...identity, partitions },
      failure: (answer) => gravest('AddPartitionsToTxn', answer.partitions, partitions),
    });
  }

  /** Makes room in the transaction for offsets of a group (protocol 1). */
  async addOffsets(identity: TransactionIdentity, group: string, watch: Watch): Promise<void> {
    await this.#repeated(watch, {
      kind: 'transaction',
      key: this.#id,
      channel: 'transaction',
      message: addOffsetsToTxn,
      request: { ...identity, group },
      failure: ({ error }) => this.#refusal('AddOffsetsToTxn', error),
    });
  }

  /** Every partition's answer counts (I1), and the generation is the one given, in repetitions too (I4). */
  async commitOffsets(
    protocol: TransactionProtocol,
    identity: TransactionIdentity,
    member: GroupMember,
    offsets: readonly CommittedOffset[],
    watch: Watch,
  ): Promise<void> {
    await this.#repeated(watch, {
      kind: 'group',
      key: member.group,
      channel: 'offsets',
      message: protocol === 2 ? txnOffsetCommitV2 : txnOffsetCommitV1,
      request: {
        ...identity,
        ...member,
        instanceId: null,
        offsets: offsets.map((offset) => ({ ...offset, leaderEpoch: offset.leaderEpoch ?? -1 })),
      },
      failure: (answer) => gravest('TxnOffsetCommit', answer.partitions, offsets),
    });
  }

  async #repeated<Request, Response extends Answer>(
    watch: Watch,
    request: CoordinatorRequest<Request, Response>,
  ): Promise<void> {
    const { patience, requestTimeout } = this.#settings;
    const deadline = this.#clock.monotonic() + patience;
    for (let attempt = 0; ; attempt++) {
      try {
        await askCoordinatorOnce(this.#transport, { ...request, timeout: requestTimeout });
        return;
      } catch (error) {
        if (isUnanswered(error)) watch.unanswered();
        if (!isUnanswered(error) && !isRetriable(error) && !isTimedOut(error)) throw error;
        const wait = pause(this.#clock, attempt, error);
        if (watch.over() || this.#clock.monotonic() + wait > deadline) throw abortable(error);
        await sleep(this.#clock, wait);
        if (watch.over()) throw abortable(error);
      }
    }
  }

  /**
   * EndTxn. The identity under which the next transaction is to be written; the same one in protocol 1.
   *
   * Of a commit only success says that it is one (I5): it is asked for again, identically, until there is an answer to believe.
   * @throws LogError: `abortable` where a commit was certainly not written; `unknown-outcome` or `fenced` otherwise
   */
  async end(
    protocol: TransactionProtocol,
    identity: TransactionIdentity,
    commit: boolean,
    watch: Watch,
  ): Promise<TransactionIdentity> {
    const { patience, requestTimeout } = this.#settings;
    const deadline = this.#clock.monotonic() + patience;
    const request = {
      kind: 'transaction',
      key: this.#id,
      channel: 'transaction',
      request: { ...identity, commit },
      failure: ({ error }: { readonly error: number }) => this.#refusal('EndTxn', error),
      timeout: requestTimeout,
    } as const;
    // What the copies that were written came to: none was, all were refused, or nobody knows.
    let written: 'no' | 'refused' | 'unknown' = 'no';
    for (let attempt = 0; ; attempt++) {
      try {
        if (protocol === 1) {
          await askCoordinatorOnce(this.#transport, { ...request, message: endTxnV1 });
          return identity;
        }
        const { producerId, epoch } = await askCoordinatorOnce(this.#transport, { ...request, message: endTxnV2 });
        return { transactionalId: this.#id, producerId, epoch };
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (isUnanswered(error)) watch.unanswered();
        if (error.kafkaCode !== undefined && written === 'no') written = 'refused';
        if (error.kind === 'unknown-outcome') written = 'unknown';
        const wait = pause(this.#clock, attempt, error);
        const late = watch.over() || this.#clock.monotonic() + wait > deadline;
        const again = isUnanswered(error) || isRetriable(error) || isTimedOut(error) || isCoordinatorGone(error);
        if (again && !late) {
          await sleep(this.#clock, wait);
          continue;
        }
        if (written === 'no' && error.kind === 'retriable') throw abortable(error);
        const unclear = written === 'unknown' || error.kind === 'retriable' || error.kind === 'abortable';
        throw unclear ? unknownOutcome(error) : error;
      }
    }
  }

  #refusal(request: RequestName, error: number): KafkaError | undefined {
    return error === 0 ? undefined : answeredError(request, error, `transactional id ${this.#id}`);
  }
}

/** It was written, and no answer came, or none that can be read. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof KafkaError && error.kind === 'unknown-outcome' && error.kafkaCode === undefined;
}

function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.kind === 'retriable';
}

/** The coordinator itself waited in vain for its replicas. */
function isTimedOut(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false;
  return error.kafkaCode === ERROR_CODES.REQUEST_TIMED_OUT || error.kafkaCode === ERROR_CODES.NETWORK_EXCEPTION;
}

/** It answers so also after it has written the decision (I5). The identical request finds out. */
function isCoordinatorGone(error: KafkaError): boolean {
  return error.kafkaCode === ERROR_CODES.COORDINATOR_NOT_AVAILABLE || error.kafkaCode === ERROR_CODES.NOT_COORDINATOR;
}

/** Kafka's error as one that ends the transaction, and not the producer. */
export function abortable(error: unknown): KafkaError {
  return turned('abortable', error);
}

function unknownOutcome(error: unknown): KafkaError {
  return turned('unknown-outcome', error);
}

function turned(kind: LogError['kind'], error: unknown): KafkaError {
  if (!(error instanceof KafkaError)) throw error;
  if (error.kind === kind) return error;
  const { request, message, kafkaCode } = error;
  return new KafkaError(kind, request, message, {
    cause: error,
    ...(kafkaCode === undefined ? {} : { kafkaCode }),
  });
}

import { askCoordinator } from '../../../runtime/src/log/kafka/ask-coordinator.ts';
import { answeredError, type KafkaError } from '../../../runtime/src/log/kafka/errors.ts';
import { addOffsetsToTxn } from '../../../runtime/src/log/kafka/messages/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../../../runtime/src/log/kafka/messages/add-partitions-to-txn.ts';
import { endTxnV1 } from '../../../runtime/src/log/kafka/messages/end-txn.ts';
import { initProducerId } from '../../../runtime/src/log/kafka/messages/init-producer-id.ts';
import type { Answer, Message } from '../../../runtime/src/log/kafka/messages/message.ts';
import { produceV1 } from '../../../runtime/src/log/kafka/messages/produce.ts';
import { txnOffsetCommitV1 } from '../../../runtime/src/log/kafka/messages/txn-offset-commit.ts';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import type { CommittedOffset, TopicPartition } from '../../../runtime/src/log/port.ts';
import { type BatchIdentity, NO_PRODUCER } from '../../../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../../../runtime/src/log/record-batch/builder.ts';
import {
  CompressionCodecs,
  type CompressionName,
  compressionId,
} from '../../../runtime/src/log/record-batch/compression.ts';
import { askLeader } from './requests.ts';

const codecs = new CompressionCodecs();

/** One batch of values without keys. */
export async function batchOf(
  values: readonly string[],
  identity: BatchIdentity = NO_PRODUCER,
  compression?: CompressionName,
): Promise<Buffer> {
  const id = compression === undefined ? 0 : compressionId(compression);
  await codecs.load([id]);
  const codec = codecs.get(id);
  const builder = new RecordBatchBuilder({
    batchBytes: 64 * 1024 * 1024,
    maxBytes: 64 * 1024 * 1024,
    compression: codec === undefined ? undefined : { id, codec },
  });
  const place = { timestamp: Date.now(), keyStart: -1, keyEnd: -1, valueStart: 0 };
  for (const value of values) {
    const bytes = Buffer.from(value);
    builder.append({ ...place, bytes, valueEnd: bytes.length }, []);
  }
  return builder.finish(identity);
}

/** Appends a batch as it is. */
export async function appendBatch(
  transport: KafkaTransport,
  partition: TopicPartition,
  batch: Buffer,
  transactionalId: string | null = null,
): Promise<void> {
  const request = {
    transactionalId,
    acks: -1 as const,
    timeout: 10_000,
    partitions: [{ ...partition, records: [batch] }],
  };
  const answer = await askLeader(transport, partition, produceV1, request, (a) => a.partitions[0]?.error);
  const code = answer.partitions[0]?.error ?? -1;
  if (code !== 0) throw answeredError('Produce', code, partition.topic);
}

/** Transactions by the book, one request at a time: a witness that shares nothing with the producer of the runtime. */
export class RawProducer {
  readonly #transport: KafkaTransport;
  readonly #id: string;
  #identity = { transactionalId: '', producerId: -1, epoch: -1 };
  #sequences = new Map<string, number>();
  #added = new Set<string>();

  constructor(transport: KafkaTransport, id: string) {
    this.#transport = transport;
    this.#id = id;
  }

  get producerId(): number {
    return this.#identity.producerId;
  }

  async init(): Promise<this> {
    const request = { transactionalId: this.#id, transactionTimeout: 60_000, producerId: -1, epoch: -1 };
    const { producerId, epoch } = await this.#ask(initProducerId, request, ({ error }) => error);
    this.#identity = { transactionalId: this.#id, producerId, epoch };
    this.#sequences.clear();
    this.#added.clear();
    return this;
  }

  async append(partition: TopicPartition, values: readonly string[], compression?: CompressionName): Promise<void> {
    const name = `${partition.topic}-${partition.partition}`;
    if (!this.#added.has(name)) {
      const request = { ...this.#identity, partitions: [partition] };
      await this.#ask(addPartitionsToTxn, request, (a) => a.partitions.find(({ error }) => error !== 0)?.error ?? 0);
      this.#added.add(name);
    }
    const baseSequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, baseSequence + values.length);
    const identity = { ...this.#identity, baseSequence, transactional: true };
    await appendBatch(this.#transport, partition, await batchOf(values, identity, compression), this.#id);
  }

  /** Of a group without members. */
  async commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#ask(addOffsetsToTxn, { ...this.#identity, group }, ({ error }) => error);
    await askCoordinator(
      this.#transport,
      {
        kind: 'group',
        key: group,
        channel: 'offsets',
        message: txnOffsetCommitV1,
        request: {
          ...this.#identity,
          group,
          generation: -1,
          memberId: '',
          instanceId: null,
          offsets: offsets.map((each) => ({ ...each, leaderEpoch: -1 })),
        },
        failure: (a) => {
          const error = a.partitions.find((each) => each.error !== 0)?.error ?? 0;
          return error === 0 ? undefined : answeredError('TxnOffsetCommit', error, group);
        },
      },
      20_000,
    );
  }

  async end(commit: boolean): Promise<void> {
    await this.#ask(endTxnV1, { ...this.#identity, commit }, ({ error }) => error);
    this.#added.clear();
  }

  #ask<Request, Response extends Answer>(
    message: Message<Request, Response>,
    request: Request,
    code: (answer: Response) => number,
  ): Promise<Response> {
    const failure = (answer: Response): KafkaError | undefined =>
      code(answer) === 0 ? undefined : answeredError(message.name, code(answer), this.#id);
    return askCoordinator(
      this.#transport,
      { kind: 'transaction', key: this.#id, channel: 'transaction', message, request, failure },
      20_000,
    );
  }
}

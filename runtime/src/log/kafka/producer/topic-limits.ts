import type { OutgoingRecord, RecordSizes } from '../../port.ts';
import type { BuilderOptions } from '../../record-batch/builder.ts';
import { checkRecordSize } from '../../record-batch/record-size.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { KafkaError } from '../errors.ts';
import { describeConfigs } from '../messages/describe-configs.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import type { SealedBatch } from './partition-queue.ts';

/** No request of a broker's defaults (`socket.request.max.bytes`) is larger. */
const ANY_SIZE = 64 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 'max.message.bytes';

type Limits = { -readonly [Name in keyof BuilderOptions]: BuilderOptions[Name] };

/**
 * How large batches of each topic may become. Asked for when a topic is first written to, without anybody waiting for it:
 * until then, and where this client may not see it, what the broker refuses tells.
 */
export class TopicLimits implements RecordSizes {
  any: number = ANY_SIZE;
  readonly #transport: KafkaTransport;
  readonly #defaults: Omit<BuilderOptions, 'maxBytes'>;
  readonly #topics = new Map<string, Limits>();

  constructor(transport: KafkaTransport, defaults: Omit<BuilderOptions, 'maxBytes'>) {
    this.#transport = transport;
    this.#defaults = defaults;
  }

  /** @throws RecordTooLargeError */
  check(record: OutgoingRecord): void {
    checkRecordSize(record, this.of(record.topic).maxBytes);
  }

  /** The same object for a topic always: it changes as more is known. */
  of(topic: string): BuilderOptions {
    let limits = this.#topics.get(topic);
    if (limits === undefined) {
      limits = { ...this.#defaults, maxBytes: ANY_SIZE };
      this.#topics.set(topic, limits);
      void this.#learn(topic, limits);
    }
    return limits;
  }

  async #learn(topic: string, limits: Limits): Promise<void> {
    const request = { resources: [{ type: 'topic', name: topic, keys: [MAX_MESSAGE_BYTES] }] } as const;
    try {
      const answer = await retrying(this.#transport.clock, 10_000, () =>
        this.#transport.sendToAny(describeConfigs, request),
      );
      const found = Number(answer.resources[0]?.configs.get(MAX_MESSAGE_BYTES));
      if (found > 0) this.#lower(limits, found);
    } catch {
      // What is too large is refused by the broker then.
    }
  }

  /** A batch failed: where it was too large, its records lie in smaller ones when they come again, or are refused alone. */
  failed(error: unknown, { queue, bytes, size, builder }: SealedBatch): void {
    if (isTooLarge(error)) this.#refused(queue.topic, bytes?.length ?? size, builder.count);
  }

  #lower(limits: Limits, maxBytes: number): void {
    limits.maxBytes = Math.min(limits.maxBytes, maxBytes);
    this.any = Math.min(this.any, maxBytes);
  }

  #refused(topic: string, bytes: number, records: number): void {
    const limits = this.#topics.get(topic);
    if (limits === undefined) return;
    if (records === 1) this.#lower(limits, bytes - 1);
    else limits.batchBytes = Math.min(limits.batchBytes, Math.floor(bytes / 2));
  }
}

function isTooLarge(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false;
  return error.kafkaCode === ERROR_CODES.MESSAGE_TOO_LARGE || error.kafkaCode === ERROR_CODES.RECORD_LIST_TOO_LARGE;
}

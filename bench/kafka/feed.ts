import { setTimeout as sleep } from 'node:timers/promises';
import { murmur2Partition } from '../../runtime/src/format/murmur2.ts';
import type { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { NO_PRODUCER } from '../../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../../runtime/src/log/record-batch/builder.ts';
import { appendBatch } from '../../test/support/kafka/raw-producer.ts';
import { events } from '../peers/src/generated/topics.ts';
import { PARTITIONS } from './events.ts';

const TICK = 10;

/** Writes events to all partitions of a topic at a steady rate, and knows when it sent each. */
export class Feed {
  readonly topic: string;
  readonly partitions: readonly number[] = Array.from({ length: PARTITIONS }, (_, i) => i);
  readonly #transport: KafkaTransport;
  readonly #perTick: number;
  /** By partition and position in it, by `performance.now`. */
  readonly #sent: number[][] = this.partitions.map(() => []);
  /** A key of each partition. */
  readonly #keys: readonly string[] = this.partitions.map(keyOf);
  #running: Promise<void> | undefined;
  #over = false;
  #next = 0;

  constructor(transport: KafkaTransport, topic: string, perSecond: number) {
    this.#transport = transport;
    this.topic = topic;
    this.#perTick = (perSecond * TICK) / 1000;
  }

  sentAt(partition: number, position: number): number {
    return this.#sent[partition]?.[position] ?? Number.NaN;
  }

  begin(): void {
    this.#running = this.#run();
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#running;
  }

  /** To each partition. */
  async sendOnce(): Promise<void> {
    for (const partition of this.partitions) await this.#send(partition);
  }

  async #run(): Promise<void> {
    for (let tick = performance.now(); !this.#over; tick += TICK) {
      await this.#send(this.#next++ % this.partitions.length);
      await sleep(Math.max(0, tick + TICK - performance.now()));
    }
  }

  async #send(partition: number): Promise<void> {
    const builder = new RecordBatchBuilder({ batchBytes: 1024 * 1024, maxBytes: 1024 * 1024 });
    const user = this.#keys[partition] ?? '';
    const now = performance.now();
    for (let i = 0; i < this.#perTick; i++) {
      const event = { id: 'e', user, ts: new Date(), kind: 'VIEW', amount: 1, page: '/', n: i } as const;
      const { key, value } = events.serializeValue(event);
      if (key === null || value === null) continue;
      const bytes = Buffer.concat([key, value]);
      const place = { keyStart: 0, keyEnd: key.length, valueStart: key.length, valueEnd: bytes.length };
      builder.append({ timestamp: Date.now(), bytes, ...place }, []);
      this.#sent[partition]?.push(now);
    }
    await appendBatch(this.#transport, { topic: this.topic, partition }, builder.finish(NO_PRODUCER));
  }
}

function keyOf(partition: number): string {
  for (let i = 0; ; i++) {
    const user = `u${i}`;
    if (murmur2Partition(Buffer.from(user), PARTITIONS) === partition) return user;
  }
}

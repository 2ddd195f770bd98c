import { murmur2Partition } from '../../runtime/src/format/murmur2.ts';
import type { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { NO_PRODUCER } from '../../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../../runtime/src/log/record-batch/builder.ts';
import {
  CompressionCodecs,
  type CompressionName,
  compressionId,
} from '../../runtime/src/log/record-batch/compression.ts';
import { appendBatch } from '../../test/support/kafka/raw-producer.ts';
import { events } from '../peers/src/generated/topics.ts';
import type { Event } from '../peers/src/generated/types/bench/avro/event.ts';
import { Kind } from '../peers/src/generated/types/bench/avro/kind.ts';
import { random } from '../random.ts';

export const PARTITIONS = 8;

export interface EventsOptions {
  readonly records: number;
  /** Each has about as many events as the others. */
  readonly users: number;
  readonly batchBytes?: number | undefined;
  readonly compression?: CompressionName | undefined;
}

/** Batches of events of about 90 bytes a record, with the partition each belongs in. */
export async function* eventBatches({
  records,
  users,
  batchBytes = 64 * 1024,
  compression,
}: EventsOptions): AsyncGenerator<{ readonly partition: number; readonly batch: Buffer }> {
  const id = compression === undefined ? 0 : compressionId(compression);
  const codecs = new CompressionCodecs();
  await codecs.load([id]);
  const codec = codecs.get(id);
  const options = { batchBytes, maxBytes: 1024 * 1024, compression: codec === undefined ? undefined : { id, codec } };
  const builders = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder(options));
  const r = random(42);
  const ids = Array.from({ length: 4096 }, () => r.text(12));
  const start = Date.now();
  for (let i = 0; i < records; i++) {
    // All users in turn, each time in another order than that of their numbers.
    const user = `u${String((i * 7919) % users).padStart(7, '0')}`;
    const event: Event = {
      id: ids[i & 4095] ?? '',
      user,
      ts: new Date(start + Math.floor(i / 1000)),
      kind: Kind.symbols[i % Kind.symbols.length] ?? 'VIEW',
      amount: ((i * 37) % 10_000) / 100,
      page: `/shop/cat-${10 + (i % 90)}/it-${1000 + (i % 9000)}`,
      n: i % 100_000,
    };
    const { key, value } = events.serializeValue(event);
    if (key === null || value === null) continue;
    const partition = murmur2Partition(key, PARTITIONS);
    const bytes = Buffer.concat([key, value]);
    const record = {
      timestamp: event.ts.getTime(),
      bytes,
      keyStart: 0,
      keyEnd: key.length,
      valueStart: key.length,
      valueEnd: bytes.length,
    };
    const builder = builders[partition];
    if (builder === undefined || builder.append(record, [])) continue;
    yield { partition, batch: builder.finish(NO_PRODUCER) };
    builder.reset();
    builder.append(record, []);
  }
  for (const [partition, builder] of builders.entries()) {
    if (builder.count > 0) yield { partition, batch: builder.finish(NO_PRODUCER) };
  }
}

/** Puts events into a topic of `PARTITIONS` partitions. */
export async function loadEvents(transport: KafkaTransport, topic: string, options: EventsOptions): Promise<void> {
  for await (const { partition, batch } of eventBatches(options)) {
    await appendBatch(transport, { topic, partition }, Buffer.from(batch));
  }
}

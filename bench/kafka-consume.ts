// Reading records from Kafka 4.1.0 without decoding them, read_committed: a million of 125 B in 8 partitions, written in
// batches of 64 KiB. Starts a broker of its own, or takes that of KAFKA_BROKERS. Printed only.
// `npx node --conditions=kgen-source bench/kafka-consume.ts`
import { KafkaSource, type KafkaSourceOptions } from '../runtime/src/log/kafka/source/kafka-source.ts';
import { KafkaTransport } from '../runtime/src/log/kafka/transport/transport.ts';
import { NO_PRODUCER } from '../runtime/src/log/record-batch/batch-header.ts';
import { RecordBatchBuilder } from '../runtime/src/log/record-batch/builder.ts';
import { CompressionCodecs, type CompressionName, compressionId } from '../runtime/src/log/record-batch/compression.ts';
import { fastestCrc32c } from '../runtime/src/log/record-batch/native-crc32c.ts';
import { systemClock } from '../runtime/src/time/clock.ts';
import { startBroker } from '../test/support/kafka/broker.ts';
import { appendBatch } from '../test/support/kafka/raw-producer.ts';
import { newTopic } from '../test/support/kafka/requests.ts';
import { median, sink } from './harness.ts';
import { random } from './random.ts';

const RECORDS = 1_000_000;
const PARTITIONS = 8;
const ROUNDS = 5;
const KEY_SIZE = 12;

async function fill(transport: KafkaTransport, compression: CompressionName | undefined): Promise<string> {
  const topic = await newTopic(transport, PARTITIONS);
  const r = random(7);
  const texts = Array.from({ length: 4096 }, () => Buffer.from(r.text(KEY_SIZE + r.int(88, 138))));
  const codecs = new CompressionCodecs();
  const id = compression === undefined ? 0 : compressionId(compression);
  await codecs.load([id]);
  const codec = codecs.get(id);
  const builder = new RecordBatchBuilder({
    batchBytes: 64 * 1024,
    maxBytes: 1024 * 1024,
    compression: codec === undefined ? undefined : { id, codec },
  });
  let batches = 0;
  const send = async (): Promise<void> => {
    await appendBatch(
      transport,
      { topic, partition: batches++ % PARTITIONS },
      Buffer.from(builder.finish(NO_PRODUCER)),
    );
    builder.reset();
  };
  for (let i = 0; i < RECORDS; i++) {
    const bytes = texts[i & 4095] ?? Buffer.alloc(0);
    const value = { bytes, valueStart: KEY_SIZE, valueEnd: bytes.length };
    const record = { timestamp: 1_700_000_000_000 + i, keyStart: 0, keyEnd: KEY_SIZE, ...value };
    if (builder.append(record, [])) continue;
    await send();
    builder.append(record, []);
  }
  await send();
  return topic;
}

async function consume(source: KafkaSource, topic: string): Promise<void> {
  source.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })));
  let count = 0;
  let sum = 0;
  while (count < RECORDS) {
    for (const { records } of await source.poll(5000)) {
      while (records.next()) {
        count++;
        sum += records.timestamp + (records.bytes[records.valueStart] ?? 0) + records.keyEnd;
      }
    }
  }
  if (count !== RECORDS) throw new Error(`${count} records`);
  sink.value = sum;
}

async function measure(transport: KafkaTransport, topic: string, options: KafkaSourceOptions): Promise<string> {
  const seconds: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const source = new KafkaSource(`bench ${topic} ${round}`, transport, options);
    const start = performance.now();
    const before = process.cpuUsage();
    await consume(source, topic);
    const { user, system } = process.cpuUsage(before);
    source.close();
    if (round === 0) continue; // warm-up
    seconds.push((performance.now() - start) / 1000);
    cpu.push((user + system) / 1e6);
  }
  const rate = RECORDS / median(seconds) / 1e6;
  return `${rate.toFixed(2).padStart(6)} M records/s  ${median(cpu).toFixed(2)} CPU s per million`;
}

const { KAFKA_BROKERS } = process.env;
const broker = KAFKA_BROKERS === undefined ? await startBroker() : undefined;
try {
  const brokers = KAFKA_BROKERS?.split(',') ?? [broker?.address ?? ''];
  const transport = await KafkaTransport.connect({ brokers }, systemClock);
  const checksum = await fastestCrc32c();
  for (const compression of [undefined, 'lz4', 'zstd'] as const) {
    const topic = await fill(transport, compression);
    console.log(`${(compression ?? 'none').padEnd(20)}${await measure(transport, topic, { checksum })}`);
    if (compression === undefined) console.log(`${'checksum in JS'.padEnd(20)}${await measure(transport, topic, {})}`);
  }
  await transport.close();
} finally {
  await broker?.stop();
}

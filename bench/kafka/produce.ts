import { kafkaProducers } from '../../runtime/src/log/kafka/producer/open-producer.ts';
import type { TransactionProtocol } from '../../runtime/src/log/kafka/producer/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import type { TransactionalProducer } from '../../runtime/src/log/port.ts';
import type { CompressionName } from '../../runtime/src/log/record-batch/compression.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic, unique } from '../../test/support/kafka/requests.ts';
import { median } from '../harness.ts';
import { random } from '../random.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { PARTITIONS } from './events.ts';

const RECORDS = 1_000_000;
const ROUNDS = 4;
const POOL = 4096;
const INTERVAL = 1000;

const CASES: readonly { readonly protocol: TransactionProtocol; readonly compression?: CompressionName }[] = [
  { protocol: 2 },
  { protocol: 1 },
  { protocol: 2, compression: 'lz4' },
  { protocol: 2, compression: 'zstd' },
];

/** Keys of 8 bytes with values of 92 to 142, one behind the other. */
function pool(): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  const r = random(5);
  const parts = Array.from({ length: POOL }, () => Buffer.from(r.text(8) + r.text(r.int(92, 142))));
  let end = 0;
  const ends = parts.map(({ length }) => {
    end += length;
    return end;
  });
  return { bytes: Buffer.concat(parts), ends };
}

/** Appends all records, with a commit each second. Returns the time in commits, in milliseconds each. */
async function produce(
  producer: TransactionalProducer,
  topic: string,
  records: ReturnType<typeof pool>,
): Promise<number[]> {
  const { bytes, ends } = records;
  const headers: [] = [];
  const record = {
    topic,
    partition: 0,
    headers,
    timestamp: 0,
    bytes,
    keyStart: 0,
    keyEnd: 0,
    valueStart: 0,
    valueEnd: 0,
  };
  const commits: number[] = [];
  let last = performance.now();
  const commit = async (): Promise<void> => {
    const before = performance.now();
    await producer.commit();
    last = performance.now();
    commits.push(last - before);
  };
  for (let i = 0; i < RECORDS; i++) {
    const at = i % POOL;
    record.partition = i % PARTITIONS;
    record.timestamp = 1_700_000_000_000 + i;
    record.keyStart = at === 0 ? 0 : (ends[at - 1] ?? 0);
    record.keyEnd = record.keyStart + 8;
    record.valueStart = record.keyEnd;
    record.valueEnd = ends[at] ?? 0;
    const pressure = producer.append(record);
    if (pressure !== undefined) await pressure;
    if (i % 1024 === 0 && performance.now() - last > INTERVAL) await commit();
  }
  await commit();
  return commits;
}

/** Records of about 125 bytes in transactions of a second, without a job. */
export async function benchProduce(): Promise<Report> {
  const records = pool();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const results = [];
    for (const { protocol, compression = 'none' } of CASES) {
      const topic = await newTopic(transport, PARTITIONS, { 'retention.ms': '-1' });
      const { transactional: open } = kafkaProducers(transport, {
        protocol,
        compression: compression === 'none' ? undefined : compression,
      });
      const seconds: number[] = [];
      const cpu: number[] = [];
      const commits: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const producer = await open(unique('bench-produce'));
        const start = performance.now();
        const before = process.cpuUsage();
        const times = await produce(producer, topic, records);
        const { user, system } = process.cpuUsage(before);
        producer.close();
        if (round === 0) continue; // warm-up
        seconds.push((performance.now() - start) / 1000);
        cpu.push((user + system) / RECORDS);
        commits.push(...times);
      }
      results.push({
        protocol,
        compression,
        recordsPerSecond: Math.round(RECORDS / median(seconds)),
        cpuSecondsPerMillion: median(cpu),
        commitMilliseconds: median(commits),
      });
    }
    await transport.close();
    const lines = results.map((result) => {
      const rate = `${Math.round(result.recordsPerSecond / 1000)}k`.padStart(11);
      const cpu = result.cpuSecondsPerMillion.toFixed(2).padStart(20);
      const commit = result.commitMilliseconds.toFixed(0).padStart(12);
      return `${String(result.protocol).padEnd(10)}${result.compression.padEnd(13)}${rate}${cpu}${commit}`;
    });
    return {
      name: 'kafka-produce',
      title: `Producing ${RECORDS} records of about 125 bytes to ${PARTITIONS} partitions, a transaction each second, Node ${process.versions.node}`,
      table: ['protocol  compression    records/s   CPU s per million   commit ms', ...lines].join('\n'),
      results,
    };
  });
}

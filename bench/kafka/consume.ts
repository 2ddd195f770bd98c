import { Reader } from '../../runtime/src/codec/reader.ts';
import { KafkaSource } from '../../runtime/src/log/kafka/source/kafka-source.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import type { RecordCursor } from '../../runtime/src/log/port.ts';
import { fastestCrc32c } from '../../runtime/src/log/record-batch/native-crc32c.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { newTopic } from '../../test/support/kafka/requests.ts';
import { median, sink } from '../harness.ts';
import { events } from '../peers/src/generated/topics.ts';
import type { Report } from '../report.ts';
import { withBrokers } from './brokers.ts';
import { loadEvents, PARTITIONS } from './events.ts';

const RECORDS = 1_000_000;
const ROUNDS = 5;

/** What is done with each record. Returns something that depends on it. */
type Each = (records: RecordCursor) => number;

const touch: Each = (records) => records.timestamp + (records.bytes[records.valueStart] ?? 0) + records.keyEnd;

/** Key and value, as jobs read them. */
function decoding(): Each {
  let chunk: Buffer = Buffer.alloc(0);
  let reader = new Reader(chunk);
  return ({ bytes, keyStart, keyEnd, valueStart, valueEnd }) => {
    if (bytes !== chunk) {
      chunk = bytes;
      reader = new Reader(chunk);
    }
    reader.reset(keyStart, keyEnd);
    const key = events.key.read(reader);
    reader.reset(valueStart, valueEnd);
    const event = events.value.read(reader);
    return key.length + event.amount;
  };
}

async function read(source: KafkaSource, topic: string, each: Each): Promise<void> {
  source.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })));
  let count = 0;
  let sum = 0;
  while (count < RECORDS) {
    for (const { records } of await source.poll(5000)) {
      while (records.next()) {
        count++;
        sum += each(records);
      }
    }
  }
  if (count !== RECORDS) throw new Error(`${count} records`);
  sink.value = sum;
}

/** Events read from Kafka, read_committed, without a job: fetched and checked only, and decoded as well. */
export async function benchConsume(): Promise<Report> {
  const checksum = await fastestCrc32c();
  return withBrokers(async (brokers) => {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const results: { what: string; compression: string; recordsPerSecond: number; cpuSecondsPerMillion: number }[] = [];
    for (const compression of ['none', 'lz4', 'zstd'] as const) {
      const topic = await newTopic(transport, PARTITIONS, { 'retention.ms': '-1' });
      const options = { records: RECORDS, users: 50_000 };
      await loadEvents(transport, topic, compression === 'none' ? options : { ...options, compression });
      for (const [what, each] of [
        ['fetch', touch],
        ['fetch + decode', decoding()],
      ] as const) {
        const seconds: number[] = [];
        const cpu: number[] = [];
        for (let round = 0; round <= ROUNDS; round++) {
          const source = new KafkaSource(`${what} ${compression} ${round}`, transport, { checksum });
          const start = performance.now();
          const before = process.cpuUsage();
          await read(source, topic, each);
          const { user, system } = process.cpuUsage(before);
          source.close();
          if (round === 0) continue; // warm-up
          seconds.push((performance.now() - start) / 1000);
          cpu.push((user + system) / RECORDS);
        }
        const recordsPerSecond = Math.round(RECORDS / median(seconds));
        results.push({ what, compression, recordsPerSecond, cpuSecondsPerMillion: median(cpu) });
      }
    }
    await transport.close();
    const lines = results.map(({ what, compression, recordsPerSecond, cpuSecondsPerMillion }) => {
      const rate = `${(recordsPerSecond / 1e6).toFixed(2)} M`.padStart(11);
      return `${what.padEnd(16)}${compression.padEnd(13)}${rate}${cpuSecondsPerMillion.toFixed(2).padStart(20)}`;
    });
    return {
      name: 'kafka-consume',
      title: `Reading ${RECORDS} events of about 90 bytes from ${PARTITIONS} partitions, Node ${process.versions.node}`,
      table: ['                compression    records/s   CPU s per million', ...lines].join('\n'),
      results,
    };
  });
}

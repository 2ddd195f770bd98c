// Produces 1,000,000 records of about 125 bytes over 8 partitions in transactions of one second.
// Starts a broker of its own, or takes that of KAFKA_BROKERS. Printed only.
// `npx node --conditions=kgen-source bench/kafka-produce.ts [protocol] [compression] [batchBytes]`
import { createTopics } from '../runtime/src/log/kafka/messages/create-topics.ts';
import { kafkaProducers } from '../runtime/src/log/kafka/producer/open-producer.ts';
import { KafkaTransport } from '../runtime/src/log/kafka/transport/transport.ts';
import { type CompressionName, compressionId } from '../runtime/src/log/record-batch/compression.ts';
import { systemClock } from '../runtime/src/time/clock.ts';
import { startBroker } from '../test/support/kafka/broker.ts';
import { random } from './random.ts';

const RECORDS = 1_000_000;
const PARTITIONS = 8;
const POOL = 4096;
const [protocolName = '2', compressionName, batchBytes = '262144'] = process.argv.slice(2);
const protocol = protocolName === '1' ? 1 : 2;

/** Keys of 8 bytes with values of 100 to 150, one behind the other. */
function pool(): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  const r = random(5);
  const parts = Array.from({ length: POOL }, () => Buffer.from(r.text(8) + r.text(r.int(100, 150) - 8)));
  let end = 0;
  const ends = parts.map(({ length }) => {
    end += length;
    return end;
  });
  return { bytes: Buffer.concat(parts), ends };
}

function compression(name: string | undefined): CompressionName | undefined {
  if (name === undefined || name === 'none') return undefined;
  if (compressionId(name as CompressionName) < 1) throw new RangeError(`no compression ${name}`);
  return name as CompressionName;
}

async function measure(brokers: readonly string[]): Promise<void> {
  const transport = await KafkaTransport.connect({ brokers }, systemClock);
  const topic = `bench-produce-${Date.now()}`;
  const create = { topics: [{ topic, partitions: PARTITIONS, replicationFactor: 1, configs: {} }] };
  await transport.sendToAny(createTopics, { ...create, timeout: 10_000, validateOnly: false });
  const options = { protocol, compression: compression(compressionName), batchBytes: Number(batchBytes) } as const;
  const open = kafkaProducers(transport, options);
  const { bytes, ends } = pool();
  for (let round = 0; round < 3; round++) {
    const producer = await open(`${topic}-${round}`);
    const record = {
      topic,
      partition: 0,
      headers: [],
      timestamp: 0,
      bytes,
      keyStart: 0,
      keyEnd: 0,
      valueStart: 0,
      valueEnd: 0,
    };
    const start = performance.now();
    const cpu = process.cpuUsage();
    let commits = 0;
    let committing = 0;
    let slowest = 0;
    let last = start;
    const commit = async (): Promise<void> => {
      const before = performance.now();
      await producer.commit();
      last = performance.now();
      committing += last - before;
      slowest = Math.max(slowest, last - before);
      commits++;
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
      if (i % 1024 === 0 && performance.now() - last > 1000) await commit();
    }
    await commit();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const rate = Math.round(RECORDS / seconds / 1000);
    const cpuSeconds = ((user + system) / 1e6).toFixed(2);
    const mean = (committing / commits).toFixed(1);
    console.log(
      `protocol ${protocol}: ${rate}k records/s, ${cpuSeconds} CPU s, ${commits} commits of ${mean} ms (slowest ${slowest.toFixed(1)})`,
    );
    producer.close();
  }
  await transport.close();
}

const { KAFKA_BROKERS } = process.env;
if (KAFKA_BROKERS !== undefined) await measure(KAFKA_BROKERS.split(','));
else {
  const broker = await startBroker();
  try {
    await measure([broker.address]);
  } finally {
    await broker.stop();
  }
}

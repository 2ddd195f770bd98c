import { isLogError, LogError } from '@kgen/runtime';
import type { KafkaLog, KafkaLogOptions } from '@kgen/runtime/kafka';
import { closest } from '../config/closest.ts';
import type { Finding } from '../finding.ts';
import { otherPartitions } from './other-partitions.ts';
import type { Runtime } from './runtime.ts';

/** Where a record lies. */
export interface RecordAddress {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | 'earliest' | 'latest';
}

export interface KafkaRecord extends RecordAddress {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** For how many milliseconds Kafka may stay silent. */
const PATIENCE = 10_000;
/** The newest record is looked for so many offsets before the end, then in more and more: markers of transactions lie there too. */
const BACKWARDS: readonly number[] = [2, 64, 4096];

/** Reads one committed record, or says why there is none. */
export async function readRecord(
  { kafkaLog }: Pick<Runtime, 'kafkaLog'>,
  options: KafkaLogOptions,
  address: RecordAddress,
): Promise<KafkaRecord | { readonly finding: Finding }> {
  const log = kafkaLog({ ...options, patience: PATIENCE });
  try {
    await log.connect();
    return await find(log, address);
  } catch (error) {
    if (!isLogError(error)) throw error;
    const reason = `Kafka at ${options.brokers.join(', ')}: ${error.message}`;
    return { finding: { path: '--topic', reason, hint: 'Check --brokers or KAFKA_BROKERS, TLS and credentials' } };
  } finally {
    await log.close();
  }
}

async function find(log: KafkaLog, address: RecordAddress): Promise<KafkaRecord | { readonly finding: Finding }> {
  const { topic, partition, offset } = address;
  const none = (path: string, reason: string, hint: string): { readonly finding: Finding } => {
    return { finding: { path, reason, hint } };
  };
  const description = (await log.topics([topic])).get(topic);
  if (description === undefined) {
    const near = closest(topic, [...(await log.topics()).keys()]);
    const hint = near === undefined ? 'Check its name, and --brokers' : `Did you mean '${near}'?`;
    return none('--topic', `Kafka has no topic '${topic}'`, hint);
  }
  if (partition >= description.partitions) {
    const hint = `It has partitions 0 to ${description.partitions - 1}`;
    return none('--partition', `topic '${topic}' has no partition ${partition}`, hint);
  }
  const [bounds] = await log.bounds([{ topic, partition }]);
  const { start = 0, stableEnd = 0, end = 0 } = bounds ?? {};
  const place = `partition ${partition} of '${topic}'`;
  const range = `It holds offsets ${start} to ${stableEnd - 1}`;
  const others = (): Promise<string> => otherPartitions(log, address, description.partitions);
  if (stableEnd <= start) return none('--partition', `${place} holds no committed records`, await others());
  if (offset === 'latest') {
    for (const back of [...BACKWARDS, stableEnd]) {
      const found = await read(log, address, Math.max(start, stableEnd - back), stableEnd, 'last');
      if (found !== undefined) return found;
    }
    return none(
      '--partition',
      `${place} holds no committed records`,
      `${range}, all aborted or compacted away. ${await others()}`,
    );
  }
  const from = offset === 'earliest' ? start : offset;
  if (from < start) return none('--offset', `offset ${from} of ${place} is deleted`, range);
  if (from >= end) return none('--offset', `offset ${from} of ${place} is not written yet`, range);
  if (from >= stableEnd) {
    return none('--offset', `offset ${from} of ${place} is in a transaction that is not decided yet`, range);
  }
  const found = await read(log, address, from, stableEnd, 'first');
  if (found !== undefined && (offset === 'earliest' || found.offset === from)) return found;
  const reason = `offset ${from} of ${place} holds no record: it is a transaction's marker, was aborted, or compacted away`;
  return none('--offset', reason, found === undefined ? range : `The next one is ${found.offset}`);
}

/** The first or last record of some offsets; undefined where they hold none. */
async function read(
  log: KafkaLog,
  { topic, partition }: RecordAddress,
  from: number,
  to: number,
  which: 'first' | 'last',
): Promise<KafkaRecord | undefined> {
  const source = log.source();
  const deadline = performance.now() + PATIENCE;
  let found: KafkaRecord | undefined;
  try {
    source.assign([{ topic, partition, offset: from }]);
    for (let position = from; position < to; ) {
      if (performance.now() > deadline) throw new LogError('retriable', 'it does not answer in time');
      for (const { records, nextOffset } of await source.poll(500)) {
        while (records.next()) {
          if (records.offset < from || records.offset >= to) continue;
          const part = (start: number, end: number): Uint8Array | null => {
            return start < 0 ? null : new Uint8Array(records.bytes.subarray(start, end));
          };
          found = {
            topic,
            partition,
            offset: records.offset,
            timestamp: records.timestamp,
            headers: records.headers().map(([name, value]) => [name, value && new Uint8Array(value)]),
            key: part(records.keyStart, records.keyEnd),
            value: part(records.valueStart, records.valueEnd),
          };
          if (which === 'first') return found;
        }
        position = nextOffset;
      }
    }
    return found;
  } finally {
    source.close();
  }
}

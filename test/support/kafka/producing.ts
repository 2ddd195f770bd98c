import { setTimeout as sleep } from 'node:timers/promises';
import { partitionBounds } from '../../../runtime/src/log/kafka/admin/bounds.ts';
import { committedOffsets } from '../../../runtime/src/log/kafka/admin/committed-offsets.ts';
import { KafkaSource } from '../../../runtime/src/log/kafka/source/kafka-source.ts';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError, type OutgoingRecord, type TopicPartition } from '../../../runtime/src/log/port.ts';
import { unique } from './requests.ts';

/** A record with a value alone. */
export function valued(topic: string, partition: number, value: string | Buffer): OutgoingRecord {
  const bytes = Buffer.from(value);
  const place = { timestamp: 1234, bytes, keyStart: -1, keyEnd: -1, valueStart: 0, valueEnd: bytes.length };
  return { topic, partition, headers: [], ...place };
}

/** The values of a partition that are committed, when all its transactions are decided. */
export async function decidedValues(transport: KafkaTransport, partition: TopicPartition): Promise<string[]> {
  for (const deadline = Date.now() + 15_000; ; await sleep(20)) {
    const [bounds] = await partitionBounds(transport, [partition], 5000);
    if (bounds !== undefined && bounds.stableEnd === bounds.end) return stableValues(transport, partition);
    if (Date.now() > deadline) throw new Error('a transaction stays undecided');
  }
}

/** Those up to the last stable offset of the moment. */
export async function stableValues(transport: KafkaTransport, partition: TopicPartition): Promise<string[]> {
  const [bounds] = await partitionBounds(transport, [partition], 5000);
  const source = new KafkaSource(unique('reader'), transport);
  const values: string[] = [];
  let position = 0;
  source.assign([{ ...partition, offset: 0 }]);
  while (position < (bounds?.stableEnd ?? 0)) {
    for (const { records, nextOffset } of await source.poll(500)) {
      while (records.next()) values.push(records.bytes.toString('utf8', records.valueStart, records.valueEnd));
      position = nextOffset;
    }
  }
  source.close();
  return values;
}

/** What the group has committed of one partition, when no transaction over it is undecided; undefined for nothing. */
export async function decidedOffset(
  transport: KafkaTransport,
  group: string,
  partition: TopicPartition,
): Promise<{ readonly offset: number; readonly metadata: string } | undefined> {
  const [found] = await committedOffsets(transport, group, [partition], { patience: 5000, undecided: 15_000 });
  return found === undefined ? undefined : { offset: found.offset, metadata: found.metadata };
}

/** The kind of the error, or `fine`. Synchronous ones as well. */
export async function outcome(request: () => unknown): Promise<string> {
  try {
    await request();
    return 'fine';
  } catch (error) {
    if (isLogError(error)) return error.kind;
    throw error;
  }
}

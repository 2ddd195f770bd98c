import type { SerializedRecord } from '@kgen/runtime';
import type { KafkaLog } from '@kgen/runtime/kafka';
import { murmur2Partition } from '../../../runtime/src/format/murmur2.ts';
import { type Order, orders } from '../../task/count-job.ts';

/** Each has an amount of its own, so that a sum tells which orders it is of. */
export function manyOrders(from: number, count: number, keys: number): Order[] {
  return Array.from({ length: count }, (_, i) => ({
    customer: `c${(Math.imul(from + i, 2_654_435_761) >>> 8) % keys}`,
    amount: from + i,
  }));
}

/** Writes them in one transaction of their own. */
export async function produceOrders(log: KafkaLog, to: Destination, list: readonly Order[]): Promise<void> {
  // Older ones than now the broker deletes, half a minute after its start.
  const now = { timestamp: BigInt(Date.now()) };
  await produceRecords(
    log,
    to,
    list.map((order) => orders.serializeValue(order, now)),
  );
}

export interface Destination {
  readonly topic: string;
  readonly partitions: number;
}

/** In one transaction, each in the partition that its key says. */
export async function produceRecords(
  log: KafkaLog,
  { topic, partitions }: Destination,
  records: readonly SerializedRecord[],
): Promise<void> {
  const producer = await log.producer(`feed-of-${topic}`);
  try {
    for (const { key, value, timestamp } of records) {
      if (key === null || value === null) throw new Error('a record without key or value');
      await producer.append({
        topic,
        partition: murmur2Partition(key, partitions),
        timestamp: Number(timestamp ?? Date.now()),
        bytes: Buffer.concat([key, value]),
        keyStart: 0,
        keyEnd: key.length,
        valueStart: key.length,
        valueEnd: key.length + value.length,
        headers: [],
      });
    }
    await producer.commit();
  } finally {
    producer.close();
  }
}

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
export async function produceOrders(
  log: KafkaLog,
  to: { readonly topic: string; readonly partitions: number },
  list: readonly Order[],
): Promise<void> {
  const producer = await log.producer(`feed-of-${to.topic}`);
  try {
    for (const order of list) {
      const { key, value } = orders.serializeValue(order);
      if (key === null || value === null) throw new Error('an order has a key and a value');
      await producer.append({
        topic: to.topic,
        partition: murmur2Partition(key, to.partitions),
        timestamp: Date.now(), // older ones the broker deletes, half a minute after its start
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

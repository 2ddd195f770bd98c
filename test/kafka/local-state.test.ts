import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, expect, test } from 'vitest';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { judge } from './chaos/verdict.ts';

await describeKafka('state in LMDB', (brokers) => {
  const folder = mkdtempSync(join(tmpdir(), 'kgen-lmdb-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is gone on from after restarts, by other instances too, and what one did elsewhere is caught up with', async () => {
    const log = kafkaLog({ brokers });
    const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 2 })));
    const options = { log, group: unique('group'), topics, until: 'latest', logger: false } as const;
    const job = countJob({ orders: countOrder }, 20);
    const destination = { topic: topics.orders, partitions: 2 };
    const restored: number[] = [];
    let produced = 0;
    const more = async (count: number, store: 'memory' | { lmdb: string }): Promise<void> => {
      await produceOrders(log, destination, manyOrders(produced, count, 500));
      produced += count;
      const { metrics } = await run(job, { ...options, store });
      expect(metrics.records).toBe(count);
      restored.push(metrics.restoredRecords);
    };
    const lmdb = { lmdb: folder };
    await more(3000, lmdb);
    await more(50, lmdb);
    await more(50, lmdb);
    await more(50, 'memory');
    await more(50, lmdb);
    const [first = 0, , third = 0, whole = 0, last = 0] = restored;
    expect(first).toBe(0);
    // A key each, two checkpoint records and more; not the 500 keys that memory has to have.
    expect(third).toBeLessThan(120);
    expect(whole).toBeGreaterThan(500);
    expect(last).toBeLessThan(220);
    expect(await judge(brokers, topics)).toEqual({ inputs: produced, outputs: produced, wrong: [] });
    await log.close();
  }, 60_000);
});

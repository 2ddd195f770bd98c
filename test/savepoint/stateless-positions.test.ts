import { type Log, run } from '@kgen/runtime';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { orders } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';
import { type CartJob, cartJob } from './cart-job.ts';
import { cartLog, files, quiet } from './harness.ts';

const { next: newFile } = files();

/** A job without state, of all topics that match. */
function plainJob(): CartJob {
  const { declaration, handlers } = cartJob('plain', { state: {}, timers: [] });
  const input = { topic: { ...orders, names: [], pattern: /orders.*/ }, as: 'stream', outOfOrderness: 0 };
  return {
    declaration: { ...declaration, inputs: { orders: input } } as CartJob['declaration'],
    handlers: { ...handlers, orders: () => undefined },
  };
}

test('a savepoint of a job without state has all positions of it, also of topics and partitions that brokers tell of late', async () => {
  const log = cartLog(0);
  log.createTopic('orders-late', 3);
  const produce = (topic: string, count: number, seed: number): void =>
    log.produce(someOrders(count, seed).map((order) => ({ ...orders.serializeValue(order), topic })));
  for (const topic of ['orders', 'orders-late']) produce(topic, 50, 1);
  await run(plainJob(), { log, ...quiet });
  for (const topic of ['orders', 'orders-late']) produce(topic, 10, 2);
  const stale: Log = {
    ...log,
    async topics(names) {
      const found = new Map(await log.topics(names));
      found.delete('orders-late');
      return found;
    },
  };
  const file = newFile();
  const { partitions } = await writeSavepoint(plainJob(), { log: stale, file, logger: false });
  expect(partitions).toBe(3);
  const { metrics } = await run(plainJob(), { log, ...quiet, group: 'other', from: savepoint(file) });
  expect(metrics.records).toBe(20);
});

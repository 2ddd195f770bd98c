import { start } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CuttingProxy, cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { chaos } from './chaos/chaos.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { judge } from './chaos/verdict.ts';

const [END_TXN, TXN_OFFSET_COMMIT] = [26, 28];

// Several checkpoints are under way at once, since brokers take long to commit (I15).
await describeKafka('checkpoints at once', (brokers) => {
  let proxy: CuttingProxy;
  beforeAll(async () => {
    proxy = await cuttingProxy(brokers[0] ?? '');
  });
  afterAll(() => proxy.stop());

  test.each([1, 2] as const)(
    'commit each record once, in order, and leave no transaction open, with protocol %s',
    async (protocol) => {
      proxy.slow([END_TXN, TXN_OFFSET_COMMIT], 60);
      const log = kafkaLog({ brokers: [proxy.address], producer: { protocol } });
      const direct = kafkaLog({ brokers });
      const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
      const group = unique('group');
      await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 2 })));
      // The first one has not come to the end when it is killed, on any machine.
      let pause = 10;
      const job = countJob(
        {
          async orders(order, ctx) {
            await new Promise((resolve) => setTimeout(resolve, pause));
            countOrder(order, ctx);
          },
        },
        5,
      );
      await produceOrders(log, { topic: topics.orders, partitions: 2 }, manyOrders(0, 8000, 20));
      const options = { log, group, topics, instance: 'a', logger: false } as const;
      const first = start(job, { ...options, concurrentCheckpoints: 3 });
      await expect.poll(() => first.metrics().checkpoints, { timeout: 30_000 }).toBeGreaterThan(5);
      expect(first.metrics().checkpointsDelayed).toBeGreaterThan(0);
      // As a process that is killed: what it has under way is left open.
      const open = async (): Promise<number> => (await direct.openTransactions(`${group}/`)).length;
      await expect.poll(open, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
      first.kill();
      await expect(first.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
      pause = 1;
      const second = start(job, { ...options, concurrentCheckpoints: 1 });
      const partitions = [0, 1].map((partition) => ({ topic: topics.orders, partition }));
      const committed = async (): Promise<number> =>
        (await log.committedOffsets(group, partitions)).reduce((sum, { offset }) => sum + offset, 0);
      await expect.poll(committed, { timeout: 60_000 }).toBeGreaterThanOrEqual(8000);
      expect(await second.stop()).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
      expect(await open()).toBe(0);
      expect(await judge(brokers, topics)).toMatchObject({ inputs: 8000, outputs: 8000, wrong: [] });
      await Promise.all([log.close(), direct.close()]);
    },
    120_000,
  );

  test('count each record once, in order, while instances with other numbers of them are killed and suspended', async () => {
    proxy.slow([END_TXN, TXN_OFFSET_COMMIT], 20);
    const log: string[] = [];
    const { inputs, outputs, wrong, unexpected } = await chaos({
      brokers: [proxy.address],
      seed: 2,
      records: 6000,
      partitions: 6,
      keys: 50,
      duration: 10_000,
      pauseEvery: 2,
      several: true,
      say: (line) => log.push(line),
    });
    expect(wrong, log.join('\n')).toEqual([]);
    expect(unexpected).toEqual([]);
    expect({ inputs, outputs }).toEqual({ inputs: 6050, outputs: 6050 });
  }, 240_000);
});

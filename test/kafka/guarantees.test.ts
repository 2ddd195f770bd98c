import { start } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { chaos } from './chaos/chaos.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { compareRepeated } from './chaos/verdict.ts';

test('the judge of chaos sees what is lost, and what was never due, where outputs come again', () => {
  const inputs = [3, 4, 5].map((amount) => ({ customer: 'a', amount }));
  type Out = { readonly customer: string; readonly count: number; readonly sum: number };
  const [one, two, three] = [3, 7, 12].map((sum, i) => ({ customer: 'a', count: i + 1, sum })) as [Out, Out, Out];
  const wrong = (guarantee: 'at-least-once' | 'none', ...outputs: readonly Out[]): number =>
    compareRepeated(inputs, outputs, { guarantee, stateless: false }).wrong.length;
  expect(wrong('at-least-once', one, two, one, two, three)).toBe(0);
  expect([wrong('at-least-once', one, three), wrong('none', one, three), wrong('none', one, two)]).toEqual([1, 0, 1]);
  expect(wrong('none', one, two, { ...three, sum: 9 }, three)).toBe(1);
});

await describeKafka('guarantees', (brokers) => {
  test.each([
    ['at-least-once', false],
    ['at-least-once', true],
    ['none', false],
  ] as const)(
    '%s, stateless %s: state stays exact while instances are killed, suspended, replaced and stopped',
    async (guarantee, stateless) => {
      const log: string[] = [];
      const { inputs, outputs, wrong, faults, unexpected } = await chaos({
        brokers,
        seed: 2,
        records: 8000,
        partitions: 6,
        keys: 50,
        duration: 10_000,
        pauseEvery: 2,
        guarantee,
        stateless,
        say: (line) => log.push(line),
      });
      expect(wrong, log.join('\n')).toEqual([]);
      expect(unexpected).toEqual([]);
      expect(inputs).toBe(8050);
      expect(faults.kill).toBeGreaterThan(0);
      if (guarantee === 'at-least-once') expect(outputs).toBeGreaterThan(8050);
    },
    240_000,
  );

  test.each([
    ['exactly-once', 0],
    ['at-least-once', 100],
  ] as const)(
    '%s: of outputs whose checkpoint is an hour away Java sees %i',
    async (guarantee, seen) => {
      const log = kafkaLog({ brokers, producer: { transactionTimeout: 800_000 } });
      const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
      await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 2 })));
      await produceOrders(log, { topic: topics.orders, partitions: 2 }, manyOrders(0, 100, 5));
      let handled = 0;
      const job = countJob(
        {
          orders(order, ctx) {
            handled++;
            countOrder(order, ctx);
          },
        },
        700_000,
      );
      const running = start(job, { log, group: unique('group'), topics, logger: false, guarantee });
      const read = async (...more: readonly 'undecided'[]): Promise<number> =>
        (await java('TopicReader', brokers.join(), topics.totals, 'read_committed', ...more)).length;
      await expect.poll(() => handled, { timeout: 30_000 }).toBe(100);
      await expect.poll(() => read('undecided'), { timeout: 30_000 }).toBe(seen);
      await running.stop();
      expect(await read()).toBe(100);
      await log.close();
    },
    90_000,
  );
});

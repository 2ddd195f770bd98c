import { start } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { chaos } from './chaos/chaos.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { compare, judge } from './chaos/verdict.ts';

test('the judge of chaos sees what is lost, doubled, out of order, or of another state', () => {
  const inputs = [3, 4, 5].map((amount) => ({ customer: 'a', amount }));
  const [one, two, three] = [3, 7, 12].map((sum, i) => ({ customer: 'a', count: i + 1, sum })) as [Out, Out, Out];
  type Out = { readonly customer: string; readonly count: number; readonly sum: number };
  const wrong = (...outputs: readonly Out[]): number => compare(inputs, outputs).wrong.length;
  expect(wrong(one, two, three)).toBe(0);
  expect([wrong(one, two), wrong(one, two, two, three), wrong(two, one, three), wrong(one, two, three, three)]).toEqual(
    [1, 1, 1, 1],
  );
  expect([wrong(one, two, { ...three, sum: 11 }), wrong(one, two, three, { ...one, customer: 'b' })]).toEqual([1, 1]);
});

await describeKafka('jobs', (brokers) => {
  test('count each record once, in order, while instances are killed, suspended, replaced and stopped', async () => {
    const log: string[] = [];
    const { inputs, outputs, wrong, faults, unexpected } = await chaos({
      brokers,
      seed: 1,
      records: 12_000,
      partitions: 6,
      keys: 50,
      duration: 15_000,
      pauseEvery: 2,
      say: (line) => log.push(line),
    });
    expect(wrong, log.join('\n')).toEqual([]);
    expect(unexpected).toEqual([]);
    expect({ inputs, outputs }).toEqual({ inputs: 12_050, outputs: 12_050 });
    const { broker, ...others } = faults;
    expect(Object.entries(others).filter(([, count]) => count === 0)).toEqual([]);
  }, 240_000);

  test('killed as they start, do not disturb the next run of their name in the same process', async () => {
    const log = kafkaLog({ brokers });
    const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    const group = unique('group');
    await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 2 })));
    await produceOrders(log, { topic: topics.orders, partitions: 2 }, manyOrders(0, 100, 5));
    const options = { log, group, topics, instance: 'a', logger: false } as const;
    const job = countJob({ orders: countOrder }, 10);
    for (const ms of [0, 5, 10, 20, 40, 80, 160, 320]) {
      const killed = start(job, options);
      await new Promise((resolve) => setTimeout(resolve, ms));
      killed.kill();
      await expect(killed.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    }
    const last = start(job, options);
    const partitions = [0, 1].map((partition) => ({ topic: topics.orders, partition }));
    const committed = async (): Promise<number> =>
      (await log.committedOffsets(group, partitions)).reduce((sum, { offset }) => sum + offset, 0);
    await expect.poll(committed, { timeout: 20_000 }).toBeGreaterThanOrEqual(100);
    expect(await last.stop()).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
    expect(await judge(brokers, topics)).toEqual({ inputs: 100, outputs: 100, wrong: [] });
    await log.close();
  }, 60_000);
});

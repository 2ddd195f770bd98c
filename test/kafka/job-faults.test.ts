import { type Clock, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { administer, deleteTopic } from '../support/kafka/administration.ts';
import { type CuttingProxy, cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { decidedValues } from '../support/kafka/producing.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob, countOrder, type Order, type Total } from '../task/count-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { compare, type Verdict } from './chaos/verdict.ts';

const PARTITIONS = 2;
const KAFKA_STORAGE_ERROR = 56;
const HOUR = 3_600_000;
const SOON = { timeout: 30_000, interval: 20 };

await describeKafka('a job goes on', (brokers) => {
  let direct: KafkaLog;
  let transport: KafkaTransport;
  let proxy: CuttingProxy;
  let topics: { readonly orders: string; readonly names: string; readonly totals: string };
  let group: string;
  const fed: Order[] = [];

  beforeAll(async () => {
    direct = kafkaLog({ brokers });
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(async () => {
    await direct?.close();
    await transport?.close();
  });
  beforeEach(async () => {
    topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    group = unique('group');
    fed.length = 0;
    await direct.createTopics(Object.values(topics).map((name) => ({ name, partitions: PARTITIONS })));
    proxy = await cuttingProxy(brokers[0] ?? '');
  });
  afterEach(() => proxy?.stop());

  async function feed(count: number): Promise<void> {
    const more = manyOrders(fed.length, count, 10);
    await produceOrders(direct, { topic: topics.orders, partitions: PARTITIONS }, more);
    fed.push(...more);
  }

  async function outputs(): Promise<Total[]> {
    const read = [0, 1].map((partition) => decidedValues(transport, { topic: topics.totals, partition }));
    return (await Promise.all(read)).flat().map((text) => JSON.parse(text) as Total);
  }

  /** What came out of all that went in, when there is as much. */
  async function verdict(): Promise<Verdict> {
    await expect.poll(async () => (await outputs()).length, SOON).toBeGreaterThanOrEqual(fed.length);
    return compare(fed, await outputs());
  }

  const exactly = (): Verdict => ({ inputs: fed.length, outputs: fed.length, wrong: [] });

  test('where the disk of a broker fails for a while', async () => {
    const log = kafkaLog({ brokers: [proxy.address] });
    const job = start(countJob({ orders: countOrder }, 50), { log, topics, group, logger: false });
    await feed(100);
    expect(await verdict()).toEqual(exactly());
    for (const times of [1, 3, 6]) {
      proxy.refuse(KAFKA_STORAGE_ERROR, times);
      await feed(100);
      expect(await verdict()).toEqual(exactly());
      expect(proxy.left).toBe(0);
    }
    await job.stop();
    await log.close();
  }, 60_000);

  test('where the clock of its machine jumps, forward and back', async () => {
    let off = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + off };
    const checkpoints: number[] = [];
    const job = start(countJob({ orders: countOrder }, 50), {
      log: direct,
      topics,
      group,
      clock,
      logger: false,
      onCheckpoint: ({ duration }) => void checkpoints.push(duration),
    });
    for (const jump of [0, HOUR, -2 * HOUR, 1000 * HOUR]) {
      off += jump;
      await feed(100);
      expect(await verdict()).toEqual(exactly());
    }
    expect(await job.stop()).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
    // Durations are not measured by it.
    expect(checkpoints.filter((duration) => duration < 0 || duration > HOUR)).toEqual([]);
  }, 60_000);

  test('where a topic that it writes was made anew, with fewer partitions', async () => {
    const job = start(countJob({ orders: countOrder }, 50), { log: direct, topics, group, logger: false });
    await feed(100);
    expect(await verdict()).toEqual(exactly());
    const before = await outputs();
    await administer(transport, deleteTopic, topics.totals);
    await expect.poll(async () => (await direct.topics([topics.totals])).size, SOON).toBe(0);
    await direct.createTopics([{ name: topics.totals, partitions: 1 }]);
    await feed(100);
    const anew = { topic: topics.totals, partition: 0 };
    await expect.poll(async () => (await decidedValues(transport, anew)).length, SOON).toBe(100);
    const { metrics } = await job.stop();
    expect(metrics).toMatchObject({ records: 200, outputs: 200 });
    const since = (await decidedValues(transport, anew)).map((text) => JSON.parse(text) as Total);
    expect(compare(fed, [...before, ...since])).toEqual(exactly());
  }, 60_000);

  test('until a topic that it names stays deleted: then it ends, and says so', async () => {
    const lines: string[] = [];
    const say = (_fields: object, message?: string): void => void lines.push(message ?? '');
    const job = start(countJob({ orders: countOrder }, 50), {
      log: direct,
      topics,
      group,
      clock: faster(30),
      logger: { debug: () => undefined, info: say, warn: say, error: say },
    });
    const ended = job.result.catch((error: unknown) => error);
    await feed(100);
    expect(await verdict()).toEqual(exactly());
    await administer(transport, deleteTopic, topics.orders);
    expect(await ended).toMatchObject({ code: 'JOB_UNKNOWN_TOPIC', topic: topics.orders });
    await expect(job.result).rejects.toThrow(`topic ${topics.orders} was deleted under the job`);
    expect(lines).toContain('a topic of the job is missing: it waits whether the topic comes back');
    expect(compare(fed, await outputs())).toEqual(exactly());
  }, 60_000);
});

/** Waits of minutes take seconds. */
function faster(factor: number): Clock {
  return {
    ...systemClock,
    monotonic: () => systemClock.monotonic() * factor,
    after: (ms, call) => systemClock.after(ms / factor, call),
  };
}

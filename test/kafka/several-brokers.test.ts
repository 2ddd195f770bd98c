import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningJob, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTopics } from '../../runtime/src/log/kafka/messages/create-topics.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeLog } from '../log/contract.ts';
import { administer, electPreferredLeaders } from '../support/kafka/administration.ts';
import { type BrokerCluster, replicas, startCluster, wholeAgain } from '../support/kafka/cluster.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { deleteBefore, unique } from '../support/kafka/requests.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';
import { judge } from './chaos/verdict.ts';

const PARTITIONS = 6;
const SOON = { timeout: 60_000, interval: 50 };

await describeWithKafkaJars('several brokers', () => {
  let cluster: BrokerCluster;
  let transport: KafkaTransport;
  let log: KafkaLog;
  let impatient: KafkaLog;
  beforeAll(async () => {
    cluster = await startCluster();
    const { addresses: brokers } = cluster;
    transport = await KafkaTransport.connect({ brokers, requestTimeout: 5000 }, systemClock);
    const options = { brokers, requestTimeout: 5000, group: { sessionTimeout: 6000, heartbeatInterval: 100 } };
    log = kafkaLog({ ...options, producer: { requestTimeout: 2000 } });
    impatient = kafkaLog({ ...options, producer: { requestTimeout: 2000, transactionTimeout: 3000 } });
  }, 180_000);
  afterAll(async () => {
    await log?.close();
    await impatient?.close();
    await transport?.close();
    await cluster?.stop();
  });

  describeLog('Apache Kafka', async () => ({
    log,
    unique,
    sent: async (producer) => {
      if ('flush' in producer && typeof producer.flush === 'function') await producer.flush();
    },
    impatient,
    deleteRecords: (partition, before) => deleteBefore(transport, partition, before),
    quiet: () => sleep(300),
  }));

  interface Scene {
    readonly group: string;
    readonly topics: { readonly orders: string; readonly names: string; readonly totals: string };
    readonly jobs: readonly RunningJob[];
    /** So many orders more, however often it takes to write them. */
    feed(count: number): Promise<void>;
    /** All that was fed is processed, and committed. */
    done(): Promise<void>;
  }

  async function scene(instances: readonly string[]): Promise<Scene> {
    const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    const group = unique('group');
    await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: PARTITIONS })));
    const job = countJob({ orders: countOrder }, 20);
    const jobs = instances.map((instance) => start(job, { log, group, topics, instance, logger: false }));
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: topics.orders, partition }));
    let fed = 0;
    return {
      group,
      topics,
      jobs,
      async feed(count) {
        const list = manyOrders(fed, count, 20);
        for (;;) {
          try {
            await produceOrders(log, { topic: topics.orders, partitions: PARTITIONS }, list);
            fed += count;
            return;
          } catch (error) {
            // Perhaps they are there: what the topic holds counts.
            if (!isLogError(error) || error.kind === 'fatal') throw error;
          }
        }
      },
      async done() {
        const behind = async (): Promise<number> => {
          const [bounds, offsets] = [await log.bounds(partitions), await log.committedOffsets(group, partitions)];
          const at = new Map(offsets.map(({ partition, offset }) => [partition, offset]));
          return bounds.filter(({ partition, end }) => (at.get(partition) ?? 0) < end - 1).length;
        };
        await expect.poll(behind, SOON).toBe(0);
      },
    };
  }

  test('a job goes on where leaders and coordinators die, come back, and are given their places again', async () => {
    const { group, topics, jobs, feed, done } = await scene(['a', 'b']);
    await feed(500);
    await done();
    const leads = async (): Promise<number> => {
      const all = await replicas(transport, (found) => found.some(({ topic }) => topic === topics.orders));
      return all.find(({ topic }) => topic === topics.orders)?.leader ?? 0;
    };
    const victims: readonly (readonly [what: string, () => Promise<number>])[] = [
      ['the leader of a partition', leads],
      ['the coordinator of the group', () => transport.coordinator('group', group)],
      ['the coordinator of transactions', () => transport.coordinator('transaction', `${group}/a`)],
    ];
    for (const [what, find] of victims) {
      await wholeAgain(transport);
      transport.forgetCoordinator('group', group);
      transport.forgetCoordinator('transaction', `${group}/a`);
      const node = await find();
      const fed = feed(300);
      await cluster.broker(node).kill();
      await fed;
      await feed(300);
      await done().catch((cause) => {
        throw new Error(`without ${what}, broker ${node}, the job does not go on`, { cause });
      });
      await cluster.broker(node).start();
    }
    await wholeAgain(transport);
    const moved = await replicas(transport, () => true);
    expect(moved.some(({ leader, all }) => leader !== all[0])).toBe(true);
    const fed = feed(1000);
    await administer(transport, electPreferredLeaders, null);
    await fed;
    await replicas(transport, (found) => found.every(({ leader, all }) => leader === all[0]));
    await feed(300);
    await done();
    for (const job of jobs) expect(await job.stop()).toMatchObject({ reason: 'stopped' });
    const verdict = await judge(cluster.addresses, topics);
    expect(verdict.wrong).toEqual([]);
    expect(verdict.outputs).toBe(verdict.inputs);
    expect(verdict.inputs).toBeGreaterThanOrEqual(3600);
  }, 240_000);

  test('a job goes on where a coordinator stands still: what has no answer in time is asked elsewhere', async () => {
    const { group, topics, jobs, feed, done } = await scene(['a', 'b']);
    await feed(300);
    await done();
    await wholeAgain(transport);
    const broker = cluster.broker(await transport.coordinator('group', group));
    broker.freeze();
    try {
      await feed(300);
      await done();
    } finally {
      broker.thaw();
    }
    await wholeAgain(transport);
    await feed(300);
    await done();
    for (const job of jobs) expect(await job.stop()).toMatchObject({ reason: 'stopped' });
    const verdict = await judge(cluster.addresses, topics);
    expect(verdict.wrong).toEqual([]);
    expect(verdict.outputs).toBe(verdict.inputs);
  }, 180_000);

  describe('an unclean election', () => {
    test('that takes away what a job has read ends it at its next start (I19)', async () => {
      const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
      const group = unique('group');
      const { orders, ...others } = topics;
      await log.createTopics(Object.values(others).map((name) => ({ name, partitions: 1 })));
      // Two replicas, of which one may write alone, and lead though it lacks something.
      const configs = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' };
      const request = { topics: [{ topic: orders, partitions: 1, replicationFactor: 2, configs }], timeout: 10_000 };
      expect((await transport.sendToAny(createTopics, { ...request, validateOnly: false })).topics[0]?.error).toBe(0);
      const found = await replicas(transport, (all) => all.some(({ topic, leader }) => topic === orders && leader > 0));
      const [first = 0, second = 0] = found.find(({ topic }) => topic === orders)?.all ?? [];
      const options = { log, group, topics, instance: 'a', logger: false, until: 'latest' } as const;
      const job = countJob({ orders: countOrder });
      const to = { topic: orders, partitions: 1 };
      await produceOrders(log, to, manyOrders(0, 50, 5));
      await wholeAgain(transport);
      await cluster.broker(second).kill();
      await produceOrders(log, to, manyOrders(50, 50, 5));
      expect((await start(job, options).result).metrics.records).toBe(100);
      await cluster.broker(first).kill();
      await cluster.broker(second).start();
      await replicas(transport, (all) => all.some(({ topic, leader }) => topic === orders && leader === second));
      // More than were lost: by offsets alone, nothing is missing.
      await produceOrders(log, to, manyOrders(100, 80, 5));
      const error = await start(job, options).result.catch((reason) => reason);
      expect(error).toMatchObject({ code: 'JOB_RECORDS_LOST', topic: orders, partition: 0 });
      expect(error.message).toMatch(/was truncated at offset 5\d, after records up to 10\d had been read/);
      await cluster.broker(first).start();
    }, 180_000);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { afterAll, expect, test } from 'vitest';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { cartJob } from '../savepoint/cart-job.ts';
import { administer, createPartitions } from '../support/kafka/administration.ts';
import { committedValues } from '../support/kafka/committed-values.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import type { Total } from '../task/count-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';

await describeKafka('savepoints', (brokers) => {
  const folder = mkdtempSync(join(tmpdir(), 'kgen-savepoint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  interface World {
    readonly log: KafkaLog;
    readonly topics: { readonly orders: string; readonly totals: string };
    readonly copies: string;
    readonly group: string;
    readonly file: string;
  }

  async function world(partitions: number): Promise<World> {
    const log = kafkaLog({ brokers });
    const topics = { orders: unique('orders'), totals: unique('totals') };
    const copies = unique('copies');
    await log.createTopics([topics.orders, topics.totals, copies].map((name) => ({ name, partitions })));
    const group = unique('carts');
    return { log, topics, copies, group, file: join(folder, `${group}.avro`) };
  }

  async function emitted(log: KafkaLog, topic: string): Promise<readonly Total[]> {
    return (await committedValues(log, topic)).map((text) => JSON.parse(text) as Total);
  }

  /** How many orders each total has counted, and which were the last, by customer. */
  const text = (total: Total): string => JSON.stringify(total);

  test('of a job under load: a second one goes on from it, exactly, under another name', async () => {
    const { log, topics, copies, group, file } = await world(4);
    const running = start(cartJob(), { log, topics, group, logger: false });
    const destination = { topic: topics.orders, partitions: 4 };
    let produced = 0;
    let loading = true;
    const load = (async () => {
      while (loading) {
        await produceOrders(log, destination, manyOrders(produced, 500, 300));
        produced += 500;
      }
    })();
    while (running.metrics().checkpoints < 10) await sleep(20);
    const saved = await writeSavepoint(cartJob(), { log, group, file, logger: false });
    expect(saved.running).toHaveLength(1);
    expect(saved.tasks).toHaveLength(4);
    const soFar = running.metrics().checkpoints;
    while (running.metrics().checkpoints < soFar + 5) await sleep(20);
    loading = false;
    await load;
    await running.stop();
    await run(cartJob(), { log, topics, group, until: 'latest', logger: false });
    const { metrics } = await run(cartJob(), {
      log,
      topics: { ...topics, totals: copies },
      group: `${group}-2`,
      from: savepoint(file),
      until: 'latest',
      logger: false,
    });
    const [first, second] = [await emitted(log, topics.totals), await emitted(log, copies)];
    expect(first).toHaveLength(produced);
    expect(second).toHaveLength(metrics.records);
    expect(second.length).toBeGreaterThan(0);
    expect(second.length).toBeLessThan(produced);
    // What it emitted is, to the last sum, what the first one had emitted for these orders.
    const known = new Set(first.map(text));
    expect(second.filter((total) => !known.has(text(total)))).toEqual([]);
    expect(new Set(second.map(text)).size).toBe(second.length);
    await log.close();
  }, 120_000);

  test('with twice the partitions: keys follow where their records go', async () => {
    const { log, topics, copies, group, file } = await world(2);
    await produceOrders(log, { topic: topics.orders, partitions: 2 }, manyOrders(0, 2000, 200));
    const options = { log, topics, group, until: 'latest', logger: false } as const;
    await run(cartJob(), options);
    await writeSavepoint(cartJob(), { log, group, file, stopped: true, logger: false });
    const transport = KafkaTransport.open({ brokers }, systemClock);
    await administer(transport, createPartitions, { topic: topics.orders, partitions: 4 });
    await transport.close();
    while ((await log.topics([topics.orders])).get(topics.orders)?.partitions !== 4) await sleep(20);
    await produceOrders(log, { topic: topics.orders, partitions: 4 }, manyOrders(2000, 1000, 200));
    await expect(run(cartJob(), options)).rejects.toMatchObject({ code: 'JOB_PARTITIONS_CHANGED' });
    await expect(run(cartJob(), { ...options, from: savepoint(file) })).rejects.toMatchObject({
      code: 'JOB_SAVEPOINT',
    });
    const moved = { ...options, topics: { ...topics, totals: copies }, from: savepoint(file, { replace: true }) };
    const { metrics } = await run(cartJob(), moved);
    expect(metrics.records).toBe(1000);
    // Started again in the same way, it goes on.
    await produceOrders(log, { topic: topics.orders, partitions: 4 }, manyOrders(3000, 100, 200));
    expect((await run(cartJob(), moved)).metrics.records).toBe(100);
    const sums = new Map<string, number>();
    for (const { customer, amount } of manyOrders(0, 3100, 200)) {
      sums.set(customer, (sums.get(customer) ?? 0) + amount);
    }
    const last = new Map(
      (await emitted(log, copies)).toSorted((a, b) => a.count - b.count).map((t) => [t.customer, t.sum]),
    );
    for (const [customer, sum] of last) expect(sum).toBe(sums.get(customer));
    expect(last.size).toBeGreaterThan(150);
    await log.close();
  }, 120_000);

  test('records that were not read before their topic grew are found: state cannot follow them', async () => {
    const { log, topics, group, file } = await world(2);
    const destination = { topic: topics.orders, partitions: 2 };
    await produceOrders(log, destination, manyOrders(0, 500, 100));
    const options = { log, topics, group, until: 'latest', logger: false } as const;
    await run(cartJob(), options);
    await writeSavepoint(cartJob(), { log, group, file, stopped: true, logger: false });
    // After the savepoint, and by two partitions.
    await produceOrders(log, destination, manyOrders(500, 50, 100));
    const transport = KafkaTransport.open({ brokers }, systemClock);
    await administer(transport, createPartitions, { topic: topics.orders, partitions: 3 });
    await transport.close();
    while ((await log.topics([topics.orders])).get(topics.orders)?.partitions !== 3) await sleep(20);
    const refused = run(cartJob(), { ...options, from: savepoint(file, { replace: true }) });
    await expect(refused).rejects.toMatchObject({
      code: 'JOB_SAVEPOINT',
      topic: topics.orders,
      message: expect.stringMatching(
        /has a key that belongs to partition \d of 3: it was written before the topic grew/,
      ),
    });
    // Nothing of the group was touched.
    expect((await log.topics([`${group}-changelog`])).get(`${group}-changelog`)?.partitions).toBe(2);
    await log.close();
  }, 60_000);

  test('an import that was killed begins anew; without it the job does not start', async () => {
    const { log, topics, copies, group, file } = await world(2);
    const count = 120_000;
    await produceOrders(log, { topic: topics.orders, partitions: 2 }, manyOrders(0, count, count));
    await run(cartJob(), { log, topics, group, until: 'latest', logger: false, checkpointInterval: 1000 });
    const { tasks } = await writeSavepoint(cartJob(), { log, group, file, stopped: true, logger: false });
    const values = tasks.reduce((sum, task) => sum + task.values, 0);
    const script = join(import.meta.dirname, '../savepoint/import-process.ts');
    const args = ['--conditions=kgen-source', script, brokers.join(), file, `${group}-2`, topics.orders, copies];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const partitions = [0, 1].map((partition) => ({ topic: topics.orders, partition }));
    const importing = async (): Promise<boolean> => {
      const offsets = await log.committedOffsets(`${group}-2`, partitions);
      return offsets.length > 0 && offsets.every(({ metadata }) => metadata.startsWith('kgen:import:'));
    };
    while (!(await importing())) await sleep(5);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await importing()).toBe(true);
    const options = { log, topics: { ...topics, totals: copies }, group: `${group}-2`, until: 'latest' as const };
    await expect(run(cartJob(), { ...options, logger: false })).rejects.toMatchObject({ code: 'JOB_SAVEPOINT' });
    const more = manyOrders(count, 500, count);
    await produceOrders(log, { topic: topics.orders, partitions: 2 }, more);
    const { metrics } = await run(cartJob(), { ...options, from: savepoint(file), logger: false });
    expect(metrics.records).toBe(500);
    expect(metrics.restoredRecords).toBeGreaterThanOrEqual(values);
    expect(await emitted(log, copies)).toHaveLength(500);
    const before = new Map(manyOrders(0, count, count).map(({ customer, amount }) => [customer, amount]));
    for (const { customer, count: n, sum } of await emitted(log, copies)) {
      if (n === 2 && before.has(customer)) expect(sum).toBeGreaterThan(before.get(customer) ?? 0);
    }
    await log.close();
  }, 180_000);
});

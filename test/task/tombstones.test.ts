import {
  type EmitKeyed,
  type EmitTombstone,
  type EmitValue,
  type Job,
  type JobContext,
  type KeyedTopic,
  run,
  type Topic,
} from '@kgen/runtime';
import { createJob, int32, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { drive } from '@kgen/runtime/testing';
import { expect, test } from 'vitest';
import { type Order, orders as plainOrders } from './count-job.ts';

const orders: KeyedTopic<string, Order, 'orders', null> = topic({
  ...plainOrders,
  names: ['orders'],
  timestampFrom: ({ amount }: Order) => BigInt(amount),
  tombstones: true,
});
/** Its key is in the value. */
const latest: KeyedTopic<string, Order, 'latest', null> = topic({ ...orders, id: 'latest', names: ['latest'] });
/** Its key is none of the value's business. */
const amounts: Topic<string, number, 'amounts', null> = topic({
  id: 'amounts',
  names: ['amounts'],
  key: utf8,
  value: int32,
  tombstones: true,
  partitioner: murmur2,
});
/** Without tombstones. */
const strict: Topic<string, number, 'strict'> = topic({
  id: 'strict',
  names: ['strict'],
  key: utf8,
  value: int32,
  partitioner: murmur2,
});

interface Context extends JobContext<string> {
  readonly emit: {
    readonly latest: EmitTombstone<string> & EmitValue<Order>;
    readonly amounts: EmitKeyed<string, number | null>;
    readonly strict: EmitKeyed<string, number | null>;
  };
}

type Handler = (order: Order | null, ctx: Context) => void | Promise<void>;
type Shape = { key: string; handlers: object; streams: { orders: typeof orders }; outputs: { latest: typeof latest } };

function jobOf(handler: Handler, concurrency?: number): Job<Shape> {
  return createJob<Shape>(
    {
      name: 'deletions',
      key: utf8,
      inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
      outputs: { latest, amounts, strict },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
      concurrency,
    },
    { orders: handler },
  );
}

function logOf(): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, latest: 1, amounts: 1, strict: 1 } });
  log.produce([
    orders.serializeValue({ customer: 'ann', amount: 7 }),
    orders.serialize('ann', null, { timestamp: 9n }),
    orders.serializeValue({ customer: 'bob', amount: 8 }),
  ]);
  return log;
}

const options = { until: 'latest', logger: false, restart: { strategy: 'none' } } as const;

test.each([undefined, 4])('handlers get null for them, and emit them (concurrency %s)', async (concurrency) => {
  const log = logOf();
  const times: bigint[] = [];
  const job = jobOf(async (order, ctx) => {
    times.push(ctx.record.timestamp);
    if (order === null) {
      ctx.emit.latest(ctx.key, null);
      ctx.emit.amounts(ctx.key, null, { headers: [['why', null]] });
    } else {
      ctx.emit.latest(order, { timestamp: 1n });
      ctx.emit.amounts(ctx.key, order.amount);
    }
    await Promise.resolve();
  }, concurrency);
  await run(job, { ...options, log });
  // That of the value; of a tombstone, the record's own.
  expect(times.sort()).toEqual([7n, 8n, 9n]);
  const sent = [...log.records('latest')].map((record) => latest.deserialize(record));
  expect(sent.filter(({ key }) => key === 'ann').map(({ value, timestamp }) => [value, timestamp])).toEqual([
    [{ customer: 'ann', amount: 7 }, 1n],
    [null, 9n],
  ]);
  const numbers = [...log.records('amounts')].map((record) => amounts.deserialize(record));
  expect(numbers.filter(({ key }) => key === 'ann')).toMatchObject([
    { value: 7, headers: [] },
    { value: null, headers: [['why', null]], timestamp: 9n },
  ]);
});

test('a topic without them refuses one that is emitted, and says how to allow it', async () => {
  const job = jobOf((_, ctx) => ctx.emit.strict(ctx.key, null));
  await expect(run(job, { ...options, log: logOf() })).rejects.toMatchObject({
    code: 'JOB_PRODUCE_FAILED',
    topic: 'orders',
    offset: 0n,
    cause: { name: 'TopicError', code: 'tombstone', topic: 'strict', message: expect.stringContaining('tombstones') },
  });
});

test('one in an input without them is a record that fails', async () => {
  const inputs = { orders: { topic: plainOrders, as: 'stream', outOfOrderness: 0 } } as const;
  const job = jobOf(() => undefined);
  const refusing = { ...job, declaration: { ...job.declaration, inputs } };
  await expect(run(refusing, { ...options, log: logOf() })).rejects.toMatchObject({
    code: 'JOB_NULL_VALUE',
    topic: 'orders',
    offset: 1n,
    message: expect.stringContaining('`tombstones: true` for topic orders'),
  });
});

test('the driver sends them to streams that have some', async () => {
  const driver = await drive(
    jobOf((order, ctx) => {
      if (order === null) ctx.emit.latest(ctx.key, null);
    }),
  );
  await driver.send.orders(null, { key: 'ann' });
  await driver.send.orders({ customer: 'bob', amount: 1 });
  expect(driver.read.latest()).toMatchObject([{ key: 'ann', value: null }]);
  await driver.stop();
});

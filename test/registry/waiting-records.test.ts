import { type JobContext, type RunningJob, start } from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { schemaRegistry } from '@kgen/runtime/registry';
import { expect, test } from 'vitest';
import { type FakeAnswer, type FakeRegistry, fakeRegistry } from './fake-registry.ts';
import { holding, Order, orderJob, orderTopics, written } from './order-job.ts';

// A record that waits for its schema holds up those behind it in its partition, and nobody else.

const PATIENCE = { timeout: 20_000, interval: 5 };
const KNOWN = 1;
const NEWER = 2;
/** The watermark as long as nothing is known of event time. */
const UNKNOWN = -(2n ** 63n);

interface SlowRegistry extends FakeRegistry {
  /** Lets it answer. */
  readonly open: () => void;
}

async function slowRegistry(): Promise<SlowRegistry> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer: FakeAnswer = (request, response) => void promise.then(() => holding(request, response));
  return { ...(await fakeRegistry(answer)), open: resolve };
}

function sent(log: MemoryLog, partition: number, id: number, ...orders: readonly number[]): void {
  log.produce(orders.map((order) => written('orders', 'a', id, Order.encode({ id: order, note: '' }), partition)));
}

async function committed(log: MemoryLog, partition: number): Promise<number | undefined> {
  const [found] = await log.committedOffsets('copy', [{ topic: 'orders', partition }]);
  return found?.offset;
}

test.each([undefined, 4])('other partitions go on, and are committed (concurrency %s)', async (concurrency) => {
  const registry = await slowRegistry();
  const log = memoryLog({ topics: { orders: 2, customers: 2, copies: 2 } });
  sent(log, 0, KNOWN, 0);
  sent(log, 0, NEWER, 1);
  sent(log, 0, KNOWN, 2);
  sent(log, 1, KNOWN, 10, 11);
  const seen: number[] = [];
  const job = orderJob(orderTopics({ orders: { id: KNOWN } }), ({ id }) => void seen.push(id), concurrency);
  const asked = schemaRegistry({ url: registry.url, timeout: 60_000 });
  const running: RunningJob = start(job, { log, registry: asked, logger: false });
  await expect.poll(() => registry.requests.length, PATIENCE).toBe(1);
  await expect.poll(() => [...seen].sort((a, b) => a - b), PATIENCE).toEqual([0, 10, 11]);
  sent(log, 1, KNOWN, 12);
  await expect.poll(() => seen.includes(12), PATIENCE).toBe(true);
  // The checkpoint has the record that waits as the next one, and all that others have done.
  await expect.poll(() => Promise.all([committed(log, 0), committed(log, 1)]), PATIENCE).toEqual([1, 3]);
  expect(seen).not.toContain(2);
  sent(log, 0, KNOWN, 3);
  registry.open();
  await expect.poll(() => seen.length, PATIENCE).toBe(7);
  expect(seen.filter((id) => id < 10)).toEqual([0, 1, 2, 3]);
  const { metrics } = await running.stop();
  expect(metrics).toMatchObject({ records: 7, restarts: 0, schemasFetched: 1 });
  expect(await committed(log, 0)).toBe(4);
  expect(registry.requests).toHaveLength(2);
  await registry.stop();
});

test('a table whose row waits lets its stream go on', async () => {
  const registry = await slowRegistry();
  const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1 } });
  const seen: number[] = [];
  const job = orderJob(orderTopics({ orders: { id: KNOWN } }), ({ id }) => void seen.push(id));
  const asked = schemaRegistry({ url: registry.url, timeout: 60_000 });
  const running = start(job, { log, registry: asked, logger: false });
  sent(log, 0, KNOWN, 1);
  await expect.poll(() => seen, PATIENCE).toEqual([1]);
  log.produce([written('customers', 'a', NEWER, Uint8Array.of(2, 0))]);
  await expect.poll(() => registry.requests.length, PATIENCE).toBe(1);
  sent(log, 0, KNOWN, 2);
  await expect.poll(() => seen, PATIENCE).toEqual([1, 2]);
  expect(running.metrics().tableRecords).toBe(0);
  registry.open();
  await expect.poll(() => running.metrics().tableRecords, PATIENCE).toBe(1);
  await running.stop();
  await registry.stop();
});

test('event time does not pass a record by that waits, and its partition is not idle', async () => {
  const registry = await slowRegistry();
  const log = memoryLog({ topics: { orders: 1, ticks: 1, out: 1 } });
  const names = (name: string) => ({ id: name, names: [name], key: utf8, partitioner: murmur2 });
  const ticks = topic({ ...names('ticks'), value: utf8 });
  const watermarks: bigint[] = [];
  let order: { readonly at: bigint; readonly watermark: bigint } | undefined;
  const job = createJob<{ key: string; handlers: object }>(
    {
      name: 'ticking',
      key: utf8,
      inputs: {
        orders: { topic: orderTopics({}).orders, as: 'stream', outOfOrderness: 0, idleAfter: 5 },
        ticks: { topic: ticks, as: 'stream', outOfOrderness: 0, idleAfter: 5 },
      },
      outputs: {},
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
    },
    {
      ticks: (_: string, ctx: JobContext<string>) => void watermarks.push(ctx.watermark),
      orders: (_: Order, ctx: JobContext<string>) => {
        order = { at: ctx.record.timestamp, watermark: ctx.watermark };
      },
    },
  );
  log.produce([{ ...written('orders', 'a', NEWER, Order.encode({ id: 1, note: '' })), timestamp: 1000n }]);
  const asked = schemaRegistry({ url: registry.url, timeout: 60_000 });
  const running = start(job, { log, registry: asked, logger: false });
  await expect.poll(() => registry.requests.length, PATIENCE).toBe(1);
  for (let i = 0; i < 20; i++) {
    log.produce([{ topic: 'ticks', key: Buffer.from('a'), value: Buffer.from('tick'), timestamp: 5000n + BigInt(i) }]);
    await expect.poll(() => watermarks.length, PATIENCE).toBe(i + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(new Set(watermarks)).toEqual(new Set([UNKNOWN]));
  registry.open();
  await expect.poll(() => order, PATIENCE).toEqual({ at: 1000n, watermark: UNKNOWN });
  await running.stop();
  await registry.stop();
});

import { type JobError, LogError, type RunOptions, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountContext, type CountJob, countJob, countOrder, type Order, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

function concurrent(handler: (order: Order, ctx: CountContext) => void | Promise<void>, interval = 1): CountJob {
  // Virtual time passes by itself while a handler waits for what takes real time.
  const { declaration, handlers } = countJob({ orders: handler }, interval, Number.POSITIVE_INFINITY);
  return { declaration: { ...declaration, concurrency: 4 }, handlers };
}

function logOf(values: readonly Order[], partitions = 1): MemoryLog {
  const topics = { orders: partitions, names: partitions, totals: 3 };
  const log = memoryLog({ clock: virtualClock(), topics });
  log.produce(values.map((order) => orders.serializeValue(order)));
  return log;
}

function options(log: MemoryLog, seed = 1): RunOptions {
  return { log, until: 'latest', logger: false, clock: virtualClock(seed, 0.05) };
}

test('handlers of so many keys run at once, those of one key one after the other, and what they do is right', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const log = logOf(someOrders(150, seed), 2);
    const clock = virtualClock(seed, 0.05);
    const running = new Map<string, number>();
    let most = 0;
    const perTask = new Map<number, number>();
    const job = concurrent(async (order, ctx) => {
      const { partition } = ctx.record;
      const { offset } = ctx.record;
      expect(running.has(order.customer)).toBe(false);
      running.set(order.customer, partition);
      const own = [...running.values()].filter((each) => each === partition).length;
      most = Math.max(most, own);
      perTask.set(partition, Math.max(perTask.get(partition) ?? 0, own));
      for (let turns = Math.floor(clock.random() * 5); turns > 0; turns--) await clock.turn();
      countOrder(order, ctx);
      expect(ctx.record.offset).toBe(offset);
      if (clock.random() < 0.5) await clock.turn();
      running.delete(order.customer);
    });
    const { metrics } = await run(job, { ...options(log), clock });
    expect(metrics).toMatchObject({ records: 150, outputs: 150, aborts: 0, restarts: 0 });
    expect(most).toBeLessThanOrEqual(4);
    expect(Math.max(...perTask.values())).toBeGreaterThan(1);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    // State has survived as well.
    log.produce(someOrders(30, seed + 100).map((order) => orders.serializeValue(order)));
    await run(job, options(log, seed));
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  }
});

test('only so many records are taken that are not done: a slow handler keeps memory bounded', async () => {
  const log = logOf(Array.from({ length: 500 }, (_, i) => ({ customer: `c${i}`, amount: 1 })));
  const gate = Promise.withResolvers<void>();
  let called = 0;
  const job = concurrent(async () => {
    called++;
    await gate.promise;
    // No checkpoint is due before so many are called.
  }, 100_000);
  const running = start(job, { ...options(log) });
  await until(() => called === 4);
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(called).toBe(4);
  gate.resolve();
  expect((await running.result).metrics.records).toBe(500);
});

test('a key that is busy does not keep others waiting', async () => {
  const slow = { customer: 'slow', amount: 1 };
  const log = logOf([slow, slow, ...Array.from({ length: 20 }, (_, i) => ({ customer: `c${i}`, amount: 1 }))]);
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const job = concurrent(async (order, ctx) => {
    if (order.customer === 'slow') await gate.promise;
    countOrder(order, ctx);
    done.push(order.customer);
  }, 100_000);
  const running = start(job, { ...options(log) });
  await until(() => done.length === 20);
  expect(done).not.toContain('slow');
  gate.resolve();
  await running.result;
  expect(done.slice(20)).toEqual(['slow', 'slow']);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a checkpoint waits for what is in flight, and holds all of it', async () => {
  const log = logOf([
    { customer: 'slow', amount: 1 },
    { customer: 'ann', amount: 2 },
  ]);
  const gate = Promise.withResolvers<void>();
  let quick = false;
  const job = concurrent(async (order, ctx) => {
    if (order.customer === 'slow') await gate.promise;
    countOrder(order, ctx);
    quick ||= order.customer === 'ann';
  });
  const running = start(job, { log, logger: false, clock: virtualClock() });
  await until(() => quick);
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  expect([...log.records('totals')]).toEqual([]);
  gate.resolve();
  await until(() => running.metrics().records === 2);
  const [offset] = await log.committedOffsets('count', [{ topic: 'orders', partition: 0 }]);
  expect([offset?.offset, running.metrics().checkpoints]).toEqual([2, 2]);
  await running.stop();
});

test('when a handler fails, others that run have no effect, and what they do later throws', async () => {
  const log = logOf(['ann', 'bob', 'cid'].map((customer) => ({ customer, amount: 1 })));
  const gate = Promise.withResolvers<void>();
  const later: Promise<unknown>[] = [];
  const job = concurrent(async (order, ctx) => {
    countOrder(order, ctx);
    if (order.customer === 'cid') throw new Error('not this one');
    later.push(gate.promise.then(() => ctx.state.total.get()));
    await gate.promise;
  });
  const failed = await run(job, { ...options(log), restart: { strategy: 'none' } }).catch((error: JobError) => error);
  expect(failed).toMatchObject({
    code: 'JOB_HANDLER_FAILED',
    offset: 2n,
    message: expect.stringContaining('not this one'),
  });
  gate.resolve();
  const codes = (await Promise.allSettled(later)).map((each) => each.status === 'rejected' && each.reason.code);
  expect(codes).toEqual(['JOB_CONTEXT_EXPIRED', 'JOB_CONTEXT_EXPIRED']);
  expect([...log.records('totals')]).toEqual([]);
  expect(await log.openTransactions('count')).toEqual([]);
  await run(concurrent(countOrder), options(log));
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('an abort while handlers run takes back what they did, and waits for them before their records come again', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const log = logOf(someOrders(80, seed));
    const clock = virtualClock(seed, 0.05);
    let aborts = 0;
    const flaky = withProducer(log, (producer) => ({
      append(record) {
        if (record.topic === 'totals' && clock.random() < 0.03 && aborts < 3) {
          aborts++;
          throw new LogError('abortable', 'refused');
        }
        // Back-pressure now and then.
        return producer.append(record) ?? (clock.random() < 0.2 ? clock.turn() : undefined);
      },
    }));
    const running = new Set<string>();
    const job = concurrent(async (order, ctx) => {
      expect(running.has(order.customer)).toBe(false);
      running.add(order.customer);
      for (let turns = Math.floor(clock.random() * 4); turns > 0; turns--) await clock.turn();
      running.delete(order.customer);
      countOrder(order, ctx);
    });
    const { metrics } = await run(job, { ...options(log), log: flaky, clock });
    expect(metrics).toMatchObject({ aborts, records: 80 });
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  }
});

test('handlers that return no promise are called in between, in order', async () => {
  const log = logOf(someOrders(100, 3));
  const job = concurrent((order, ctx) => {
    countOrder(order, ctx);
    return order.amount % 3 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
  });
  const { metrics } = await run(job, options(log));
  expect(metrics).toMatchObject({ records: 100, outputs: 100 });
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('who is killed calls no more handlers, also of records that were taken already', async () => {
  const log = logOf(Array.from({ length: 20 }, (_, i) => ({ customer: `c${i}`, amount: 1 })));
  const gate = Promise.withResolvers<void>();
  let called = 0;
  const job = concurrent(async () => {
    called++;
    await gate.promise;
  }, 1_000_000_000);
  const running = start(job, options(log));
  await until(() => called === 4);
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  running.kill();
  await expect(running.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
  gate.resolve();
  await turns();
  expect(called).toBe(4);
});

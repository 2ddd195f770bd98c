import { isJobError, type JobError, type Log, type RunOptions, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountContext, countJob, countOrder, names, type Order, orders, totals } from './count-job.ts';
import { emittedTotals, expectedTotals } from './model.ts';

function logOf(...values: Order[]): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  log.produce(values.map((order) => orders.serializeValue(order)));
  return log;
}

const ann: Order = { customer: 'ann', amount: 1 };
const bob: Order = { customer: 'bob', amount: 2 };

function options(log: Log): RunOptions {
  return { log, until: 'latest', logger: false, restart: { strategy: 'none' } };
}

async function failure(promise: Promise<unknown>): Promise<JobError> {
  try {
    await promise;
  } catch (error) {
    if (isJobError(error)) return error;
    throw error;
  }
  throw new Error('the job did not fail');
}

function emitted(log: MemoryLog): unknown[] {
  return [...log.records('totals')].map((record) => totals.deserialize(record).value);
}

test('a context has the record, its key and event time', async () => {
  const log = logOf();
  log.produce([{ ...orders.serializeValue(ann), timestamp: 5n, headers: [['h', Uint8Array.of(1)]] }]);
  const seen: unknown[] = [];
  const job = countJob({
    orders(_order, ctx) {
      seen.push([ctx.key, ctx.record]);
      ctx.emit.totals({ customer: ctx.key, name: '', count: 0, sum: 0 });
      ctx.emit.totals({ customer: ctx.key, name: '', count: 1, sum: 0 }, { timestamp: 9n, headers: [['x', null]] });
    },
  });
  await run(job, options(log));
  const headers = [['h', Uint8Array.of(1)]];
  const times = { timestamp: 5n, logTimestamp: 5n, timestampType: 'create-time' };
  expect(seen).toEqual([['ann', { topic: 'orders', partition: 0, offset: 0n, ...times, leaderEpoch: 0, headers }]]);
  expect([...log.records('totals')].map(({ timestamp, headers }) => [timestamp, headers])).toEqual([
    [5n, []],
    [9n, [['x', null]]],
  ]);
});

test("event time is the value's where the topic says so, for the record and for what is emitted", async () => {
  const timed = {
    ...orders,
    timestampFrom: ({ amount }: Order) => (amount === 0 ? undefined : BigInt(amount) * 1000n),
  };
  const log = logOf();
  log.produce(
    [ann, { customer: 'ann', amount: 0 }].map((order) => ({ ...orders.serializeValue(order), timestamp: 7n })),
  );
  const seen: unknown[] = [];
  const { declaration, handlers } = countJob({
    orders(order, ctx) {
      seen.push(ctx.record.timestamp);
      countOrder(order, ctx);
    },
  });
  const inputs = { ...declaration.inputs, orders: { topic: timed, as: 'stream', outOfOrderness: 0 } } as const;
  await run({ declaration: { ...declaration, inputs }, handlers }, options(log));
  expect(seen).toEqual([1000n, 7n]);
  expect([...log.records('totals')].map(({ timestamp }) => timestamp)).toEqual([1000n, 7n]);
});

test('contexts, and everything of them, expire when their handler is over', async () => {
  const log = logOf(ann, bob);
  let kept: CountContext | undefined;
  const uses: (() => unknown)[] = [];
  const codes = new Set<unknown>();
  const tryAll = (): void => {
    for (const use of uses) {
      try {
        use();
        codes.add('no error');
      } catch (error) {
        codes.add((error as JobError).code);
      }
    }
  };
  const job = countJob({
    orders(_order, ctx) {
      if (kept !== undefined) {
        tryAll();
        return;
      }
      kept = ctx;
      const { state, tables, emit } = ctx;
      const { total } = state;
      uses.push(
        () => ctx.key,
        () => ctx.record,
        () => ctx.log,
        () => ctx.state,
        () => total.get(),
        () => state.total.set({ count: 1, sum: 1 }),
        () => tables.names.get(),
        () => emit.totals({ customer: 'x', name: '', count: 1, sum: 1 }),
      );
    },
  });
  const { metrics } = await run(job, options(log));
  tryAll();
  expect([...codes]).toEqual(['JOB_CONTEXT_EXPIRED']);
  expect(metrics.outputs).toBe(0);
});

test('asynchronous handlers are awaited one after the other, and a forgotten await is found', async () => {
  const log = logOf(ann, bob, ann);
  const order: string[] = [];
  const job = countJob({
    async orders(value, ctx) {
      order.push(`start ${value.customer}`);
      await new Promise((resolve) => setTimeout(resolve, value.customer === 'ann' ? 5 : 0));
      countOrder(value, ctx);
      order.push(`end ${value.customer}`);
    },
  });
  await run(job, options(log));
  expect(order).toEqual(['start ann', 'end ann', 'start bob', 'end bob', 'start ann', 'end ann']);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));

  const late = Promise.withResolvers<unknown>();
  const forgetful = countJob({
    orders(value, ctx) {
      const later = new Promise((resolve) => setTimeout(resolve, 1)).then(() => countOrder(value, ctx));
      later.then(late.resolve, late.reject);
    },
  });
  const again = logOf(ann);
  await run(forgetful, options(again));
  await expect(late.promise).rejects.toMatchObject({ code: 'JOB_CONTEXT_EXPIRED' });
  expect(emitted(again)).toEqual([]);
});

test.each(['throws', 'rejects'])('a handler that %s fails the job, says where, and leaves no effect', async (how) => {
  const log = logOf(ann, bob, ann);
  let calls = 0;
  const fail = countJob(
    {
      orders(value, ctx) {
        countOrder(value, ctx);
        if (++calls < 3) return undefined;
        const error = new Error('no more');
        if (how === 'throws') throw error;
        return Promise.reject(error);
      },
    },
    100_000,
  );
  const error = await failure(run(fail, options(log)));
  expect(error).toMatchObject({
    code: 'JOB_HANDLER_FAILED',
    topic: 'orders',
    partition: 0,
    offset: 2n,
    cause: { message: 'no more' },
  });
  expect(error.message).toBe('orders-0 at offset 2: handler `orders` failed: no more');
  expect(emitted(log)).toEqual([]);
  expect(await log.openTransactions('count')).toEqual([]);
  await run(countJob({ orders: countOrder }), options(log));
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a handler that catches the error of a refused value or output goes on, and nothing of that was kept', async () => {
  const log = logOf(ann);
  const job = countJob({
    orders(_value, ctx) {
      expect(() => ctx.state.total.set({ count: 0.5, sum: 0 })).toThrow();
      expect(() => ctx.emit.totals({ customer: '\ud800', name: '', count: 0, sum: 0 })).toThrow();
      expect(ctx.state.total.get()).toBe(undefined);
      ctx.emit.totals({ customer: 'ann', name: 'fine', count: 0, sum: 0 });
    },
  });
  await run(job, options(log));
  expect(emitted(log)).toEqual([{ customer: 'ann', name: 'fine', count: 0, sum: 0 }]);
});

test('records that cannot be read, or have no key or value, fail the job and are named', async () => {
  const job = countJob({ orders: countOrder });
  const good = orders.serializeValue(ann);
  const cases = [
    [{ ...good, value: Buffer.from('nonsense') }, 'JOB_DECODE_FAILED', 'the record cannot be read: not an order'],
    [{ ...good, key: Uint8Array.of(0xff) }, 'JOB_DECODE_FAILED', 'the record cannot be read'],
    [{ ...good, key: null }, 'JOB_NULL_KEY', 'the record has no key'],
    [{ ...good, value: null }, 'JOB_NULL_VALUE', 'the record has no value'],
  ] as const;
  for (const [record, code, message] of cases) {
    const log = logOf(bob);
    log.produce([record]);
    const error = await failure(run(job, options(log)));
    expect(error).toMatchObject({ code, topic: 'orders', partition: 0, offset: 1n });
    expect(error.message).toContain(`orders-0 at offset 1: ${message}`);
  }
});

test('tables are caught up before the first record, follow changes, and forget what tombstones delete', async () => {
  const log = logOf(ann, bob);
  log.produce([
    names.serialize('ann', 'Anna'),
    names.serialize('bob', 'Bob'),
    names.serialize('ann', 'Ann'),
    names.serialize('bob', null),
  ]);
  const seen: unknown[] = [];
  const job = countJob({
    orders(_value, ctx) {
      seen.push([ctx.key, ctx.tables.names.get(), ctx.tables.names.get('ann'), ctx.tables.names.get('nobody')]);
    },
  });
  const { metrics } = await run(job, options(log));
  expect(metrics.tableRecords).toBe(4);
  expect(seen).toEqual([
    ['ann', 'Ann', 'Ann', undefined],
    ['bob', undefined, 'Ann', undefined],
  ]);
  log.produce([names.serialize('ann', null), names.serialize('bob', 'Bobby')]);
  log.produce([orders.serializeValue(ann), orders.serializeValue(bob)]);
  await run(job, options(log));
  expect(seen.slice(2)).toEqual([
    ['ann', undefined, undefined, undefined],
    ['bob', 'Bobby', undefined, undefined],
  ]);
});

test('hooks run for each task, before its first record and after its last commit', async () => {
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 1 } });
  log.produce([ann, bob].map((order) => orders.serializeValue(order)));
  const events: string[] = [];
  const job = countJob({
    orders: (order) => void events.push(order.customer),
    onStart: ({ task }) => void events.push(`start ${task}`),
    async onStop({ task, log: jobLog }) {
      jobLog.info({ task }, 'bye');
      const committed = await log.committedOffsets('count', [{ topic: 'orders', partition: task }]);
      events.push(`stop ${task} at ${committed[0]?.offset}`);
    },
  });
  await run(job, options(log));
  expect(events.slice(0, 2).sort()).toEqual(['start 0', 'start 1']);
  expect(events.slice(2, 4).sort()).toEqual(['ann', 'bob']);
  const [end0, end1] = await log.bounds([0, 1].map((partition) => ({ topic: 'orders', partition })));
  expect(events.slice(4).sort()).toEqual([`stop 0 at ${end0?.end}`, `stop 1 at ${end1?.end}`]);

  const failing = countJob({
    orders: countOrder,
    onStart() {
      throw new Error('not today');
    },
  });
  const error = await failure(run(failing, options(log)));
  expect(error.message).toMatch(/task \d: onStart failed: not today/);
});

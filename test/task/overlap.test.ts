import { type Log, LogError, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { Count } from './codecs.ts';
import { countJob, countOrder, orders } from './count-job.ts';
import { emittedTotals, expectedTotals } from './model.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

// While a transaction is being ended, records go on being handled.

const CHANGELOG = 'count-changelog';

function freshLog(): MemoryLog {
  return memoryLog({ clock: virtualClock(), topics: { orders: 1, names: 1, totals: 1 } });
}

function order(log: MemoryLog, customer: string, amount: number): void {
  log.produce([orders.serializeValue({ customer, amount })]);
}

/** A log whose commits wait at a gate, from `close` until `open`. */
function gated(log: Log, what: 'commit' | 'commitOffsets' = 'commit') {
  let gate: PromiseWithResolvers<void> | undefined;
  let waiting = 0;
  const pass = async (): Promise<void> => {
    if (gate === undefined) return;
    waiting++;
    await gate.promise;
    waiting--;
  };
  return {
    log: withProducer(log, (producer) => ({
      async commitOffsets(member, offsets) {
        if (what === 'commitOffsets') await pass();
        await producer.commitOffsets(member, offsets);
      },
      async commit() {
        if (what === 'commit') await pass();
        await producer.commit();
      },
    })),
    close() {
      gate = Promise.withResolvers();
    },
    open(error?: unknown) {
      if (error === undefined) gate?.resolve();
      else gate?.reject(error);
      gate = undefined;
    },
    isWaitedAt: () => waiting > 0,
  };
}

/** By the machine's clock. */
async function eventually(what: () => boolean): Promise<void> {
  await expect.poll(what, { timeout: 10_000, interval: 2 }).toBe(true);
}

interface Calls {
  count: number;
}

function counting(calls: Calls) {
  return countJob(
    {
      orders(value, ctx) {
        calls.count++;
        countOrder(value, ctx);
      },
    },
    1,
  );
}

/** The last value that the changelog has of a customer, with all that is open or aborted left out. */
function lastInChangelog(log: MemoryLog, customer: string): Count | undefined {
  let last: Count | undefined;
  for (const { key, value } of log.records(CHANGELOG)) {
    if (key === null || value === null || !Buffer.from(key).toString('latin1').endsWith(customer)) continue;
    last = Count.decode(Buffer.from(value).subarray(10));
  }
  return last;
}

test('records are handled while a commit is under way; what they do is in the next transaction (I15, I17)', async () => {
  const log = freshLog();
  const gate = gated(log);
  const calls = { count: 0 };
  const running = start(counting(calls), { log: gate.log, clock: virtualClock(), logger: false });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 1);
  await until(gate.isWaitedAt);
  const [sealed] = await log.bounds([{ topic: 'totals', partition: 0 }]);
  order(log, 'ann', 2);
  order(log, 'bob', 3);
  await until(() => calls.count === 3);
  // Nothing of the next transaction has reached the log, not even undecided.
  expect(await log.bounds([{ topic: 'totals', partition: 0 }])).toEqual([sealed]);
  // The sealed one, and not more: its values are those at the barrier.
  const position = { topic: 'orders', partition: 0 };
  gate.open();
  gate.close();
  await until(() => running.metrics().checkpoints === 2);
  const offset = (await log.committedOffsets('count', [position]))[0]?.offset;
  expect([offset, lastInChangelog(log, 'ann')]).toEqual([1, { count: 1, sum: 1 }]);
  gate.open();
  await until(() => running.metrics().records === 3);
  expect([lastInChangelog(log, 'ann'), lastInChangelog(log, 'bob')]).toEqual([
    { count: 2, sum: 3 },
    { count: 1, sum: 3 },
  ]);
  await running.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test.each(['commit', 'commitOffsets'] as const)(
  'where %s of a sealed checkpoint must be aborted, what came after it goes back as well, without a restore (I12)',
  async (what) => {
    const log = freshLog();
    const gate = gated(log, what);
    const calls = { count: 0 };
    const running = start(counting(calls), { log: gate.log, clock: virtualClock(), logger: false });
    order(log, 'ann', 1);
    await until(() => running.metrics().records === 1);
    gate.close();
    order(log, 'ann', 2);
    await until(gate.isWaitedAt);
    order(log, 'ann', 4);
    order(log, 'bob', 8);
    await until(() => calls.count === 4);
    gate.open(new LogError('abortable', 'not written'));
    await until(() => running.metrics().records === 4);
    expect(calls.count).toBe(7);
    expect(running.metrics()).toMatchObject({ aborts: 1, restarts: 0, restoredRecords: 0 });
    await running.stop();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  },
);

test('after an unknown outcome what came after the barrier is done again by the next incarnation (I5)', async () => {
  const log = freshLog();
  const gate = gated(log);
  const calls = { count: 0 };
  const running = start(counting(calls), { log: gate.log, clock: virtualClock(), logger: false, instance: 'a' });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 1);
  await until(gate.isWaitedAt);
  order(log, 'ann', 2);
  await until(() => calls.count === 2);
  gate.open(new LogError('unknown-outcome', 'no answer'));
  await until(() => running.metrics().records === 2);
  expect(running.metrics()).toMatchObject({ restarts: 1, aborts: 0 });
  await running.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a commit that takes long does not let memory grow: handlers wait when so much is held', async () => {
  const log = freshLog();
  const gate = gated(log);
  const calls = { count: 0 };
  const amount = 4096;
  const wide = countJob(
    {
      orders(_value, ctx) {
        calls.count++;
        ctx.emit.totals({ customer: ctx.key, name: 'x'.repeat(10_000), count: calls.count, sum: 0 });
      },
    },
    1,
  );
  const running = start(wide, { log: gate.log, clock: virtualClock(), logger: false });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 0);
  await until(gate.isWaitedAt);
  for (let i = 1; i < amount; i++) order(log, 'ann', i);
  await until(() => calls.count > 400);
  for (let i = 0; i < 1000; i++) await new Promise((resolve) => setImmediate(resolve));
  // Four MiB, and the output that made it full.
  expect(calls.count).toBeLessThan(450);
  gate.open();
  await until(() => running.metrics().records === amount);
  await running.stop();
});

test('a handler that fails while a commit is under way does not take it back', async () => {
  const log = freshLog();
  const gate = gated(log);
  let failing = false;
  const job = countJob(
    {
      orders(value, ctx) {
        countOrder(value, ctx);
        if (value.amount === 2) {
          failing = true;
          throw new Error('not this one');
        }
      },
    },
    1,
  );
  const running = start(job, { log: gate.log, clock: virtualClock(), logger: false });
  const ended = expect(running.result).rejects.toMatchObject({ code: 'JOB_HANDLER_FAILED', offset: 1n });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 1);
  await until(gate.isWaitedAt);
  order(log, 'ann', 2);
  await until(() => failing);
  gate.open();
  await ended;
  expect(await log.openTransactions('count')).toEqual([]);
  expect(lastInChangelog(log, 'ann')).toEqual({ count: 1, sum: 1 });
  expect([...log.records('totals')].length).toBe(1);
});

test('a stop waits for the commit under way, and commits what came after it', async () => {
  const log = freshLog();
  const gate = gated(log);
  const calls = { count: 0 };
  const running = start(counting(calls), { log: gate.log, clock: virtualClock(), logger: false });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 1);
  await until(gate.isWaitedAt);
  order(log, 'ann', 2);
  await until(() => calls.count === 2);
  const stopped = running.stop();
  gate.open();
  expect(await stopped).toMatchObject({ metrics: { records: 2, outputs: 2 } });
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('tasks are given up when the commit under way is answered, and what came after it is committed (I4, I6)', async () => {
  // The machine's clock: a virtual one would not wait for who is asked.
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 1 } });
  const gate = gated(log);
  const events: string[] = [];
  const watched: Log = {
    ...gate.log,
    join: (options, listener) =>
      gate.log.join(options, {
        ...listener,
        assigned: (tasks, layout) => listener.assigned(tasks, layout),
        lost: (why) => listener.lost(why),
        async revoked(tasks) {
          events.push('asked');
          await listener.revoked(tasks);
          events.push('given up');
        },
      }),
  };
  const calls = { count: 0 };
  const a = start(counting(calls), { log: watched, logger: false, instance: 'a' });
  await eventually(() => a.metrics().checkpoints === 1);
  events.length = 0;
  gate.close();
  for (const name of ['ann', 'bob', 'cid', 'dot']) order(log, name, 1);
  await eventually(gate.isWaitedAt);
  const b = start(counting(calls), { log, logger: false, instance: 'b' });
  await eventually(() => events.includes('asked'));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(events).toEqual(['asked']);
  gate.open();
  await eventually(() => events.includes('given up'));
  for (const name of ['ann', 'bob', 'cid', 'dot']) order(log, name, 2);
  await eventually(() => a.metrics().records + b.metrics().records === 8);
  await Promise.all([a.stop(), b.stop()]);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

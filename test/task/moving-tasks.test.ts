import { type Job, type Log, run, start } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountContext, countJob, countOrder, type Order, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { clicks, noted, timerJob } from './timer-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

test('records fetched before a task moved away and came back are not processed again', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const clock = virtualClock(seed, 0.1);
    const log = memoryLog({ clock, topics: { orders: 2, names: 2, totals: 1 } });
    // Customers of one partition only, so that each record can be put where it is wanted.
    const [zero, one] = ['zero', 'one'];
    const put = (partition: number, customer: string, count: number): void => {
      log.produce(
        someOrders(count, seed).map(({ amount }) => ({
          ...orders.serializeValue({ customer, amount }),
          partition,
        })),
      );
    };
    put(0, zero, 150);
    put(1, one, 60);
    const slowly = async (order: Order, ctx: CountContext): Promise<void> => {
      await clock.turn();
      countOrder(order, ctx);
    };
    const seen = new Set<string>();
    const job = countJob(
      {
        orders(order, ctx) {
          seen.add(order.customer);
          return slowly(order, ctx);
        },
      },
      3,
    );
    const other = countJob({ orders: slowly }, 3);
    // One poll gives it records of both partitions; it is busy with those of the first.
    const a = start(job, { log, clock, logger: false, instance: 'a' });
    await until(() => a.metrics().records > 10);
    expect([...seen]).toEqual([zero]);
    const b = start(other, { log, clock, logger: false, instance: 'b' });
    await until(() => b.metrics().records > 5 * (seed - 1));
    await b.stop();
    await until(() => a.metrics().records + b.metrics().records >= 210);
    await a.stop();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  }
});

test('a member that was expelled while it opened its tasks does not take what others did since for damage', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { orders: 2, names: 2, totals: 1 } });
  const produce = (seed: number): void =>
    log.produce(someOrders(30, seed).map((order) => orders.serializeValue(order)));
  const job = countJob({ orders: countOrder }, 3);
  produce(1);
  await run(job, { log, clock, until: 'latest', logger: false });
  let expel: (() => Promise<void>) | undefined;
  let asleep = true;
  const late: Log = {
    ...log,
    async join(options, listener) {
      const membership = await log.join(options, {
        revoked: (tasks) => listener.revoked(tasks),
        assigned: (tasks, layout) => listener.assigned(tasks, layout),
        // It hears of it when it is awake again.
        lost: (why) => void clock.after(50, () => listener.lost(why)),
      });
      expel = () => membership.end({ leave: true });
      return membership;
    },
    async committedOffsets(group, partitions) {
      const offsets = await log.committedOffsets(group, partitions);
      if (!asleep) return offsets;
      asleep = false;
      await expel?.();
      produce(2);
      await run(job, { log, clock, until: 'latest', logger: false });
      return offsets;
    },
  };
  const { metrics } = await run(job, { log: late, clock, until: 'latest', logger: false });
  expect(metrics.restarts).toBe(1);
  produce(3);
  await run(job, { log, clock, until: 'latest', logger: false });
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a task that moves away while timers of another fire has none fired any more here', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { clicks: 2, views: 2, notes: 1 } });
  const happens = (key: string, at: number, partition: number): void =>
    log.produce([{ ...clicks.serializeValue({ key, at, note: '' }), partition }]);
  const gate = Promise.withResolvers<void>();
  let fired = 0;
  const job = (slow: boolean): Job =>
    timerJob({
      clicks: (event, ctx) => ctx.timers.set('close', { processingTime: BigInt(event.at) }),
      onTimer: {
        async close(timer, ctx) {
          if (slow && fired++ === 0) await gate.promise;
          ctx.emit.notes(ctx.key, `${timer.time}`);
        },
      },
    });
  const a = start(job(true), { log, clock, logger: false, instance: 'a' });
  const due = Math.ceil(clock.now()) + 1000;
  happens('zero', due, 0);
  happens('one', due, 1);
  // Timers of both tasks are due at once; while the first fires, one task goes to another instance.
  await until(() => fired === 1);
  const b = start(job(false), { log, clock, logger: false, instance: 'b' });
  for (let i = 0; i < 200; i++) await clock.turn();
  gate.resolve();
  await until(() => a.metrics().timers + b.metrics().timers >= 2);
  for (let i = 0; i < 200; i++) await clock.turn();
  await Promise.all([a.stop(), b.stop()]);
  expect(
    noted(log)
      .map((note) => note.slice(0, note.indexOf('@')))
      .sort(),
  ).toEqual([`one: ${due} `, `zero: ${due} `]);
});

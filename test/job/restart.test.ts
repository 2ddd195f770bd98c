import { type Clock, type Log, LogError, type RestartStrategy, type RunOptions, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { type CountHandlers, countJob, countOrder, orders } from '../task/count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from '../task/model.ts';
import { until } from '../task/until.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { withProducer } from '../task/wrapped-log.ts';

function freshLog(count: number, clock: Clock = virtualClock()): MemoryLog {
  const log = memoryLog({ clock, topics: { orders: 2, names: 2, totals: 1 }, rebalanceTimeout: 100 });
  log.produce(someOrders(count, 1).map((order) => orders.serializeValue(order)));
  return log;
}

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: { readonly [name: string]: unknown };
  readonly message: string | undefined;
}

function recorder(): { readonly lines: Line[]; readonly logger: Exclude<RunOptions['logger'], false | undefined> } {
  const lines: Line[] = [];
  const at = (level: Line['level']) => (fields: object, message?: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** The count job, whose handler fails as often as `fails` says so. */
function failing(fails: (amount: number) => unknown, hooks: Partial<CountHandlers> = {}) {
  return countJob({
    ...hooks,
    async orders(order, ctx) {
      countOrder(order, ctx);
      const error = fails(order.amount);
      if (error !== undefined) throw error;
    },
  });
}

describe('a handler that fails', () => {
  test('is called again after a restart from the last checkpoint, and nothing is lost or doubled', async () => {
    const log = freshLog(50);
    const { lines, logger } = recorder();
    let left = 2;
    const job = failing((amount) => (amount % 7 === 0 && left-- > 0 ? new Error('service is away') : undefined));
    const { metrics } = await run(job, { log, clock: virtualClock(), until: 'latest', logger, instance: 'a' });
    expect(metrics).toMatchObject({ restarts: 2, records: 50 });
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { attempt: 1, attempts: 10 }, message: 'the job failed: it starts over from the last checkpoint' },
      { fields: { attempt: 2 }, message: 'the job failed: it starts over from the last checkpoint' },
    ]);
  });

  test('at the same record for the same reason ends the job, which names the record', async () => {
    const log = freshLog(50);
    const { offset } = { offset: 3n };
    const job = countJob({
      orders(order, ctx) {
        countOrder(order, ctx);
        if (ctx.record.partition === 0 && ctx.record.offset === offset) throw new Error('broken');
      },
    });
    const running = start(job, { log, clock: virtualClock(), until: 'latest', logger: false });
    await expect(running.result).rejects.toMatchObject({
      code: 'JOB_HANDLER_FAILED',
      topic: 'orders',
      partition: 0,
      offset,
      cause: { message: 'broken' },
      key: expect.stringMatching(/^"\w+"$/),
    });
    await expect(running.result).rejects.toThrow(
      /^orders-0 at offset 3: handler `orders` failed: broken\. This record, of key "\w+", failed 3 times for the same reason: restarting does not help\. Mend the handler, or let the job go on without it: onError\.process\. Look at it: kgen inspect --topic orders --partition 0 --offset 3$/,
    );
    expect(running.metrics().restarts).toBe(2);
    expect(await log.openTransactions('count')).toEqual([]);
    expect(await log.instances('count')).toEqual([]);
  });

  test('is not called again where the strategy is none', async () => {
    const options = { log: freshLog(50), clock: virtualClock(), until: 'latest', logger: false } as const;
    const job = failing(() => new Error('broken'));
    const running = start(job, { ...options, restart: { strategy: 'none' } });
    await expect(running.result).rejects.toMatchObject({
      code: 'JOB_HANDLER_FAILED',
      message: expect.stringMatching(/failed: broken$/),
    });
    expect(running.metrics().restarts).toBe(0);
  });

  test('of a hook counts as one', async () => {
    const log = freshLog(20);
    let left = 2;
    const job = failing(() => undefined, {
      onStart() {
        if (left-- > 0) throw new Error('no connection');
      },
    });
    const { metrics } = await run(job, { log, clock: virtualClock(), until: 'latest', logger: false });
    expect(metrics).toMatchObject({ restarts: 2, records: 20 });
  });
});

test('the strategy of the declaration holds, unless the call says otherwise', async () => {
  const log = freshLog(10);
  const job = failing(() => new Error('broken'));
  const restart: RestartStrategy = { strategy: 'fixed-delay', sameFailures: Number.POSITIVE_INFINITY, attempts: 4 };
  const declared = { ...job, declaration: { ...job.declaration, restart } };
  const options = { log, clock: virtualClock(), logger: false } as const;
  const first = start(declared, options);
  await expect(first.result).rejects.toThrow(/failed: broken\. 4 restarts did not help$/);
  expect(first.metrics().restarts).toBe(4);
  const second = start(declared, { ...options, restart: { strategy: 'none' } });
  await expect(second.result).rejects.toMatchObject({ code: 'JOB_HANDLER_FAILED' });
  expect(second.metrics().restarts).toBe(0);
  const wrong = run(job, { ...options, restart: { strategy: 'fixed-delay', attempts: 0 } });
  await expect(wrong).rejects.toMatchObject({
    code: 'JOB_OPTIONS',
    message: 'option restart.attempts: 0 is not a whole number from 1, or Infinity',
  });
});

test('a job that fails more often than its strategy allows has failed for good, with the cause first', async () => {
  const clock = virtualClock();
  let calls = 0;
  const job = failing(() => new Error(`broken, the ${++calls}. time`));
  const restart: RestartStrategy = { strategy: 'failure-rate', failures: 3, interval: 60_000, delay: 10 };
  const running = start(job, { log: freshLog(10), clock, logger: false, restart });
  await expect(running.result).rejects.toThrow(
    /failed: broken, the 4\. time\. 4 failures within 60000 ms are more than its strategy allows$/,
  );
  expect(running.metrics().restarts).toBe(3);
});

test('a log that stays away ends the job: what failed first, then that restarts did not help', async () => {
  const log = freshLog(10);
  const down: Log = { ...log, topics: () => Promise.reject(new LogError('retriable', 'no broker answers')) };
  const clock = virtualClock();
  const began = clock.monotonic();
  const running = start(
    failing(() => undefined),
    { log: down, clock, logger: false },
  );
  await expect(running.result).rejects.toMatchObject({
    code: 'JOB_LOG_FAILED',
    message: 'the log failed (retriable): no broker answers. 10 restarts did not help',
    cause: { kind: 'retriable' },
  });
  // 100 ms, 200, 400, …, 30 s, each with a tenth of jitter.
  const waited = clock.monotonic() - began;
  expect(waited).toBeGreaterThan(81_100 * 0.9);
  expect(waited).toBeLessThan(81_100 * 1.1 + 1000);
});

test('a start that says what runs, and an end that says what it did', async () => {
  const { lines, logger } = recorder();
  const options = { log: freshLog(10), clock: virtualClock(), until: 'latest', logger, instance: 'a' } as const;
  await run(
    failing(() => undefined),
    options,
  );
  const info = lines.filter(({ level }) => level === 'info');
  expect(info[0]).toMatchObject({
    message: 'job starts',
    fields: { job: 'count', instance: 'a', group: 'count', inputs: ['orders', 'names'], outputs: ['totals'], tasks: 2 },
  });
  expect(info.at(-1)).toMatchObject({ message: 'job done', fields: { job: 'count', instance: 'a', records: 10 } });
});

describe('a job that is to stop', () => {
  test('and is expelled meanwhile has stopped: others have its tasks', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const slow = countJob({
      async orders(order, ctx) {
        entered.resolve();
        await leave.promise;
        countOrder(order, ctx);
      },
    });
    const { lines, logger } = recorder();
    const a = start(slow, { log, clock, logger, instance: 'a' });
    await entered.promise;
    const stopped = a.stop();
    const b = start(countJob({ orders: countOrder }), { log, clock, logger: false, instance: 'b' });
    await until(() => b.metrics().records === 60);
    leave.resolve();
    expect(await stopped).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { err: { kind: 'fenced' } }, message: expect.stringContaining('processed again') },
    ]);
    await b.stop();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });

  test('and whose place another of its name has taken has stopped, and fences nobody', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const slow = countJob({
      async orders(order, ctx) {
        entered.resolve();
        await leave.promise;
        countOrder(order, ctx);
      },
    });
    const a = start(slow, { log, clock, logger: false, instance: 'a' });
    await entered.promise;
    const stopped = a.stop();
    const b = start(countJob({ orders: countOrder }), { log, clock, logger: false, instance: 'a' });
    await until(() => b.metrics().records === 60);
    leave.resolve();
    expect(await stopped).toMatchObject({ reason: 'stopped' });
    log.produce(someOrders(20, 2).map((order) => orders.serializeValue(order)));
    await until(() => b.metrics().records === 80);
    expect(await b.stop()).toMatchObject({ metrics: { restarts: 0 } });
  });

  test('and gets no answer to its last checkpoint has stopped, and leaves no transaction open', async () => {
    const clock = virtualClock();
    const log = freshLog(10);
    const deaf = withProducer(log, (producer) => ({
      async commitOffsets(member, offsets) {
        running.stop().catch(() => undefined);
        await producer.commitOffsets(member, offsets);
      },
      commit: () => Promise.reject(new LogError('unknown-outcome', 'no answer')),
    }));
    const running = start(countJob({ orders: countOrder }), { log: deaf, clock, logger: false });
    expect(await running.result).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
    expect(await log.openTransactions('count')).toEqual([]);
    await run(countJob({ orders: countOrder }), { log, clock, logger: false, until: 'latest' });
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });

  test('and whose handler fails meanwhile has failed', async () => {
    const clock = virtualClock();
    const log = freshLog(10);
    const job = countJob({
      async orders() {
        void running.stop().catch(() => undefined);
        throw new Error('broken');
      },
    });
    const running = start(job, { log, clock, logger: false });
    await expect(running.result).rejects.toMatchObject({ code: 'JOB_HANDLER_FAILED', cause: { message: 'broken' } });
  });
});

test('a job says what it does when it begins to do it, also where the log was away before', async () => {
  const log = freshLog(5);
  let away = 2;
  const shaky: Log = {
    ...log,
    topics: async (names) => {
      if (away-- > 0) throw new LogError('retriable', 'no broker answers');
      return log.topics(names);
    },
  };
  const { lines, logger } = recorder();
  const { metrics } = await run(
    failing(() => undefined),
    { log: shaky, clock: virtualClock(), until: 'latest', logger },
  );
  expect(metrics).toMatchObject({ restarts: 2, records: 5 });
  expect(lines.filter(({ message }) => message === 'job starts')).toMatchObject([{ fields: { outputs: ['totals'] } }]);
});

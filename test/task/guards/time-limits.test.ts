import { isJobError, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { handlerTimeoutOf } from '../../../runtime/src/task/guards/time-limits.ts';
import { type CountHandlers, type CountJob, countJob, countOrder, orders } from '../count-job.ts';
import { emittedTotals, expectedTotals } from '../model.ts';
import { until } from '../until.ts';
import { virtualClock } from '../virtual-clock.ts';

function logOf(...customers: readonly string[]): MemoryLog {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  log.produce(customers.map((customer) => orders.serializeValue({ customer, amount: 1 })));
  return log;
}

function job(handlers: CountHandlers, concurrency: number, handlerTimeout?: number): CountJob {
  const made = countJob(handlers, 1, handlerTimeout);
  return { ...made, declaration: { ...made.declaration, concurrency } };
}

describe('a handler', () => {
  test.each([1, 4])('that takes too long makes the member leave; the job starts over (concurrency %s)', async (n) => {
    const log = logOf('ann', 'bob');
    const never = Promise.withResolvers<void>();
    let hangs = true;
    let zombies = 0;
    const hanging = job(
      {
        async orders(order, ctx) {
          if (hangs && order.customer === 'bob') {
            hangs = false;
            await never.promise;
            countOrder(order, ctx);
            zombies++;
            return;
          }
          countOrder(order, ctx);
        },
      },
      n,
      20,
    );
    const failures: unknown[] = [];
    const note = (fields: { err?: unknown }): void => void (fields.err !== undefined && failures.push(fields.err));
    const logger = { debug: note, info: note, warn: note, error: note };
    const running = start(hanging, { log, logger, restart: { strategy: 'fixed-delay', delay: 1 } });
    await expect.poll(() => running.metrics().records, { timeout: 10_000, interval: 5 }).toBe(2);
    expect(running.metrics().restarts).toBe(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'JOB_HANDLER_FAILED', topic: 'orders', partition: 0, offset: 1n });
    expect(String(failures[0])).toContain(
      'orders-0 at offset 1: handler `orders` took longer than its limit of 20 ms. Let what it waits for give up sooner',
    );
    // What it does in the end has no effect.
    never.resolve();
    await until(() => zombies === 1);
    await running.stop();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    expect(await log.openTransactions('count')).toEqual([]);
  });

  test('that is slow within its limit is waited for, and so are many that are', async () => {
    const log = logOf(...Array.from({ length: 10 }, (_, i) => `c${i}`));
    const clock = virtualClock();
    const slow = job(
      {
        orders: (order, ctx) =>
          new Promise<void>((resolve) => {
            clock.after(900, () => {
              countOrder(order, ctx);
              resolve();
            });
          }),
      },
      1,
      1000,
    );
    const { metrics } = await run(slow, { log, until: 'latest', logger: false, clock });
    expect(metrics).toMatchObject({ records: 10, restarts: 0 });
  });
});

describe('the time-outs of the log', () => {
  const limits = { transactionTimeout: 60_000, rebalanceTimeout: 60_000 };
  const problem = (interval: number, handler: number | undefined, of = limits): string => {
    try {
      return String(
        handlerTimeoutOf(
          { checkpointInterval: interval, handlerTimeout: handler, concurrentCheckpoints: 1, transactions: true },
          of,
        ),
      );
    } catch (error) {
      return isJobError(error, 'JOB_OPTIONS') ? error.message : String(error);
    }
  };

  test('leave time for handlers: half of the shorter one, at most 30 s', () => {
    expect(problem(1000, undefined)).toBe('30000');
    expect(problem(1000, undefined, { transactionTimeout: 20_000, rebalanceTimeout: 10_000 })).toBe('5000');
    expect(
      handlerTimeoutOf(
        { checkpointInterval: 1e9, handlerTimeout: Infinity, concurrentCheckpoints: 1, transactions: true },
        undefined,
      ),
    ).toBe(Infinity);
    expect(problem(1000, 45_000)).toBe('45000');
    // Who has no transactions needs none to last.
    const without = {
      checkpointInterval: 1e9,
      handlerTimeout: undefined,
      concurrentCheckpoints: 1,
      transactions: false,
    };
    expect(handlerTimeoutOf(without, { transactionTimeout: 10_000, rebalanceTimeout: 60_000 })).toBe(30_000);
  });

  test('must be longer than what is done within them, or the job is told which to change (I7, I6)', () => {
    expect(problem(1000, 50_000)).toBe(
      "a transaction may be open for 61000 ms (1000 ms of checkpoint interval, 50000 ms of handlerTimeout, 10000 ms for the rest), and the log's transactionTimeout is 60000 ms. Raise transactionTimeout (brokers allow up to their transaction.max.timeout.ms), or lower the others",
    );
    expect(problem(40_000, undefined)).toContain('40000 ms of checkpoint interval');
    expect(problem(1000, 55_000, { transactionTimeout: 300_000, rebalanceTimeout: 60_000 })).toBe(
      "giving tasks up may last for 65000 ms (55000 ms of handlerTimeout, 10000 ms for the rest), and the log's rebalanceTimeout is 60000 ms. Raise rebalanceTimeout, or lower the others",
    );
  });

  test('are looked at when a job starts', async () => {
    const log = { ...logOf('ann'), limits };
    const running = run(countJob({ orders: countOrder }, 100_000), { log, until: 'latest', logger: false });
    await expect(running).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringContaining('transactionTimeout is 60000 ms'),
    });
    expect(await log.instances('count')).toEqual([]);
  });
});

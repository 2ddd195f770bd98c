import { isJobError, type Log, LogError, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { copyJob, someWords } from './copy-job.ts';
import { type CountJob, countJob, countOrder, orders } from './count-job.ts';
import { emittedTotals, expectedTotals } from './model.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

// Several checkpoints are under way at once (I15).

const OUTPUT = { topic: 'totals', partition: 0 };
const INPUT = { topic: 'orders', partition: 0 };

function freshLog(): MemoryLog {
  return memoryLog({ clock: virtualClock(), topics: { orders: 1, names: 1, totals: 1 }, sessionTimeout: 50 });
}

function order(log: MemoryLog, customer: string, amount: number): void {
  log.produce([orders.serializeValue({ customer, amount })]);
}

/** Requests of transactions wait, from `close` on, until the test lets the first of them through, or fail. */
function gated(log: Log, what: 'commit' | 'commitOffsets') {
  const waiting: PromiseWithResolvers<void>[] = [];
  let isOpen = true;
  const order: string[] = [];
  const pass = async (request: string, producerId: number): Promise<void> => {
    if (request === what && !isOpen) {
      const turn = Promise.withResolvers<void>();
      waiting.push(turn);
      await turn.promise;
    }
    order.push(`${request} of ${producerId}`);
  };
  return {
    log: withProducer(log, (producer) => ({
      async commitOffsets(member, offsets) {
        await pass('commitOffsets', producer.producerId);
        await producer.commitOffsets(member, offsets);
      },
      async commit() {
        await pass('commit', producer.producerId);
        await producer.commit();
      },
    })),
    waiting,
    /** What was let through. */
    order,
    close() {
      isOpen = false;
    },
    open() {
      isOpen = true;
      for (const turn of waiting.splice(0)) turn.resolve();
    },
  };
}

function counting(calls: { count: number }): CountJob {
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

const quiet = { logger: false, instance: 'one' } as const;

test('what comes next is written, and its offsets are, while commits are under way, which keep their order', async () => {
  const log = freshLog();
  const gate = gated(log, 'commit');
  const calls = { count: 0 };
  const running = start(counting(calls), { ...quiet, log: gate.log, clock: virtualClock(), concurrentCheckpoints: 3 });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  gate.order.length = 0;
  const before = (await log.bounds([OUTPUT]))[0]?.end ?? 0;
  for (let n = 1; n <= 3; n++) {
    order(log, 'ann', n);
    await until(() => gate.order.length === n);
  }
  // Three have their offsets, and one asks for its commit.
  expect([gate.waiting.length, new Set(gate.order).size]).toEqual([1, 3]);
  expect((await log.bounds([OUTPUT]))[0]).toMatchObject({ end: before + 3, stableEnd: before });
  // A fourth has to wait, and what it is to hold is kept.
  order(log, 'ann', 4);
  await until(() => calls.count === 4);
  expect((await log.bounds([OUTPUT]))[0]?.end).toBe(before + 4);
  expect([gate.order.length, running.metrics().checkpoints]).toEqual([3, 1]);
  const sealed = gate.order.map((each) => each.split(' ').at(-1));
  gate.open();
  await until(() => running.metrics().records === 4);
  const commits = gate.order.filter((each) => each.startsWith('commit of')).map((each) => each.split(' ').at(-1));
  expect(commits.slice(0, 3)).toEqual(sealed);
  expect(running.metrics().checkpointsDelayed).toBeGreaterThan(0);
  expect((await log.committedOffsets('count', [INPUT]))[0]?.offset).toBe(4);
  await running.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test.each(['commit', 'commitOffsets'] as const)(
  'where %s of the first fails before it was written, all after it are aborted, without a restore (I12)',
  async (what) => {
    const log = freshLog();
    const gate = gated(log, what);
    const calls = { count: 0 };
    const job = counting(calls);
    const running = start(job, { ...quiet, log: gate.log, clock: virtualClock(), concurrentCheckpoints: 3 });
    order(log, 'ann', 1);
    await until(() => running.metrics().records === 1);
    gate.close();
    for (const [i, customer] of ['ann', 'bob', 'ann', 'ann'].entries()) {
      order(log, customer, 2 ** i);
      await until(() => calls.count === i + 2);
    }
    await until(() => gate.waiting.length === 1);
    const [first] = gate.waiting.splice(0);
    gate.open();
    first?.reject(new LogError('abortable', 'not written'));
    await until(() => running.metrics().records === 5);
    expect(calls.count).toBe(9);
    expect(running.metrics()).toMatchObject({ aborts: 1, restarts: 0, restoredRecords: 0 });
    await running.stop();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    expect(await log.openTransactions('')).toEqual([]);
  },
);

test('after an unknown outcome nothing after it is committed (I5)', async () => {
  const log = freshLog();
  const gate = gated(log, 'commit');
  const calls = { count: 0 };
  const running = start(counting(calls), { ...quiet, log: gate.log, clock: virtualClock(), concurrentCheckpoints: 3 });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  for (let n = 1; n <= 3; n++) {
    order(log, 'ann', n);
    await until(() => calls.count === n);
  }
  await until(() => gate.waiting.length === 1);
  const [first] = gate.waiting.splice(0);
  gate.open();
  first?.reject(new LogError('unknown-outcome', 'no answer'));
  await until(() => running.metrics().records === 3);
  expect(calls.count).toBe(6);
  expect(running.metrics()).toMatchObject({ restarts: 1, aborts: 0 });
  await running.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test.each([
  ['is committed, it stays so', undefined, { aborts: 1, restarts: 0 }],
  ['has an unknown outcome, the incarnation ends (I5)', new LogError('unknown-outcome', 'no answer'), { restarts: 1 }],
] as const)('where something of a later one fails, and the one before it %s', async (_, outcome, expected) => {
  const log = freshLog();
  const gate = gated(log, 'commit');
  let refuse: number | undefined;
  const picky = withProducer(gate.log, (producer) => ({
    async commitOffsets(member, offsets) {
      if (refuse !== undefined && offsets.some(({ offset }) => offset === refuse)) {
        refuse = undefined;
        throw new LogError('abortable', 'refused');
      }
      await producer.commitOffsets(member, offsets);
    },
  }));
  const calls = { count: 0 };
  const running = start(counting(calls), { ...quiet, log: picky, clock: virtualClock(), concurrentCheckpoints: 3 });
  await until(() => running.metrics().checkpoints === 1);
  gate.close();
  order(log, 'ann', 1);
  await until(() => gate.waiting.length === 1);
  refuse = 2;
  order(log, 'ann', 2);
  await until(() => refuse === undefined);
  expect(running.metrics()).toMatchObject({ records: 0, aborts: 0 });
  if (outcome !== undefined) gate.waiting.splice(0)[0]?.reject(outcome);
  gate.open();
  await until(() => running.metrics().records === 2);
  expect(calls.count).toBe(outcome === undefined ? 3 : 4);
  expect(running.metrics()).toMatchObject(expected);
  await running.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a start ends what a predecessor with more of them left open, also one that has no transactions', async () => {
  for (const guarantee of ['exactly-once', 'at-least-once'] as const) {
    const clock = virtualClock();
    const log = memoryLog({ clock, topics: { words: 1, copies: 1 }, sessionTimeout: 50 });
    const gate = gated(log, 'commit');
    const first = start(copyJob(), { ...quiet, log: gate.log, clock: virtualClock(), concurrentCheckpoints: 4 });
    await until(() => first.metrics().checkpoints === 1);
    gate.close();
    for (let n = 1; n <= 4; n++) {
      someWords(log, 1, n);
      await until(() => gate.order.filter((each) => each.startsWith('commitOffsets')).length === n + 1);
    }
    expect((await log.openTransactions('copy/')).length).toBe(4);
    first.kill();
    await expect(first.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    const second = await run(copyJob(), { ...quiet, log, clock: virtualClock(), until: 'latest', guarantee });
    expect(second.metrics.records).toBe(4);
    expect(await log.openTransactions('')).toEqual([]);
    expect([...log.records('copies')].length).toBe(4);
  }
});

test.each([0, 1.5, 11, Number.NaN])('%s checkpoints at once are refused', async (concurrentCheckpoints) => {
  const failure = await run(copyJob(), { ...quiet, log: freshLog(), concurrentCheckpoints }).catch((error) => error);
  expect(isJobError(failure, 'JOB_OPTIONS') && failure.message).toContain('from 1 to 10');
});

test('with another guarantee there is nothing to wait for', async () => {
  const options = { ...quiet, log: freshLog(), concurrentCheckpoints: 2, guarantee: 'at-least-once' } as const;
  const failure = await run(copyJob(), options).catch((error) => error);
  expect(isJobError(failure, 'JOB_OPTIONS') && failure.message).toContain('wait for no transaction');
});

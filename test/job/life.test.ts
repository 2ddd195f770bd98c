import { type Clock, type Log, LogError, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { startWith } from '../../runtime/src/job/run.ts';
import { countJob, countOrder, orders } from '../task/count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from '../task/model.ts';
import { until } from '../task/until.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { withProducer } from '../task/wrapped-log.ts';

const job = countJob({ orders: countOrder });

const nothing = (): void => undefined;
const silence = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function freshLog(count: number, clock: Clock = virtualClock()): MemoryLog {
  const log = memoryLog({ clock, topics: { orders: 2, names: 2, totals: 1 }, rebalanceTimeout: 100 });
  log.produce(someOrders(count, 1).map((order) => orders.serializeValue(order)));
  return log;
}

describe('others have their turn', () => {
  /** A clock that a test moves, and how long it went without giving way. */
  function busyClock(): Clock & { work(ms: number): void; longest: number } {
    let time = 0;
    let turned = 0;
    return {
      longest: 0,
      work(ms) {
        time += ms;
        this.longest = Math.max(this.longest, time - turned);
      },
      now: () => time,
      monotonic: () => time,
      after(ms, call) {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      async turn() {
        await new Promise((resolve) => setImmediate(resolve));
        turned = time;
      },
      random: () => 0.5,
    };
  }

  test.each([
    ['sync', 0.5],
    ['async', 0.5],
    ['sync', 4],
    ['async', 4],
  ] as const)('while %s handlers of %s ms are busy', async (kind, ms) => {
    const clock = busyClock();
    const log = freshLog(400);
    const busy = countJob(
      {
        orders(order, ctx) {
          clock.work(ms);
          countOrder(order, ctx);
          return kind === 'async' ? Promise.resolve() : undefined;
        },
      },
      100_000,
    );
    await run(busy, { log, clock, until: 'latest', logger: false });
    // The first handlers may be slower than expected.
    expect(clock.longest).toBeLessThan(10 + 17 * ms);
    clock.longest = 0;
    log.produce(someOrders(300, 2).map((order) => orders.serializeValue(order)));
    await run(busy, { log, clock, until: 'latest', logger: false });
    expect(clock.longest).toBeLessThan(10 + 17 * ms);
  });

  test('also where each poll brings little', async () => {
    const clock = busyClock();
    const log = freshLog(400);
    const few: Log = {
      ...log,
      source() {
        const source = log.source();
        const positions = new Map<number, number>();
        return {
          assign(partitions) {
            for (const { topic, partition, offset } of partitions)
              if (topic === 'orders') positions.set(partition, offset);
            source.assign(partitions);
          },
          unassign: (partitions) => source.unassign(partitions),
          pause: (partition) => source.pause(partition),
          resume: (partition) => source.resume(partition),
          wake: () => source.wake(),
          close: () => source.close(),
          async poll(wait) {
            const fetched = await source.poll(wait);
            return fetched.map((part) => {
              if (part.topic !== 'orders') return part;
              const nextOffset = Math.min(part.nextOffset, (positions.get(part.partition) ?? 0) + 5);
              positions.set(part.partition, nextOffset);
              source.assign([{ topic: part.topic, partition: part.partition, offset: nextOffset }]);
              let left = 5;
              const { records } = part;
              const next = records.next.bind(records);
              records.next = () => left-- > 0 && next();
              return { ...part, nextOffset };
            });
          },
        };
      },
    };
    const busy = countJob(
      {
        orders(order, ctx) {
          clock.work(1);
          countOrder(order, ctx);
        },
      },
      100_000,
    );
    const { metrics } = await run(busy, { log: few, clock, until: 'latest', logger: false });
    expect(metrics.records).toBe(400);
    expect(clock.longest).toBeLessThan(30);
  });
});

describe('onCheckpoint', () => {
  test.each(['throws', 'rejects'])('that %s ends the job, as an error of the user', async (how) => {
    const cause = new LogError('retriable', 'mine');
    const onCheckpoint = (): Promise<void> => {
      if (how === 'throws') throw cause;
      return Promise.reject(cause);
    };
    const promise = run(job, { log: freshLog(5), until: 'latest', logger: false, onCheckpoint });
    await expect(promise).rejects.toMatchObject({
      code: 'JOB_HANDLER_FAILED',
      message: 'onCheckpoint failed: mine',
      cause,
    });
  });

  test('is awaited', async () => {
    let pending = 0;
    const onCheckpoint = async (): Promise<void> => {
      expect(pending++).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 1));
      pending--;
    };
    await run(job, { log: freshLog(200), until: 'latest', logger: false, onCheckpoint, checkpointInterval: 0.01 });
    expect(pending).toBe(0);
  });
});

describe('an instance that the group expelled', () => {
  test('comes back', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    let stuck = true;
    const slow = countJob({
      async orders(order, ctx) {
        if (stuck) {
          stuck = false;
          entered.resolve();
          await leave.promise;
        }
        countOrder(order, ctx);
      },
    });
    const a = start(slow, { log, clock, logger: false, instance: 'a' });
    await entered.promise;
    // Another one joins, and `a` gives up nothing within the time it has.
    const b = start(job, { log, clock, logger: false, instance: 'b' });
    await until(() => b.metrics().records === 60);
    leave.resolve();
    await until(() => a.metrics().restarts === 1);
    log.produce(someOrders(60, 2).map((order) => orders.serializeValue(order)));
    await until(() => a.metrics().records > 0 && a.metrics().records + b.metrics().records === 120);
    await Promise.all([a.stop(), b.stop()]);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });

  test('ends with what the group said, where that is for good', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    const refusing: Log = {
      ...log,
      async join(options, listener) {
        const membership = await log.join(options, listener);
        await membership.end({ leave: true });
        listener.lost('expelled', new LogError('fatal', 'JoinGroup of group count: may not read it'));
        return membership;
      },
    };
    const running = start(countJob({ orders: countOrder }), { log: refusing, clock, logger: false });
    await expect(running.result).rejects.toMatchObject({
      code: 'JOB_LOG_FAILED',
      message: expect.stringContaining('may not read it'),
    });
    expect(running.metrics().restarts).toBe(0);
  });

  test('takes its transaction back, which would hold readers of its outputs up', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    let expel: (() => Promise<void>) | undefined;
    const shaky: Log = {
      ...log,
      async join(options, listener) {
        const membership = await log.join(options, listener);
        expel = async () => {
          await membership.end({ leave: true });
          listener.lost('expelled');
        };
        return membership;
      },
    };
    let open: readonly string[] = [];
    const slow = countJob(
      {
        async orders(order, ctx) {
          countOrder(order, ctx);
          await clock.turn();
          if (expel === undefined || ctx.record.offset < 5n) return;
          open = await log.openTransactions('count');
          const end = expel;
          expel = undefined;
          await end();
        },
      },
      100_000,
    );
    let left: Promise<readonly string[]> | undefined;
    const warn = (_: object, message?: string): void => {
      if (message?.includes('starts over') === true) left = log.openTransactions('count');
    };
    const running = start(slow, { log: shaky, clock, logger: { ...silence, warn }, instance: 'a' });
    await until(() => running.metrics().restarts === 1);
    running.kill();
    expect([open, await left]).toEqual([['count/a'], []]);
  });

  test('comes back where its handler never ends, and what that does later has no effect', async () => {
    const clock = virtualClock(1, 0.1);
    const log = freshLog(60, clock);
    const entered = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    let stuck = true;
    const hanging = countJob({
      async orders(order, ctx) {
        if (stuck) {
          stuck = false;
          entered.resolve();
          await never.promise;
        }
        countOrder(order, ctx);
      },
    });
    const a = start(hanging, { log, clock, logger: false, instance: 'a' });
    await entered.promise;
    const b = start(job, { log, clock, logger: false, instance: 'b' });
    await until(() => a.metrics().restarts === 1);
    never.resolve();
    await until(() => a.metrics().records + b.metrics().records === 60);
    log.produce(someOrders(60, 2).map((order) => orders.serializeValue(order)));
    await until(() => a.metrics().records > 0 && a.metrics().records + b.metrics().records === 120);
    await Promise.all([a.stop(), b.stop()]);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });
});

test('an instance that was fenced by a wrong guess starts over (I16)', async () => {
  const clock = virtualClock(1, 0.1);
  const log = freshLog(100, clock);
  let fences = 0;
  const guessing = countJob(
    {
      async orders(order, ctx) {
        countOrder(order, ctx);
        if (order.amount % 10 !== 0 || fences > 2) return;
        fences++;
        (await log.producer('count/a')).close();
      },
    },
    1,
  );
  const { metrics } = await run(guessing, { log, clock, until: 'latest', logger: false, instance: 'a' });
  expect(metrics.restarts).toBeGreaterThan(0);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a log that cannot be reached at first is tried again', async () => {
  const log = freshLog(10);
  let failures = 0;
  const shy: Log = {
    ...log,
    async topics(names) {
      if (failures++ < 2) throw new LogError('retriable', 'not yet');
      return log.topics(names);
    },
  };
  const lines: (string | undefined)[] = [];
  const logger = { ...silence, warn: (_: object, line?: string) => void lines.push(line) };
  const { metrics } = await run(job, { log: shy, clock: virtualClock(), until: 'latest', logger });
  expect(metrics).toMatchObject({ restarts: 2, records: 10 });
  expect(lines).toEqual(Array(2).fill('the log failed: the job starts over from the last checkpoint'));
  const never: Log = { ...log, topics: () => Promise.reject(new LogError('fatal', 'no')) };
  await expect(run(job, { log: never, until: 'latest', logger: false })).rejects.toMatchObject({
    code: 'JOB_LOG_FAILED',
  });
});

test.each(['retriable', 'unknown-outcome', 'fatal'] as const)(
  'after EndTxn(commit) that failed as %s nothing follows under that epoch (I5)',
  async (kind) => {
    const log = freshLog(10);
    const requests: string[] = [];
    let failing = true;
    const broken = withProducer(log, (producer) => ({
      async commit() {
        requests.push(`commit ${producer.epoch}`);
        if (failing) throw new LogError(kind, 'who knows');
        await producer.commit();
      },
      async abort() {
        requests.push(`abort ${producer.epoch}`);
        await producer.abort();
      },
    }));
    const clock = virtualClock();
    const options = { clock, until: 'latest', logger: false, instance: 'one' } as const;
    await expect(run(job, { log: broken, ...options })).rejects.toMatchObject({ code: 'JOB_LOG_FAILED' });
    expect(requests.filter((request) => request.startsWith('abort'))).toEqual([]);
    failing = false;
    await run(job, { log: broken, ...options });
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  },
);

test('a stop does not wait for the pause before a restart', async () => {
  const clock = virtualClock();
  const log = freshLog(10);
  const down: Log = { ...log, topics: () => Promise.reject(new LogError('retriable', 'down')) };
  const paused: number[] = [];
  const seen: Clock = {
    ...clock,
    after(ms, call) {
      paused.push(ms);
      return ms > 400 ? () => undefined : clock.after(ms, call);
    },
  };
  const running = start(job, { log: down, clock: seen, logger: false });
  await until(() => paused.some((ms) => ms > 400));
  expect(await running.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 0 } });
});

test('a stop in the pause before a restart leaves no transaction open', async () => {
  const clock = virtualClock();
  const log = freshLog(10);
  const deaf = withProducer(log, () => ({
    commit: () => Promise.reject(new LogError('unknown-outcome', 'no answer')),
  }));
  const warn = (): void => void running.stop();
  const running = start(job, { log: deaf, clock, logger: { ...silence, warn } });
  expect(await running.result).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
  expect(await log.openTransactions('count')).toEqual([]);
});

test.each([undefined, 'one'])('an instance whose abort gets no answer is no member any more (%s)', async (instance) => {
  const clock = virtualClock();
  const log = freshLog(10, clock);
  const deaf = withProducer(log, () => ({
    abort: () => Promise.reject(new LogError('unknown-outcome', 'no answer')),
  }));
  const failing = countJob({
    orders(order, ctx) {
      if (ctx.record.offset > 2n) throw new Error('a failing handler');
      countOrder(order, ctx);
    },
  });
  const warn = (_: object, message?: string): void => {
    if (message?.includes('starts over') === true) void running.stop();
  };
  const running = start(failing, { log: deaf, clock, logger: { ...silence, warn }, instance });
  expect(await running.result).toMatchObject({ reason: 'stopped', metrics: { restarts: 0 } });
  expect(await log.instances('count')).toEqual([]);
});

test('a run that is over has no timers left', async () => {
  for (const end of ['latest', 'stop', 'kill'] as const) {
    const clock = virtualClock();
    const open = new Set<object>();
    const watched: Clock = {
      ...clock,
      after(ms, call) {
        const timer = {};
        open.add(timer);
        const callOff = clock.after(ms, () => {
          open.delete(timer);
          call();
        });
        return () => {
          open.delete(timer);
          callOff();
        };
      },
    };
    const log = freshLog(50);
    // An answer that takes its time.
    const slow: Log = {
      ...log,
      async committedOffsets(group, partitions) {
        for (let i = 0; i < 3; i++) await clock.turn();
        return log.committedOffsets(group, partitions);
      },
    };
    const running = start(job, { log: slow, clock: watched, logger: false, until: end === 'latest' ? end : undefined });
    if (end !== 'latest') {
      await until(() => running.metrics().records === 50);
      if (end === 'stop') await running.stop();
      else running.kill();
    }
    await running.result.catch(() => undefined);
    // What a killed process leaves behind may end by itself.
    for (let i = 0; i < 20 && end === 'kill'; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(open.size, end).toBe(0);
  }
});

test('names that objects inherit are names of topics like any other', async () => {
  const { declaration, handlers } = job;
  const named = { ...declaration.outputs['totals'], names: ['constructor'] } as never;
  const log = memoryLog({ topics: { 'prod.orders': 1, names: 1, constructor: 1 } });
  log.produce([{ ...orders.serializeValue({ customer: 'ann', amount: 1 }), topic: 'prod.orders' }]);
  const renamed = { declaration: { ...declaration, outputs: { totals: named } }, handlers };
  await run(renamed, { log, until: 'latest', logger: false, topics: { orders: 'prod.orders' } });
  expect([...log.records('constructor')].length).toBe(1);
});

test('the name of a job is one of topics and transactions, too', async () => {
  const { declaration, handlers } = job;
  const odd = { declaration: { ...declaration, name: 'my/job' }, handlers };
  await expect(run(odd, { log: freshLog(1), logger: false })).rejects.toMatchObject({ code: 'JOB_OPTIONS' });
  await run(odd, { log: freshLog(1), logger: false, until: 'latest', group: 'my-job' });
});

test.for([0, 1, 2, 3, 5, 8])(
  'killed as it starts, %s turns later, a run does not disturb the next of its name',
  async (turns) => {
    const log = freshLog(20);
    const clock = virtualClock();
    // The way to the group takes a while, as over a network.
    let late = true;
    const far: Log = {
      ...log,
      async join(options, listener) {
        const wait = late ? 10 : 0;
        late = false;
        for (let i = 0; i < wait; i++) await clock.turn();
        return log.join(options, listener);
      },
    };
    const killed = start(job, { log: far, instance: 'a', logger: false });
    for (let i = 0; i < turns; i++) await clock.turn();
    killed.kill();
    const next = start(job, { log: far, instance: 'a', logger: false });
    await until(() => next.metrics().records === 20);
    for (let i = 0; i < 30; i++) await clock.turn();
    expect(await next.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 20, restarts: 0 } });
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  },
);

test('what a local store lacks on this machine is no failure of the log', async () => {
  const cause = new LogError('fatal', 'State in LMDB takes the package lmdb: npm install lmdb');
  const options = { log: freshLog(1), clock: virtualClock(), until: 'latest', logger: false } as const;
  const running = startWith(job, options, { openStores: () => Promise.reject(cause) });
  await expect(running.result).rejects.toMatchObject({
    code: 'JOB_OPTIONS',
    message: 'option `store`: State in LMDB takes the package lmdb: npm install lmdb',
    cause,
  });
});

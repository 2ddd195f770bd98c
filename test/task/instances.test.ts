import { type Clock, LogError, type RunningJob, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountContext, type CountJob, countJob, countOrder, type Order, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { type Fate, mortalLog } from './mortal-log.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

const TASKS = 6;

interface World {
  readonly clock: Clock;
  readonly log: MemoryLog;
  /** Counts slowly: others have their turn after each record. */
  readonly job: CountJob;
}

/** Log and instances live in one time: it passes when all of them wait. */
function world(seed: number): World {
  const clock = virtualClock(seed, 0.1);
  const topics = { orders: TASKS, names: TASKS, totals: 2 };
  const log = memoryLog({ clock, topics, sessionTimeout: 50 });
  const slowly = async (order: Order, ctx: CountContext): Promise<void> => {
    await clock.turn();
    countOrder(order, ctx);
  };
  return { clock, log, job: countJob({ orders: slowly }, 3) };
}

function produce(log: MemoryLog, count: number, seed: number): void {
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
}

function committed(log: MemoryLog): number {
  return [...log.records('totals')].length;
}

test('two instances share the tasks; one that joins late takes over where the other was', async () => {
  const { clock, log, job } = world(1);
  produce(log, 300, 1);
  const a = start(job, { log, clock, logger: false });
  await until(() => committed(log) > 20);
  const b = start(job, { log, clock, logger: false });
  await until(() => b.metrics().records > 20);
  await until(() => committed(log) === 300);
  produce(log, 100, 2);
  await until(() => committed(log) === 400);
  const results = await Promise.all([a.stop(), b.stop()]);
  expect(results.map(({ reason }) => reason)).toEqual(['stopped', 'stopped']);
  expect(results.reduce((sum, { metrics }) => sum + metrics.records, 0)).toBe(400);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('an instance that stops hands its tasks on', async () => {
  const { clock, log, job } = world(2);
  produce(log, 300, 2);
  const a = start(job, { log, clock, logger: false, instance: 'a' });
  const b = start(job, { log, clock, logger: false, instance: 'b' });
  await until(() => a.metrics().records > 20 && b.metrics().records > 20);
  await a.stop();
  await until(() => committed(log) === 300);
  await b.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('two instances that run until the latest both come to an end', async () => {
  const { clock, log, job } = world(3);
  produce(log, 200, 3);
  const both = [0, 1].map(() => start(job, { log, clock, logger: false, until: 'latest' }));
  const results = await Promise.all(both.map(({ result }) => result));
  expect(results.map(({ reason }) => reason)).toEqual(['done', 'done']);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a killed instance is replaced by another, and its open transaction does not hold that up', async () => {
  const { clock, log, job } = world(4);
  produce(log, 300, 4);
  const a = start(job, { log, clock, logger: false, instance: 'a' });
  const b = start(job, { log, clock, logger: false, instance: 'b' });
  await until(() => a.metrics().records > 20 && b.metrics().records > 20);
  a.kill();
  await expect(a.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
  await until(() => committed(log) === 300);
  await b.stop();
  expect(await log.openTransactions('')).toEqual([]);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('an instance whose name is taken is fenced, and the one that took it goes on', async () => {
  const { clock, log, job } = world(5);
  produce(log, 200, 5);
  const old = start(job, { log, clock, logger: false, instance: 'same' });
  await until(() => old.metrics().records > 10);
  const young = start(job, { log, clock, logger: false, instance: 'same' });
  await expect(old.result).rejects.toMatchObject({ code: 'JOB_FENCED' });
  await until(() => committed(log) === 200);
  await young.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('an instance that starts over after another took its name leaves it to that one', async () => {
  const { clock, log, job } = world(7);
  produce(log, 300, 7);
  const awake = Promise.withResolvers<void>();
  let fail = false;
  // As in a process that is suspended while it restarts: a rejoin of its own, when it wakes, is no start of another process.
  const sleepy: MemoryLog = {
    ...log,
    join: async (options, listener) => {
      if (fail) await awake.promise;
      return log.join(options, listener);
    },
    source: () => {
      const source = log.source();
      const poll: typeof source.poll = (wait) =>
        fail ? Promise.reject(new LogError('retriable', 'told')) : source.poll(wait);
      return {
        ...source,
        assign: (p) => source.assign(p),
        unassign: (p) => source.unassign(p),
        poll,
        pause: (p) => source.pause(p),
        resume: (p) => source.resume(p),
        wake: () => source.wake(),
        close: () => source.close(),
      };
    },
  };
  const old = start(job, { log: sleepy, clock, logger: false, instance: 'same' });
  await until(() => old.metrics().records > 10);
  fail = true;
  await until(() => old.metrics().restarts === 1);
  const young = start(job, { log, clock, logger: false, instance: 'same' });
  await until(() => young.metrics().records > 0);
  awake.resolve();
  await expect(old.result).rejects.toMatchObject({ code: 'JOB_FENCED' });
  await until(() => committed(log) === 300);
  await young.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('a zombie that wakes up after others took over commits nothing', async () => {
  const { clock, log, job } = world(6);
  produce(log, 120, 6);
  // Stands still before a commit, as a process that is suspended does; its session ends meanwhile.
  const asleep = Promise.withResolvers<void>();
  const wakeUp = Promise.withResolvers<void>();
  let expel: (() => void) | undefined;
  const slow: typeof log = {
    ...log,
    join: async (options, listener) => {
      const membership = await log.join(options, {
        ...listener,
        revoked: (t) => listener.revoked(t),
        assigned: (t, layout) => listener.assigned(t, layout),
        lost: () => undefined,
      });
      expel = () => void membership.end({ leave: true });
      return membership;
    },
    producer: async (id) => {
      const producer = await log.producer(id);
      return {
        producerId: producer.producerId,
        epoch: producer.epoch,
        append: (record) => producer.append(record),
        seal: () => producer.seal(),
        hold: () => producer.hold(),
        release: () => producer.release(),
        flush: () => producer.flush(),
        commit: () => producer.commit(),
        abort: () => producer.abort(),
        close: () => producer.close(),
        async commitOffsets(member, offsets) {
          if (offsets.some(({ offset }) => offset > 2)) {
            asleep.resolve();
            await wakeUp.promise;
          }
          await producer.commitOffsets(member, offsets);
        },
      };
    },
  };
  const zombie = start(job, { log: slow, clock, logger: false, instance: 'zombie' });
  await asleep.promise;
  expel?.();
  const other = start(job, { log, clock, logger: false, instance: 'other' });
  await until(() => committed(log) === 120);
  wakeUp.resolve();
  // It finds out, and joins anew.
  await until(() => zombie.metrics().restarts === 1);
  await Promise.all([other.stop(), zombie.stop()]);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('instances come, die and go at random, and nothing is lost or doubled', async () => {
  let deaths = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const { clock, log, job } = world(seed);
    produce(log, 150, seed);
    const chance = virtualClock(seed + 100);
    const fate = (): Fate => {
      const roll = chance.random();
      return roll < 0.005 ? 'dies-before' : roll < 0.01 ? 'dies-after' : 'lives';
    };
    const running = new Map<number, RunningJob>();
    const launch = (slot: number): void => {
      const mortal = mortalLog(log, fate);
      const instance = slot === 0 ? 'configured' : undefined;
      running.set(slot, start(job, { log: mortal.log, clock, logger: false, instance }));
      mortal.death.then(() => {
        deaths++;
        launch(slot);
      });
    };
    for (const slot of [0, 1, 2]) launch(slot);
    await until(() => committed(log) >= 150);
    for (const each of running.values()) each.kill();
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  }
  expect(deaths).toBeGreaterThan(12);
});

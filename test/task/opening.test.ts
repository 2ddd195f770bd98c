import { type Clock, type Log, LogError, start } from '@kgen/runtime';
import type { MemoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import type { MemoryHooks } from '../../runtime/src/log/memory/hooks.ts';
import { memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import { type CountHandlers, type CountJob, countJob, countOrder, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

// Tasks are opened beside the loop. Here what one instance reads of the changelog comes when a gate is opened.

const CHANGELOG = 'count-changelog';
const REBALANCE = 1000;
/** A customer of each task; records are put where they are wanted. */
const CUSTOMERS = ['zero', 'one', 'two', 'three'];
const TASKS = CUSTOMERS.length;

type Listener = Parameters<Log['join']>[1];

interface World {
  readonly clock: Clock;
  readonly log: MemoryLog;
  /** So many records for each of the tasks. */
  produce(count: number, tasks?: readonly number[]): void;
}

function world(seed = 1, hooks: MemoryHooks = {}): World {
  const clock = virtualClock(seed, 0.05);
  const topics = { orders: TASKS, names: TASKS, totals: 1 };
  const log = memoryLogWith({ clock, topics, rebalanceTimeout: REBALANCE, sessionTimeout: 50 }, hooks);
  let produced = seed;
  return {
    clock,
    log,
    produce(count, tasks = CUSTOMERS.map((_, task) => task)) {
      for (const task of tasks) {
        const customer = CUSTOMERS[task] ?? '';
        log.produce(
          someOrders(count, ++produced).map(({ amount }) => ({
            ...orders.serializeValue({ customer, amount }),
            partition: task,
          })),
        );
      }
    },
  };
}

interface SlowLog {
  readonly log: Log;
  /** What the group says and hears, in order. */
  readonly events: string[];
  close(): void;
  open(error?: unknown): void;
  isReading(): boolean;
  /** The one who is a member. */
  listener(): Listener;
  /** The group has expelled it, and it has not heard so yet. */
  expel(): Promise<void>;
}

/** A log whose changelogs cannot be read while its gate is closed. */
function slowLog(log: Log): SlowLog {
  const events: string[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let reading = 0;
  let member: Listener | undefined;
  let leave: (() => Promise<void>) | undefined;
  return {
    events,
    log: {
      ...log,
      async join(options, listener) {
        member = listener;
        const membership = await log.join(options, {
          async revoked(tasks) {
            events.push(`asked ${tasks.join()}`);
            await listener.revoked(tasks);
            events.push(`gave ${tasks.join()}`);
          },
          assigned(tasks, layout) {
            events.push(`got ${tasks.join()}`);
            listener.assigned(tasks, layout);
          },
          lost(why) {
            events.push(why);
            listener.lost(why);
          },
        });
        leave = () => membership.end({ leave: true });
        return membership;
      },
      source() {
        const source = log.source();
        let slow = false;
        return {
          ...source,
          assign(partitions) {
            slow ||= partitions.some(({ topic }) => topic === CHANGELOG);
            source.assign(partitions);
          },
          unassign: (partitions) => source.unassign(partitions),
          pause: (partition) => source.pause(partition),
          resume: (partition) => source.resume(partition),
          wake: () => source.wake(),
          close: () => source.close(),
          async poll(wait) {
            if (slow && gate !== undefined) {
              reading++;
              await gate.promise.finally(() => reading--);
            }
            return source.poll(wait);
          },
        };
      },
    },
    close() {
      gate = Promise.withResolvers();
    },
    open(error) {
      if (error === undefined) gate?.resolve();
      else gate?.reject(error);
      gate = undefined;
    },
    isReading: () => reading > 0,
    listener() {
      if (member === undefined) throw new Error('it has not joined');
      return member;
    },
    expel: async () => leave?.(),
  };
}

function counting(hooks: Partial<CountHandlers> = {}): CountJob {
  return countJob({ orders: countOrder, ...hooks }, 3);
}

function options({ clock }: World, log: Log, instance: string) {
  return { log, clock, logger: false, instance } as const;
}

function committed(log: MemoryLog): number {
  return [...log.records('totals')].length;
}

async function pass(clock: Clock, ms: number): Promise<void> {
  const passed = Promise.withResolvers<void>();
  clock.after(ms, passed.resolve);
  await passed.promise;
}

/** Instance `a` goes on with some tasks, and restores others, which were `b`'s, until the gate is opened. */
async function restoring(own: World, hooks: Partial<CountHandlers> = {}) {
  const { log, produce } = own;
  const slow = slowLog(log);
  const a = start(counting(hooks), options(own, slow.log, 'a'));
  await until(() => slow.events.length === 1);
  const b = start(counting(), options(own, log, 'b'));
  await until(() => slow.events.length > 3);
  produce(20);
  await until(() => a.metrics().records + b.metrics().records >= 20 * TASKS);
  const moving = /asked (.*)/.exec(slow.events.find((event) => event.startsWith('asked')) ?? '')?.[1] ?? '';
  slow.close();
  slow.events.length = 0;
  await b.stop();
  await until(slow.isReading);
  const moved = moving.split(',').map(Number);
  const kept = CUSTOMERS.map((_, task) => task).filter((task) => !moved.includes(task));
  return { a, slow, moved, kept, before: b.metrics().records };
}

test('while tasks are restored, others are processed and committed', async () => {
  const own = world();
  const { a, slow, moved, kept } = await restoring(own);
  const { records, checkpoints } = a.metrics();
  for (let round = 1; round <= 3; round++) {
    own.produce(10);
    // Committed: these are the metrics of checkpoints.
    await until(() => a.metrics().records === records + round * 10 * kept.length);
  }
  expect(a.metrics().checkpoints).toBeGreaterThanOrEqual(checkpoints + 3);
  expect(slow.isReading()).toBe(true);
  slow.open();
  await until(() => a.metrics().records === records + 30 * TASKS);
  expect(moved.length + kept.length).toBe(TASKS);
  await a.stop();
  expect(a.metrics()).toMatchObject({ restarts: 0, aborts: 0 });
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('what is asked back while it is restored is given up at once', async () => {
  const own = world();
  const { a, slow, moved } = await restoring(own);
  const c = start(counting(), options(own, own.log, 'c'));
  await until(() => slow.events.includes(`gave ${moved.join()}`));
  expect(slow.isReading()).toBe(true);
  own.produce(10);
  await until(() => c.metrics().records === 10 * moved.length);
  // And when they come back they are opened anew: `c` has gone on with them.
  await c.stop();
  own.produce(10);
  slow.open();
  await until(() => committed(own.log) === 40 * TASKS);
  await a.stop();
  expect(a.metrics()).toMatchObject({ restarts: 0, aborts: 0 });
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('a member that restores longer than the rebalance time-out is not expelled when others join', async () => {
  const own = world();
  const { a, slow } = await restoring(own);
  const c = start(counting(), options(own, own.log, 'c'));
  const d = start(counting(), options(own, own.log, 'd'));
  await until(() => slow.events.filter((event) => event.startsWith('got')).length > 2);
  await pass(own.clock, 3 * REBALANCE);
  expect(slow.isReading()).toBe(true);
  expect(slow.events).not.toContain('expelled');
  slow.open();
  own.produce(10);
  await until(() => committed(own.log) === 30 * TASKS);
  await Promise.all([a.stop(), c.stop(), d.stop()]);
  expect(a.metrics()).toMatchObject({ restarts: 0 });
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('what is given while others are restored is opened after them', async () => {
  const own = world();
  const { a, slow, moved } = await restoring(own);
  const [first = -1] = moved;
  // As the group would, were it to ask for one of them alone, and give it back.
  await slow.listener().revoked([first]);
  slow.listener().assigned([first], []);
  expect(moved.length).toBe(2);
  const { records } = a.metrics();
  own.produce(10);
  await until(() => a.metrics().records === records + 10 * (TASKS - moved.length));
  slow.open();
  await until(() => a.metrics().records === records + 10 * TASKS);
  await a.stop();
  expect(a.metrics()).toMatchObject({ restarts: 0, aborts: 0 });
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('a stop does not wait for tasks that are restored', async () => {
  const own = world();
  const started: number[] = [];
  const stopped: number[] = [];
  const hooks = {
    onStart: ({ task }: { task: number }) => void started.push(task),
    onStop: ({ task }: { task: number }) => void stopped.push(task),
  };
  const { a, slow, kept } = await restoring(own, hooks);
  await a.stop();
  expect(slow.isReading()).toBe(true);
  expect(stopped.filter((task) => kept.includes(task)).length).toBeGreaterThanOrEqual(kept.length);
  // Hooks come in pairs: of tasks that were not ready there is none.
  expect(stopped.sort()).toEqual(started.sort());
  slow.open();
  const b = start(counting(), options(own, own.log, 'b'));
  await until(() => committed(own.log) === 20 * TASKS);
  await b.stop();
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('a restore that fails ends the incarnation, and the next one takes on all', async () => {
  const own = world();
  const { a, slow } = await restoring(own);
  slow.open(new LogError('retriable', 'the changelog cannot be read'));
  own.produce(10);
  await until(() => committed(own.log) === 30 * TASKS);
  expect(a.metrics().restarts).toBe(1);
  await a.stop();
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('a restore that fails when some of its tasks were given up begins again with the others', async () => {
  const own = world();
  const { a, slow, moved } = await restoring(own);
  const [first = -1] = moved;
  // As the group would, were it to ask for one of them alone.
  await slow.listener().revoked([first]);
  slow.listener().assigned([], []);
  slow.open(new LogError('retriable', 'of the task that is gone'));
  const others = CUSTOMERS.map((_, task) => task).filter((task) => task !== first);
  const { records } = a.metrics();
  own.produce(10, others);
  await until(() => a.metrics().records === records + 10 * others.length);
  expect(a.metrics()).toMatchObject({ restarts: 0 });
  await a.stop();
  expect(emittedTotals(own.log)).toEqual(expectedTotals(own.log));
});

test('who was expelled while it restores, and finds a changelog that was compacted since, joins anew', async () => {
  const own = world(1, { fetchBytes: 1 });
  const { log } = own;
  // A key that stays as it is: its value is left when newer ones have replaced those of others, and the checkpoint record.
  const once = (customer: string, partition: number): void => {
    log.produce([{ ...orders.serializeValue({ customer: `${customer}-${partition}`, amount: 1 }), partition }]);
  };
  for (const task of CUSTOMERS.keys()) once('before', task);
  const { a, slow, moved } = await restoring(own);
  await slow.expel();
  const c = start(counting(), options(own, log, 'c'));
  for (const task of moved) once('after', task);
  await until(() => c.metrics().records === moved.length);
  own.produce(10, moved);
  await until(() => c.metrics().records === 11 * moved.length);
  log.compact(CHANGELOG);
  slow.open();
  await until(() => a.metrics().restarts === 1);
  await c.stop();
  own.produce(10);
  await until(() => committed(log) === 31 * TASKS + 11 * moved.length);
  await a.stop();
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test("a job that runs until 'latest' waits for tasks that are restored", async () => {
  const own = world();
  const { clock, log, produce } = own;
  produce(10);
  const first = start(counting(), options(own, log, 'a'));
  await until(() => first.metrics().records === 10 * TASKS);
  await first.stop();
  const slow = slowLog(log);
  slow.close();
  produce(10);
  const second = start(counting(), { ...options(own, slow.log, 'a'), until: 'latest' });
  await until(slow.isReading);
  await pass(clock, 10_000);
  expect(second.metrics().records).toBe(0);
  slow.open();
  expect((await second.result).metrics.records).toBe(10 * TASKS);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

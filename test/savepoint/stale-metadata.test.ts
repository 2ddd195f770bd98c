import { isLogError, type JobLog, type Log, LogError, run } from '@kgen/runtime';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { orders } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { withProducer } from '../task/wrapped-log.ts';
import { type CartJob, cartJob } from './cart-job.ts';
import { cartLog, emitted, files, quiet } from './harness.ts';

// Brokers hear of topics one after another: who asks one that does not know a topic yet, imports a savepoint all the same.

const { next: newFile } = files();
const nothing = (): void => undefined;

/** The cart job, of all topics that match. */
function patternJob(changes: object = {}): CartJob {
  const { declaration, handlers } = cartJob('cart', changes);
  const input = { topic: { ...orders, names: [], pattern: /orders.*/ }, as: 'stream', outOfOrderness: 0 };
  return { declaration: { ...declaration, inputs: { orders: input } } as CartJob['declaration'], handlers };
}

/** A savepoint of it after 50 orders of each of two topics, and 10 more of each behind it. */
async function saved(job: CartJob = patternJob()) {
  const clock = virtualClock();
  const log = cartLog(0, 2, clock);
  log.createTopic('orders-late', 2);
  const produce = (topic: string, count: number, seed: number): void =>
    log.produce(someOrders(count, seed).map((order) => ({ ...orders.serializeValue(order), topic })));
  for (const topic of ['orders', 'orders-late']) produce(topic, 50, 1);
  await run(job, { log, clock, ...quiet });
  const file = newFile();
  await writeSavepoint(job, { log, clock, file, stopped: true, logger: false });
  for (const topic of ['orders', 'orders-late']) produce(topic, 10, 2);
  return {
    log,
    file,
    given: { ...quiet, group: 'other', topics: { totals: 'copies' }, clock, from: savepoint(file) } as const,
  };
}

/** A log that does not tell of the topic. */
function hiding(log: Log, topic: string, isHidden: () => boolean): Log {
  return {
    ...log,
    async topics(names) {
      const found = new Map(await log.topics(names));
      if (isHidden()) found.delete(topic);
      return found;
    },
  };
}

test('an import that was cut off is begun anew by one that does not know all of its topics yet: when it does', async () => {
  const { log, given } = await saved();
  const cut = withProducer(log, (producer) => ({
    async commit() {
      await producer.commit();
      throw new LogError('fatal', 'cut off');
    },
  }));
  log.createTopic('orders-last', 2);
  await expect(run(patternJob(), { ...given, log: cut })).rejects.toThrow('cut off');
  let isKnown = false;
  const stale = hiding(log, 'orders-last', () => !isKnown);
  const reasons: unknown[] = [];
  const warn: JobLog['warn'] = (fields) => {
    reasons.push(Reflect.get(Object(fields), 'err'));
    isKnown = true;
  };
  const logger = { debug: nothing, info: nothing, warn, error: nothing };
  const { metrics } = await run(patternJob(), { ...given, log: stale, logger });
  expect(reasons.filter(isLogError)).toMatchObject([
    { kind: 'retriable', message: expect.stringContaining('orders-last') },
  ]);
  expect(metrics.records).toBe(20);
  expect((await run(patternJob(), { ...given, log })).metrics.records).toBe(0);
  expect(emitted(log, 'copies')).toHaveLength(20);
});

test.each([false, true])(
  'a topic of the savepoint that is told of late goes on where it was (without state: %s)',
  async (stateless) => {
    const job = patternJob(stateless ? { state: {}, timers: [] } : {});
    const plain = stateless ? { ...job, handlers: { ...job.handlers, orders: nothing } } : job;
    const { log, given } = await saved(plain);
    let looks = 0;
    const stale = hiding(log, 'orders-late', () => looks++ < 8);
    const { metrics } = await run(plain, { ...given, log: stale });
    const { metrics: later } = await run(plain, { ...given, log });
    expect([metrics.records, later.records]).toEqual([20, 0]);
  },
);

test('a topic of the savepoint that is gone is read no more', async () => {
  const { log, given } = await saved();
  log.deleteTopic('orders-late');
  expect((await run(patternJob(), { ...given, log })).metrics.records).toBe(10);
});

test('a savepoint is written also where one broker does not tell of the changelog that another one did', async () => {
  const { log, given } = await saved();
  let looks = 0;
  const stale = hiding(log, 'cart-changelog', () => [2, 3].includes(++looks));
  const file = newFile();
  const { tasks } = await writeSavepoint(patternJob(), { log: stale, clock: given.clock, file, logger: false });
  expect(tasks).toHaveLength(2);
  expect(looks).toBeGreaterThan(3);
});

test('a group has begun with a savepoint, also where its changelog is told of late', async () => {
  const { log, given } = await saved();
  await run(patternJob(), { ...given, log });
  let looks = 0;
  const stale = hiding(log, 'other-changelog', () => looks++ < 6);
  expect((await run(patternJob(), { ...given, log: stale })).metrics.records).toBe(0);
  expect(looks).toBeGreaterThan(6);
});

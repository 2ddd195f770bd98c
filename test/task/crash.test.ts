import { type Log, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { type CountJob, countJob, countOrder, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { type Fate, mortalLog } from './mortal-log.ts';
import { virtualClock } from './virtual-clock.ts';

const syncJob = countJob({ orders: countOrder }, 1);
/** Waits in each call: a look at the clock after each record, so that checkpoints come between any two of them. */
const asyncJob = countJob(
  {
    async orders(order, ctx) {
      await null;
      countOrder(order, ctx);
    },
  },
  1,
);

function freshLog(seed: number, count = 200): MemoryLog {
  const log = memoryLog({ clock: virtualClock(seed), topics: { orders: 2, names: 2, totals: 3 } });
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
  return log;
}

/** One life of a process; resolves when it is done or dead. Returns its requests. */
async function life(
  log: Log,
  seed: number,
  fate: (request: string, index: number) => Fate,
  options: { job?: CountJob; instance?: string | undefined; concurrentCheckpoints?: number | undefined } = {},
): Promise<string[]> {
  const { job = asyncJob, instance, concurrentCheckpoints } = options;
  const mortal = mortalLog(log, fate);
  const running = run(job, {
    log: mortal.log,
    until: 'latest',
    logger: false,
    clock: virtualClock(seed, 0.2),
    instance,
    concurrentCheckpoints,
  });
  await Promise.race([running, mortal.death]);
  return mortal.requests;
}

const lives = (): Fate => 'lives';

async function settleAndCheck(log: MemoryLog, seed: number): Promise<void> {
  await life(log, seed, lives);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
  // State has survived as well: more orders go on from the right totals.
  log.produce(someOrders(20, seed + 1).map((order) => orders.serializeValue(order)));
  await life(log, seed, lives);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
}

test.each(['dies-before', 'dies-after'] as const)(
  'nothing is lost or doubled where a process %s any request',
  async (death) => {
    const requests = await life(freshLog(7, 40), 7, lives);
    expect(requests.filter((request) => request === 'commit').length).toBeGreaterThan(5);
    const seen = new Set<string>();
    // Appends are many and alike: every third of them is enough.
    const points = requests.flatMap((request, index) => (request !== 'append' || index % 3 === 0 ? [index] : []));
    for (const point of points) {
      const log = freshLog(7, 40);
      await life(log, 7, (request, index) => {
        if (index !== point) return 'lives';
        seen.add(request);
        return death;
      });
      await settleAndCheck(log, 7);
    }
    for (const request of ['producer', 'join', 'committedOffsets', 'poll', 'append', 'commitOffsets', 'commit']) {
      expect(seen, request).toContain(request);
    }
  },
);

test('nothing is lost or doubled over many deaths in a row', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const log = freshLog(seed);
    const chance = virtualClock(seed);
    for (let death = 0; death < 6; death++) {
      const fate = (): Fate => {
        const roll = chance.random();
        return roll < 0.01 ? 'dies-before' : roll < 0.02 ? 'dies-after' : 'lives';
      };
      const job = seed % 3 === 0 ? syncJob : asyncJob;
      const concurrentCheckpoints = 1 + ((seed + death) % 4);
      await life(log, seed + death, fate, { job, instance: seed % 2 === 0 ? 'one' : undefined, concurrentCheckpoints });
    }
    await settleAndCheck(log, seed);
  }
});

test('the check finds a job whose offsets are not in its transactions', async () => {
  const log = freshLog(3);
  const sabotaged: Log = {
    ...log,
    producer: async (id) => {
      const producer = await log.producer(id);
      return {
        producerId: producer.producerId,
        epoch: producer.epoch,
        append: (record) => (record.topic === 'count-changelog' ? undefined : producer.append(record)),
        seal: () => producer.seal(),
        hold: () => producer.hold(),
        release: () => producer.release(),
        flush: () => producer.flush(),
        commitOffsets: async () => undefined,
        commit: () => producer.commit(),
        abort: () => producer.abort(),
        close: () => producer.close(),
      };
    },
  };
  await life(sabotaged, 3, (request, index) => (request === 'commit' && index > 150 ? 'dies-after' : 'lives'));
  await expect(settleAndCheck(log, 3)).rejects.toThrow();
});

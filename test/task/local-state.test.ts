import { type JobLog, type Log, type RunResult, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { startWith } from '../../runtime/src/job/run.ts';
import { STATE } from '../../runtime/src/state/changelog-key.ts';
import { StoreFailedError } from '../../runtime/src/state/local/store-failed.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import { type FakeDisk, fakeDisk } from '../state/local/fake-stores.ts';
import { countJob, countOrder, orders } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { type Fate, mortalLog } from './mortal-log.ts';
import { COUNTED, emitted, options, positionJob, positionLog, produce as produceAt } from './position-job.ts';
import { clicks, happen, noted, timerJob } from './timer-job.ts';
import { virtualClock } from './virtual-clock.ts';

const job = countJob(
  {
    async orders(order, ctx) {
      await null;
      countOrder(order, ctx);
    },
  },
  1,
);

function freshLog(seed: number, count: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(seed), topics: { orders: 2, names: 2, totals: 3 } });
  produce(log, seed, count);
  return log;
}

function produce(log: MemoryLog, seed: number, count: number): void {
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
}

interface Life {
  readonly fate?: (request: string, index: number) => Fate;
  readonly sabotage?: Sabotage;
  readonly reasons?: string[];
}

/** One life of a process on a disk; undefined where it died. */
async function life(log: Log, disk: FakeDisk, seed: number, options: Life = {}): Promise<RunResult | undefined> {
  const mortal = mortalLog(log, options.fate ?? (() => 'lives'));
  const say = ({ reason }: { readonly reason?: string }): void => {
    if (reason !== undefined) options.reasons?.push(reason);
  };
  const logger: JobLog = { debug: say, info: say, warn: say, error: say };
  const clock = virtualClock(seed, 0.2);
  const given = { log: mortal.log, until: 'latest', logger, clock, instance: 'a' } as const;
  const running = startWith(job, given, { sabotage: options.sabotage, openStores: disk.open });
  running.result.catch(() => undefined);
  const result = await Promise.race([running.result, mortal.death.then(() => undefined)]);
  if (result === undefined) running.kill();
  return result;
}

function expectRight(log: MemoryLog): void {
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
}

describe('state in a store on this machine', () => {
  test('survives deaths at any request, and at any write to the disk', async () => {
    let points = 0;
    const count = (): Fate => {
      points++;
      return 'lives';
    };
    await life(freshLog(7, 30), fakeDisk(), 7, { fate: count });
    for (const death of ['dies-before', 'dies-after'] as const) {
      for (let point = 0; point < points; point += 2) {
        const log = freshLog(7, 30);
        const disk = fakeDisk();
        await life(log, disk, 7, { fate: (_, index) => (index === point ? death : 'lives') });
        await life(log, disk, 7);
        expectRight(log);
        produce(log, 8, 10);
        await life(log, disk, 7);
        expectRight(log);
      }
    }
    for (let write = 1; ; write++) {
      const log = freshLog(7, 30);
      const disk = fakeDisk();
      let left = write;
      disk.onWrite = () => {
        if (--left <= 0) throw new Error('the disk is gone');
      };
      const ended = await life(log, disk, 7).catch(() => undefined);
      disk.onWrite = undefined;
      produce(log, 8, 10);
      await life(log, disk, 7);
      expectRight(log);
      if (ended !== undefined) break;
      expect(write).toBeLessThan(500);
    }
  }, 120_000);

  test('is gone on from: a restart reads the end of the changelog only', async () => {
    const log = freshLog(1, 400);
    const disk = fakeDisk();
    const first = await life(log, disk, 1);
    produce(log, 2, 10);
    await life(log, disk, 1);
    produce(log, 3, 10);
    const reasons: string[] = [];
    const third = await life(log, disk, 1, { reasons });
    expect(third?.metrics.restoredRecords).toBeLessThan(40);
    expect(first?.metrics.changelogRecords).toBeGreaterThan(200);
    expect(reasons).toEqual([]);
    expectRight(log);
  });

  test('catches up with what another instance did meanwhile', async () => {
    const log = freshLog(1, 50);
    const disk = fakeDisk();
    await life(log, disk, 1);
    produce(log, 2, 50);
    await life(log, fakeDisk(), 1);
    produce(log, 3, 50);
    const reasons: string[] = [];
    await life(log, disk, 1, { reasons });
    expect(reasons).toEqual([]);
    expectRight(log);
  });

  test('is wiped where it is ahead of the log, too old, or of another changelog', async () => {
    const disk = fakeDisk();
    await life(freshLog(1, 50), disk, 1);
    const reasons: string[] = [];
    const other = freshLog(2, 50);
    await life(other, disk, 1, { reasons });
    expectRight(other);
    produce(other, 3, 10);
    await life(other, fakeDisk(), 1);
    produce(other, 4, 10);
    await life(
      { ...other, topicSettings: async (topic) => ({ ...(await other.topicSettings(topic)), tombstones: -1e15 }) },
      disk,
      1,
      {
        reasons,
      },
    );
    expectRight(other);
    const third = freshLog(2, 100);
    const topics: Log['topics'] = async (names) => {
      const found = await third.topics(names);
      return new Map(
        [...found].map(([name, topic]) => [name, name.endsWith('-changelog') ? { ...topic, id: 'new' } : topic]),
      );
    };
    await life({ ...third, topics }, fakeDisk(), 1);
    produce(third, 5, 10);
    await life({ ...third, topics }, disk, 1, { reasons });
    expectRight(third);
    const twice = (reason: string): string[] => [reason, reason];
    expect(reasons).toEqual(['ahead of the log', 'too old', 'another changelog'].flatMap(twice));
  });

  test('that another run has opened since is left to that one', async () => {
    const log = freshLog(1, 100);
    const disk = fakeDisk();
    let taken = false;
    const fate = (request: string): Fate => {
      if (request === 'commit' && !taken) {
        taken = true;
        void disk.open('count').then((stores) => [0, 1].map((task) => stores.open(task)));
      }
      return 'lives';
    };
    const result = await life(log, disk, 1, { fate });
    expect(result?.metrics.restarts).toBe(1);
    expectRight(log);
  });
});

test('timers are in the store as well: they fire when their time comes after a restart', async () => {
  const log = memoryLog({ topics: { clicks: 1, views: 1, notes: 1 } });
  const disk = fakeDisk();
  const waiting = timerJob({
    clicks: (_event, ctx) => ctx.timers.set('close', { eventTime: ctx.record.timestamp + 100n }),
    onTimer: { close: (timer, ctx) => ctx.emit.notes(ctx.key, `at ${timer.time}`) },
  });
  const reasons: string[] = [];
  for (const happened of [['a 100', 'b 110', 'c 120'], ['b 130'], ['z 225'], ['z 1000']]) {
    happen(log, clicks, ...happened);
    const say = ({ reason }: { readonly reason?: string }): void => void (reason && reasons.push(reason));
    const logger: JobLog = { debug: say, info: say, warn: say, error: say };
    await startWith(waiting, { log, until: 'latest', logger, instance: 'a' }, { openStores: disk.open }).result;
  }
  expect(noted(log)).toEqual(['a: at 200 @200', 'c: at 220 @220', 'b: at 230 @230']);
  expect(reasons).toEqual([]);
});

/** Dies at some commit, before or after it, and goes on; says what is wrong then. */
async function deathAtCommit(seed: number, sabotage: Sabotage): Promise<'wrong-state' | undefined> {
  const log = freshLog(seed, 60);
  const disk = fakeDisk();
  let commits = 1 + (seed % 7);
  const death = seed % 3 === 0 ? 'dies-after' : 'dies-before';
  const fate = (request: string): Fate => (request === 'commit' && commits-- === 0 ? death : 'lives');
  await life(log, disk, seed, { fate, sabotage });
  await life(log, disk, seed, { sabotage });
  try {
    expectRight(log);
    return undefined;
  } catch {
    return 'wrong-state';
  }
}

// Offsets that disagree with the state would be noticed at the start (I13); either of the two is harmless alone.
test('sabotage 20: a store ahead of its checkpoint is caught as wrong-state (I24)', async () => {
  const caught: number[] = [];
  for (let seed = 1; seed <= 60; seed++) {
    if ((await deathAtCommit(seed, { localStoreAhead: true, ignoreDisagreement: true })) === 'wrong-state')
      caught.push(seed);
    expect(await deathAtCommit(seed, {}), `seed ${seed}`).toBe(undefined);
  }
  expect(caught.length).toBeGreaterThan(5);
}, 60_000);

test('a folder is what option store takes; the package is asked for by name', async () => {
  const log = freshLog(1, 1);
  const store = 'disk' as unknown as 'memory';
  await expect(run(job, { log, store, until: 'latest', logger: false })).rejects.toMatchObject({ code: 'JOB_OPTIONS' });
});

test.each([
  ['comes back', ['b', 'a'], ['a'], ['b', 'a']],
  ['comes back alone', ['b', 'a'], ['a'], ['b']],
] as const)(
  'state on this machine is not thrown away where an input %s that was not read for a while',
  async (...[, ...lives]) => {
    const log = positionLog(1);
    const disk = fakeDisk();
    const job = positionJob({ state: COUNTED, b: {} });
    const { a, b } = job.declaration.inputs;
    if (a === undefined || b === undefined) throw new Error('the job has both');
    for (const [life, names] of lives.entries()) {
      for (const name of names) produceAt(log, name, 0, [life]);
      const inputs = Object.fromEntries(names.map((name) => [name, { a, b }[name]]));
      const reading = { ...job, declaration: { ...job.declaration, inputs } };
      await startWith(reading, options(log, { instance: 'i' }), { openStores: disk.open }).result;
    }
    const counts = emitted(log).map((value) => Number(value.replace(/.*#/, '')));
    const all = lives.flat().length;
    expect(counts.sort()).toEqual(Array.from({ length: all }, (_, i) => i + 1));
  },
);

test.each([1, 4])(
  'a store that cannot be read fails the job, and no record is passed over for it (concurrency %i)',
  async (concurrency) => {
    const log = positionLog(1);
    const disk = fakeDisk();
    const job = positionJob({ state: COUNTED, concurrency });
    produceAt(log, 'a', 0, [1]);
    await startWith(job, options(log, { instance: 'i' }), { openStores: disk.open }).result;
    produceAt(log, 'a', 0, [2]);
    let failures = 1;
    const failing: typeof disk.open = async (group) => {
      const stores = await disk.open(group);
      return {
        ...stores,
        open(task) {
          const store = stores.open(task);
          const { get } = store;
          store.get = (bytes, start, end) => {
            if (bytes[start] === STATE && failures-- > 0) throw new StoreFailedError('here', new Error('I/O error'));
            return get(bytes, start, end);
          };
          return store;
        },
      };
    };
    const restart = { strategy: 'fixed-delay', delay: 1 } as const;
    const skipping = options(log, { instance: 'i', onError: { process: 'skip' }, restart });
    const { metrics } = await startWith(job, skipping, { openStores: failing }).result;
    expect(metrics).toMatchObject({ skipped: 0, restarts: 1 });
    expect(emitted(log)).toEqual(['a0@1#1', 'a0@2#2']);
  },
);

import { type Log, type RunOptions, run, start } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { startWith } from '../../runtime/src/job/run.ts';
import type { Sabotage } from '../../runtime/src/task/sabotage.ts';
import { copyJob, copyWord, someWords, wordsIn } from './copy-job.ts';
import { countJob, countOrder, type Order, orders, type Total } from './count-job.ts';
import { emittedTotals, expectedTotals, someOrders } from './model.ts';
import { type Fate, mortalLog } from './mortal-log.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';

const HOUR = 3_600_000;
const lives = (): Fate => 'lives';

/** Each call waits: checkpoints come between any two records. */
const counting = countJob(
  {
    async orders(order: Order, ctx) {
      await null;
      countOrder(order, ctx);
    },
  },
  1,
);
const copying = copyJob({
  async words(word, ctx) {
    await null;
    copyWord(word, ctx);
  },
});

/** One life of a process: to the end of its inputs, or to its death. */
async function life(
  job: typeof counting | typeof copying,
  log: Log,
  options: Partial<RunOptions>,
  fate: (request: string, index: number) => Fate = lives,
  sabotage: Sabotage = {},
): Promise<string[]> {
  const mortal = mortalLog(log, fate);
  const clock = virtualClock(5, 0.2);
  const running = startWith(job, { log: mortal.log, until: 'latest', logger: false, clock, ...options }, { sabotage });
  await Promise.race([running.result, mortal.death]);
  return mortal.requests;
}

function orderLog(seed: number, count: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(seed), topics: { orders: 2, names: 2, totals: 3 } });
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));
  return log;
}

function wordLog(count: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(3), topics: { words: 2, copies: 3 } });
  someWords(log, count);
  return log;
}

/** Each total is there, in order; in between, some from before come again. */
function expectAtLeastOnce(log: MemoryLog): void {
  const emitted = emittedTotals(log);
  for (const [customer, totals] of expectedTotals(log)) {
    let done = 0;
    for (const { count, sum } of emitted.get(customer) ?? []) {
      expect(count, `${customer} goes on from a state that it had`).toBeLessThanOrEqual(done + 1);
      expect(sum, `${customer}, ${count}`).toBe(totals[count - 1]?.sum);
      done = Math.max(done, count);
    }
    expect(done, customer).toBe(totals.length);
  }
}

function doubled(log: MemoryLog): number {
  const count = (totals: Iterable<readonly Total[]>): number => [...totals].flat().length;
  return count(emittedTotals(log).values()) - count(expectedTotals(log).values());
}

describe('outputs', () => {
  test.each([
    ['exactly-once', 0],
    ['at-least-once', 20],
    ['none', 20],
  ] as const)('of %s are seen before their checkpoint, or not: %i of 20', async (guarantee, seen) => {
    const log = wordLog(20);
    const job = copyJob({ words: copyWord }, HOUR);
    const interval = guarantee === 'none' ? { autoCommitInterval: HOUR } : {};
    const running = start(job, {
      log,
      logger: false,
      clock: virtualClock(1),
      guarantee,
      discovery: false,
      ...interval,
    });
    const before = await log.bounds([0, 1].map((partition) => ({ topic: 'words', partition })));
    expect(before.reduce((sum, { end }) => sum + end, 0)).toBe(20);
    if (seen > 0) await until(() => wordsIn(log, 'copies').length >= seen);
    else for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(wordsIn(log, 'copies')).toHaveLength(seen);
    await running.stop();
    expect(wordsIn(log, 'copies').sort()).toEqual(wordsIn(log, 'words').sort());
  });
});

describe.each(['dies-before', 'dies-after'] as const)('where a process %s any request', (death) => {
  test('at-least-once loses nothing, and state is exact', async () => {
    const options = { guarantee: 'at-least-once' } as const;
    const requests = await life(counting, orderLog(7, 40), options);
    const seen = new Set<string>();
    let again = 0;
    for (const [point, name] of requests.entries()) {
      // Appends and polls are many and alike.
      if ((name === 'append' || name === 'poll') && point % 3 !== 0) continue;
      const log = orderLog(7, 40);
      await life(counting, log, options, (request, index) => {
        if (index !== point) return 'lives';
        seen.add(request);
        return death;
      });
      await life(counting, log, options);
      expectAtLeastOnce(log);
      again += doubled(log);
      // State has survived as well: more orders go on from the right totals.
      log.produce(someOrders(10, 8).map((order) => orders.serializeValue(order)));
      await life(counting, log, options);
      expectAtLeastOnce(log);
    }
    expect(again).toBeGreaterThan(0);
    for (const request of ['idempotentProducer', 'producer', 'join', 'append', 'flush', 'commitOffsets', 'commit'])
      expect(seen, request).toContain(request);
  });

  test('at-least-once without state loses nothing, and needs no transaction', async () => {
    const options = { guarantee: 'at-least-once' } as const;
    const requests = await life(copying, wordLog(40), options);
    expect(requests).not.toContain('producer');
    expect(requests).not.toContain('commit');
    for (const [point, name] of requests.entries()) {
      if (name === 'poll' && point % 3 !== 0) continue;
      const log = wordLog(40);
      await life(copying, log, options, (_, index) => (index === point ? death : 'lives'));
      await life(copying, log, options);
      expect(new Set(wordsIn(log, 'copies'))).toEqual(new Set(wordsIn(log, 'words')));
    }
  });
});

describe('offsets that are not committed', () => {
  const options = { guarantee: 'at-least-once', commitOffsets: false } as const;
  const inputs = [0, 1].map((partition) => ({ topic: 'orders', partition }));
  const more = (log: MemoryLog, seed: number): void =>
    log.produce(someOrders(10, seed).map((order) => orders.serializeValue(order)));

  test('are in checkpoint records: the group has none, and the next run goes on from them', async () => {
    const log = orderLog(7, 40);
    await life(counting, log, options);
    expect(await log.committedOffsets('count', inputs)).toEqual([]);
    more(log, 8);
    await life(counting, log, options);
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
    expect(await log.committedOffsets('count', inputs)).toEqual([]);
  });

  test('may be committed again, and no more: the newer of both counts', async () => {
    const log = orderLog(7, 40);
    const now = async (): Promise<number> =>
      (await log.committedOffsets('count', inputs)).reduce((sum, { offset }) => sum + offset, 0);
    await life(counting, log, { guarantee: 'at-least-once' });
    expect(await now()).toBe(40);
    for (const [i, commitOffsets] of [false, true, false, true].entries()) {
      more(log, 9 + i);
      await life(counting, log, { ...options, commitOffsets });
      expect(await now()).toBe(commitOffsets ? 50 + 10 * i : 40 + 10 * i);
    }
    expect(emittedTotals(log)).toEqual(expectedTotals(log));
  });

  test('of a job without state are in a changelog of their own', async () => {
    const log = wordLog(30);
    await life(copying, log, options);
    someWords(log, 10, 30);
    await life(copying, log, { ...options, guarantee: 'none' });
    expect(wordsIn(log, 'copies').sort()).toEqual(wordsIn(log, 'words').sort());
    expect([...(await log.topics()).keys()]).toContain('copy-changelog');
  });

  test('of a job without state may be committed again, and no more, with any guarantee: nothing is done twice', async () => {
    const log = wordLog(10);
    for (const [i, told] of (
      [
        { guarantee: 'at-least-once' },
        { guarantee: 'at-least-once', commitOffsets: false },
        { guarantee: 'exactly-once' },
        { guarantee: 'none', commitOffsets: false },
        { guarantee: 'at-least-once', commitOffsets: false },
        { guarantee: 'none' },
        { guarantee: 'exactly-once' },
      ] as const
    ).entries()) {
      await life(copying, log, told);
      expect(wordsIn(log, 'copies').sort(), `run ${i}`).toEqual(wordsIn(log, 'words').sort());
      someWords(log, 5, 30 + 5 * i);
    }
    await log.deleteTopics([{ name: 'copy-changelog', id: (await log.topics()).get('copy-changelog')?.id ?? '' }]);
    await life(copying, log, { guarantee: 'at-least-once' });
    expect(wordsIn(log, 'copies').sort()).toEqual(wordsIn(log, 'words').sort());
  });

  test('are not lost unnoticed with the changelog', async () => {
    const log = orderLog(7, 40);
    await life(counting, log, options);
    const empty = orderLog(7, 40);
    const forgetful: Log = {
      ...empty,
      committedOffsets: (group, partitions) => log.committedOffsets(group, partitions),
    };
    await expect(life(counting, forgetful, options)).rejects.toThrow(/the changelog has no checkpoint record/);
  });
});

describe('options that contradict each other are refused, with the reason', () => {
  test.each<[Partial<RunOptions>, RegExp]>([
    [{ commitOffsets: false }, /option commitOffsets: offsets are part of the transactions of exactly-once/],
    [{ guarantee: 'none', checkpointInterval: 10 }, /option checkpointInterval: copy makes no checkpoints/],
    [{ autoCommitInterval: 10 }, /option autoCommitInterval: copy commits offsets with its checkpoints/],
    [{ guarantee: 'none', commitOffsets: false, autoCommitInterval: 10 }, /option autoCommitInterval: copy commits/],
    [{ guarantee: 'none', autoCommitInterval: 0 }, /option autoCommitInterval: 0 is no time to pass/],
    [{ guarantee: 'sometimes' as 'none' }, /option guarantee: 'sometimes' is unknown; use 'exactly-once', /],
  ])('%j', async (options, reason) => {
    await expect(run(copying, { log: wordLog(1), logger: false, until: 'latest', ...options })).rejects.toThrow(reason);
  });
});

describe('isolation', () => {
  const fill = async (): Promise<MemoryLog> => {
    const log = wordLog(3);
    const stranger = await log.producer('stranger');
    const word = (text: string): void => {
      const bytes = Buffer.from(`k${text}`);
      const place = { keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: bytes.length };
      void stranger.append({ topic: 'words', partition: 0, timestamp: 1, headers: [], bytes, ...place });
    };
    word('aborted');
    await stranger.abort();
    word('open');
    return log;
  };
  const copied = async (options: Partial<RunOptions>): Promise<string[]> => {
    const log = await fill();
    await life(copying, log, options);
    return wordsIn(log, 'copies').sort();
  };

  test('what is undecided or aborted is read where the job is told so, and only there', async () => {
    expect(await copied({})).toEqual(['0', '1', '2']);
    expect(await copied({ isolation: 'read_uncommitted' })).toEqual(['0', '1', '2', 'aborted', 'open']);
    const own = { words: { isolation: 'read_committed' } } as const;
    expect(await copied({ isolation: 'read_uncommitted', inputs: own })).toEqual(['0', '1', '2']);
    await expect(copied({ isolation: 'dirty' as 'read_committed' })).rejects.toThrow(/isolation/);
  });

  test('latest is behind all there is', async () => {
    const log = await fill();
    await life(copying, log, { isolation: 'read_uncommitted', startFrom: 'latest' });
    someWords(log, 2, 100);
    await life(copying, log, { isolation: 'read_uncommitted' });
    expect(wordsIn(log, 'copies').sort()).toEqual(['100', '101']);
  });
});

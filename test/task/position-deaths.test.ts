import { type Job, type RunOptions, run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { record } from '../log/harness.ts';
import { type Fate, mortalLog } from './mortal-log.ts';
import { COUNTED, emitted, positionJob, produce } from './position-job.ts';
import { virtualClock } from './virtual-clock.ts';

const DEATHS = ['dies-before', 'dies-after'] as const;
const partition = { topic: 'a', partition: 0 };
const lives = (): Fate => 'lives';

function freshLog(partitions: number): MemoryLog {
  return memoryLog({ clock: virtualClock(1), topics: { a: partitions, b: partitions, out: 1 } });
}

/** One life of a process; resolves when it is done or dead. Returns its requests. */
async function life(
  log: MemoryLog,
  job: Job,
  options: Partial<RunOptions>,
  fate: (request: string, index: number) => Fate = lives,
): Promise<string[]> {
  const mortal = mortalLog(log, fate);
  const clock = virtualClock(2, 0.2);
  const running = run(job, { until: 'latest', logger: false, clock, instance: 'one', ...options, log: mortal.log });
  await Promise.race([running, mortal.death]);
  return mortal.requests;
}

/** A life that ends at each of its requests in turn, each time on a log of its own. */
async function eachDeath(
  setUp: () => Promise<MemoryLog>,
  job: Job,
  options: Partial<RunOptions>,
  then: (log: MemoryLog) => Promise<void>,
): Promise<number> {
  const requests = await life(await setUp(), job, options);
  const points = requests.flatMap((request, index) => (request !== 'append' || index % 3 === 0 ? [index] : []));
  for (const death of DEATHS) {
    for (const point of points) {
      const log = await setUp();
      await life(log, job, options, (_, index) => (index === point ? death : 'lives'));
      await then(log);
    }
  }
  return points.length;
}

async function committed(log: MemoryLog, count: number): Promise<(number | undefined)[]> {
  const partitions = Array.from({ length: count }, (_, each) => ({ topic: 'a', partition: each }));
  const found = await log.committedOffsets('positions', partitions);
  return partitions.map((each) => found.find((offset) => offset.partition === each.partition)?.offset);
}

/** Transactions of five records, of which every third is aborted: its markers and records take offsets. */
async function transactions(log: MemoryLog, count: number): Promise<void> {
  const producer = await log.producer('upstream');
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < 5; j++) {
      void producer.append({ topic: 'a', partition: i % 2, ...record('k', `${i}.${j}`), timestamp: i });
    }
    await (i % 3 === 2 ? producer.abort() : producer.commit());
  }
}

test('a bounded run whose process dies ends exactly at its bounds all the same', async () => {
  const job = positionJob({ state: COUNTED });
  const bounds = [15, 8] as const;
  const until = { offsets: { a: { 0: bounds[0], 1: bounds[1] } } };
  const setUp = async (): Promise<MemoryLog> => {
    const log = freshLog(2);
    await transactions(log, 8);
    return log;
  };
  const whole = freshLog(2);
  await transactions(whole, 8);
  const due = [...whole.records('a')]
    .filter(({ partition: each, offset }) => offset < (bounds[each] ?? 0))
    .map(({ value }) => Buffer.from(value ?? []).toString())
    .sort();
  expect(due.length).toBeGreaterThan(10);
  const all = Array.from(whole.records('a'), ({ value }) => Buffer.from(value ?? []).toString()).sort();
  const seen = (log: MemoryLog): string[] => emitted(log).map((value) => value.replace(/#.*/, ''));
  const deaths = await eachDeath(setUp, job, { until }, async (log) => {
    // What it has done before it died is a part of what is due.
    for (const value of seen(log)) expect(due).toContain(value);
    await life(log, job, { until });
    expect(seen(log)).toEqual(due);
    expect(await committed(log, 2)).toEqual(bounds);
    await life(log, job, {});
    expect(seen(log)).toEqual(all);
  });
  expect(deaths).toBeGreaterThan(20);
});

test('where a job begins is settled once it is committed, wherever its process dies', async () => {
  for (const startFrom of ['latest', { timestamp: 3 }] as const) {
    const job = positionJob({ startFrom });
    const began = { before: 0, after: 0 };
    const setUp = async (): Promise<MemoryLog> => {
      const log = freshLog(1);
      produce(log, 'a', 0, [0, 1, 2]);
      return log;
    };
    await eachDeath(setUp, job, {}, async (log) => {
      const [position] = await committed(log, 1);
      began[position === undefined ? 'before' : 'after']++;
      if (position !== undefined) expect(position).toBe(3);
      // Older than the time that is begun with: none of them counts for who begins now.
      produce(log, 'a', 0, [1, 2]);
      await life(log, job, {});
      expect(emitted(log)).toEqual(position === undefined ? [] : ['a0@1', 'a0@2']);
      produce(log, 'a', 0, [9]);
      await life(log, job, {});
      expect(emitted(log)).toEqual(position === undefined ? ['a0@9'] : ['a0@1', 'a0@2', 'a0@9']);
    });
    expect(Math.min(began.before, began.after)).toBeGreaterThan(0);
  }
});

test('where it goes on after lost records is settled as well', async () => {
  for (const state of [{}, COUNTED]) {
    const job = positionJob({ state });
    const went = { before: 0, after: 0 };
    const setUp = async (): Promise<MemoryLog> => {
      const log = freshLog(1);
      produce(log, 'a', 0, [0]);
      await life(log, job, {});
      produce(log, 'a', 0, [1, 2, 3]);
      log.deleteRecords(partition, 3);
      return log;
    };
    await eachDeath(setUp, job, { onOutOfRange: 'latest' }, async (log) => {
      const [position] = await committed(log, 1);
      produce(log, 'a', 0, [4]);
      if (position === 1) {
        went.before++;
        await expect(life(log, job, {})).rejects.toMatchObject({ code: 'JOB_RECORDS_LOST' });
        return;
      }
      went.after++;
      expect(position).toBe(4);
      await life(log, job, {});
      expect(emitted(log).map((value) => value.replace(/#.*/, ''))).toEqual(['a0@0', 'a0@4']);
    });
    expect(Math.min(went.before, went.after)).toBeGreaterThan(0);
  }
});

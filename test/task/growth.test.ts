import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmitValue,
  type Job,
  type JobContext,
  type JobLog,
  LogError,
  type RunOptions,
  type Table,
  type ValueState,
} from '@kgen/runtime';
import { createJob, json, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import type { DrivenJob } from '../../runtime/src/job/run.ts';
import { startWith } from '../../runtime/src/job/run.ts';
import { Count } from './codecs.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

const events = topic({ id: 'events', pattern: /events-.*/, key: utf8, value: utf8, partitioner: murmur2 });
const seen = topic({ id: 'seen', names: ['seen'], key: utf8, value: json, partitioner: murmur2 });

interface Context extends JobContext<string> {
  readonly state: { readonly count?: ValueState<Count> };
  readonly emit: { readonly seen: EmitValue<unknown> };
}

/** Emits of each record of topics that match where it came from. */
function copyJob(more: Partial<Job['declaration']> = {}): Job {
  return createJob<{ key: string; handlers: object }>(
    {
      name: 'copy',
      key: utf8,
      inputs: { events: { topic: events, as: 'stream', outOfOrderness: 0 } },
      outputs: { seen: { ...seen, keyFrom: (value) => (value as { of: string }).of } },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 5,
      discovery: 100,
      ...more,
    },
    {
      events: (value: string, ctx: Context) => {
        const { topic, partition } = ctx.record;
        const { count } = ctx.state;
        const next = (count?.get()?.count ?? 0) + 1;
        count?.set({ count: next, sum: 0 });
        ctx.emit.seen({ of: value, from: `${topic}-${partition}${count === undefined ? '' : ` ${next}`}` });
      },
    },
  );
}

interface World {
  readonly log: MemoryLog;
  /** What came out, in no order. */
  readonly out: () => string[];
  readonly start: (options?: Partial<RunOptions>, job?: Job) => DrivenJob;
  readonly produce: (topic: string, partition: number, ...values: string[]) => void;
}

function world(topics: { readonly [name: string]: number }): World {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { seen: 1, ...topics }, sessionTimeout: 50 });
  return {
    log,
    out: () =>
      Array.from(log.records('seen'), ({ value }) => JSON.parse(String(Buffer.from(value ?? []))))
        .map(({ of, from }) => `${of} of ${from}`)
        .sort(),
    start: (options, job = copyJob()) => startWith(job, { log, clock, logger: false, ...options }, {}),
    produce(name, partition, ...values) {
      log.produce(
        values.map((value) => ({ topic: name, partition, key: Buffer.from('k'), value: Buffer.from(value) })),
      );
    },
  };
}

/** `k` is a key of the first partition of all. */
function stateful(): Job {
  return copyJob({ state: { count: { kind: 'value', value: Count } } });
}

describe('partitions that come while a job runs', () => {
  test('are read from their beginning, also of a job that began at the latest records', async () => {
    const { log, out, start, produce } = world({ 'events-a': 2 });
    produce('events-a', 0, 'old');
    const job = start({ startFrom: 'latest' });
    await until(() => job.metrics().checkpoints > 0);
    produce('events-a', 0, 'one');
    log.addPartitions('events-a', 4);
    produce('events-a', 3, 'two');
    await until(() => out().length === 2);
    expect(out()).toEqual(['one of events-a-0', 'two of events-a-3']);
    await job.stop();
  });

  test('are read from their beginning when they came while the job was down, and after a kill in between', async () => {
    const { log, out, start, produce } = world({ 'events-a': 2, 'events-b': 1 });
    const first = start({ startFrom: 'latest', discovery: false });
    await until(() => first.metrics().checkpoints > 0);
    produce('events-a', 1, 'one');
    await until(() => out().length === 1);
    first.kill();
    log.addPartitions('events-a', 3);
    log.createTopic('events-c', 2);
    produce('events-a', 2, 'two');
    produce('events-c', 1, 'three');
    const second = start({ startFrom: 'latest', discovery: false });
    await until(() => out().length === 3);
    second.kill();
    log.addPartitions('events-b', 5);
    produce('events-b', 4, 'four');
    const third = start({ startFrom: 'latest', discovery: false });
    await until(() => out().length === 4);
    expect(out()).toEqual(['four of events-b-4', 'one of events-a-1', 'three of events-c-1', 'two of events-a-2']);
    await third.stop();
  });

  test('are not looked for where discovery is off', async () => {
    const { log, out, start, produce } = world({ 'events-a': 1 });
    const job = start({ discovery: false });
    await until(() => job.progress()?.positions.length === 1);
    log.addPartitions('events-a', 2);
    produce('events-a', 1, 'one');
    for (let i = 0; i < 20; i++) {
      produce('events-a', 0, `${i}`);
      await until(() => out().length === i + 1);
    }
    await job.stop();
    const again = start({ discovery: '1 s', until: 'latest' });
    await again.result;
    expect(out()).toContain('one of events-a-1');
  });

  test('wait until all instances have found them, and are then shared', async () => {
    const { log, out, start, produce } = world({ 'events-a': 2 });
    const quick = start({ instance: 'quick', discovery: 10 });
    const slow = start({ instance: 'slow', discovery: 5000 });
    await until(() => quick.progress()?.positions.length === 1 && slow.progress()?.positions.length === 1);
    log.addPartitions('events-a', 4);
    for (let partition = 0; partition < 4; partition++) produce('events-a', partition, `${partition}`);
    await until(() => out().length === 2);
    const positions = (): string[] =>
      [quick, slow].map((job) => {
        const partitions = job.progress()?.positions.map(({ partition }) => partition) ?? [];
        return partitions.toSorted().join();
      });
    expect(positions().sort()).toEqual(['0', '1']);
    await until(() => out().length === 4);
    expect(positions().map((each) => each.length)).toEqual([3, 3]);
    await Promise.all([quick.stop(), slow.stop()]);
  });

  test('end a job with state, or with a table: a key has moved away from what is known of it (I18)', async () => {
    const { log, start } = world({ 'events-a': 2 });
    const job = start({}, stateful());
    await until(() => job.metrics().checkpoints > 0);
    log.addPartitions('events-a', 4);
    const expected = {
      code: 'JOB_PARTITIONS_CHANGED',
      topic: 'events-a',
      message: expect.stringMatching(/^events-a has 4 partitions, and had 2: .*kgen savepoint/),
    };
    await expect(job.result).rejects.toMatchObject(expected);
    await expect(start({}, stateful()).result).rejects.toMatchObject({
      code: 'JOB_PARTITIONS_CHANGED',
      message: expect.stringMatching(/^events-a has 4 partitions, and the changelog copy-changelog has 2: /),
    });
  });
});

describe('topics that come while a job runs', () => {
  test('are read from their beginning, with the state that there is', async () => {
    const { log, out, start, produce } = world({ 'events-a': 2 });
    produce('events-a', 1, 'one');
    const job = start({ startFrom: 'earliest' }, stateful());
    await until(() => out().length === 1);
    log.createTopic('events-b', 2);
    produce('events-b', 1, 'two');
    await until(() => out().length === 2);
    job.kill();
    produce('events-b', 1, 'three');
    log.createTopic('events-c', 2);
    produce('events-c', 1, 'four');
    const again = start({ startFrom: 'latest' }, stateful());
    await until(() => out().length === 4);
    expect(out()).toEqual([
      'four of events-c-1 4',
      'one of events-a-1 1',
      'three of events-b-1 3',
      'two of events-b-1 2',
    ]);
    await again.stop();
  });

  test('come to state in files of this machine as well, in the process that has them open', async () => {
    const lmdb = await mkdtemp(join(tmpdir(), 'kgen-growth-'));
    const { log, out, start, produce } = world({ 'events-a': 2 });
    const job = start({ store: { lmdb } }, stateful());
    produce('events-a', 1, 'one');
    await until(() => out().length === 1);
    log.createTopic('events-b', 2);
    produce('events-b', 1, 'two');
    await until(() => out().length === 2);
    expect(out()).toEqual(['one of events-a-1 1', 'two of events-b-1 2']);
    await job.stop();
    await rm(lmdb, { recursive: true });
  });

  test('must have as many partitions as the others, where there is state', async () => {
    const { log, start } = world({ 'events-a': 2 });
    const job = start({}, stateful());
    await until(() => job.metrics().checkpoints > 0);
    log.createTopic('events-b', 3);
    await expect(job.result).rejects.toMatchObject({
      code: 'JOB_NOT_CO_PARTITIONED',
      message: expect.stringContaining('events-a has 2, events-b has 3 partitions'),
    });
  });
});

describe('a global table that grows', () => {
  test('has the rows of its new partitions and topics, in all instances', async () => {
    const rows = topic({ id: 'rows', pattern: /rows-.*/, key: utf8, value: utf8, partitioner: murmur2 });
    const declared = copyJob({
      inputs: {
        events: { topic: events, as: 'stream', outOfOrderness: 0 },
        rows: { topic: rows, as: 'global-table', outOfOrderness: 0, key: utf8 },
      },
      state: { count: { kind: 'value', value: Count } },
    }).declaration;
    const job = createJob<{ key: string; handlers: object }>(declared, {
      events: (value: string, ctx: Context & { readonly tables: { readonly rows: Table<string, string> } }) =>
        ctx.emit.seen({ of: value, from: ctx.tables.rows.get(value) ?? 'nowhere' }),
    });
    const { log, out, start, produce } = world({ 'events-a': 2, 'rows-a': 1 });
    const both = [start({}, job), start({}, job)];
    const row = (topic: string, partition: number, key: string): void =>
      log.produce([{ topic, partition, key: Buffer.from(key), value: Buffer.from(`${topic}-${partition}`) }]);
    row('rows-a', 0, 'x');
    await until(() => both.every((each) => each.progress()?.positions.length === 2));
    log.addPartitions('rows-a', 3);
    log.createTopic('rows-b', 1);
    row('rows-a', 2, 'y');
    row('rows-b', 0, 'z');
    await until(() => both.every((each) => each.progress()?.positions.length === 5));
    for (const partition of [0, 1]) produce('events-a', partition, 'x', 'y', 'z');
    await until(() => out().length === 6);
    expect(new Set(out())).toEqual(new Set(['x of rows-a-0', 'y of rows-a-2', 'z of rows-b-0']));
    for (const each of both) await each.stop();
  });
});

test('an interval that is none is a wrong option', async () => {
  const { start } = world({ 'events-a': 1 });
  const wrong = (discovery: number | string): Promise<unknown> =>
    expect(start({ discovery }).result).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringContaining('option discovery: '),
    });
  await Promise.all([wrong(0), wrong(-1), wrong('soon'), wrong('30 days')]);
});

describe('topics that are missing', () => {
  /** A log whose answers lack a topic as long as it is hidden; requests about it fail then. */
  function hiding(log: MemoryLog): { readonly log: MemoryLog; readonly hidden: Set<string> } {
    const hidden = new Set<string>();
    return {
      hidden,
      log: {
        ...log,
        topics: async (names) => new Map([...(await log.topics(names))].filter(([name]) => !hidden.has(name))),
        bounds: async (partitions) => {
          const lost = partitions.find(({ topic }) => hidden.has(topic));
          if (lost !== undefined) throw new LogError('retriable', `topic ${lost.topic} is unknown`);
          return log.bounds(partitions);
        },
      },
    };
  }

  test('are waited for where they were there before, and a start that never saw them fails at once', async () => {
    const own = world({ 'events-a': 2 });
    const { log, hidden } = hiding(own.log);
    hidden.add('events-a');
    await expect(own.start({ log, discovery: false }).result).rejects.toMatchObject({ code: 'JOB_UNKNOWN_TOPIC' });
    hidden.clear();
    let fails = false;
    const failing = withProducer(log, (producer) => ({
      async commit() {
        if (!fails) return producer.commit();
        fails = false;
        hidden.add('events-a');
        throw new LogError('unknown-outcome', 'the broker is gone');
      },
    }));
    const lines: string[] = [];
    const logger = capture(lines);
    const job = own.start({ log: failing, logger });
    await until(() => job.metrics().checkpoints > 0);
    fails = true;
    own.produce('events-a', 0, 'one');
    await until(() => lines.some((line) => line.includes('waits whether the topic comes back')));
    expect(job.metrics().restarts).toBe(1);
    hidden.clear();
    await until(() => own.out().length === 1);
    await job.stop();
  });

  test('end the job when they have been missing for a minute: they were deleted', async () => {
    const own = world({ orders: 2 });
    const { log, hidden } = hiding(own.log);
    const named = copyJob({
      inputs: {
        events: { topic: { ...events, pattern: undefined, names: ['orders'] }, as: 'stream', outOfOrderness: 0 },
      },
    });
    const job = own.start({ log }, named);
    await until(() => job.metrics().checkpoints > 0);
    hidden.add('orders');
    await expect(job.result).rejects.toMatchObject({
      code: 'JOB_UNKNOWN_TOPIC',
      topic: 'orders',
      message: expect.stringMatching(/^topic orders was deleted under the job/),
    });
  });

  test('of a pattern are done without after a minute, and read on where they come back', async () => {
    const own = world({ 'events-a': 2, 'events-b': 2 });
    const { log, hidden } = hiding(own.log);
    const lines: string[] = [];
    const job = own.start({ log, logger: capture(lines) }, stateful());
    own.produce('events-b', 1, 'one', 'two');
    await until(() => own.out().length === 2);
    hidden.add('events-b');
    await until(() => lines.some((line) => line.includes('a topic was deleted: the job goes on without it')));
    await until(() => job.progress()?.positions.every(({ topic }) => topic === 'events-a') === true);
    own.produce('events-a', 1, 'three');
    await until(() => own.out().length === 3);
    own.produce('events-b', 1, 'four');
    job.kill();
    const again = own.start({ log }, stateful());
    own.produce('events-a', 1, 'five');
    await until(() => own.out().length === 4);
    hidden.clear();
    await until(() => own.out().length === 5);
    expect(own.out().filter((each) => each.includes('events-b'))).toEqual([
      'four of events-b-1 5',
      'one of events-b-1 1',
      'two of events-b-1 2',
    ]);
    await again.stop();
  });
});

describe('topics that a job writes', () => {
  test('may grow: keys go to their new partitions from then on', async () => {
    const { log, start, produce } = world({ 'events-a': 1 });
    const job = start();
    await until(() => job.metrics().checkpoints > 0);
    log.addPartitions('seen', 6);
    await until(() => {
      produce('events-a', 0, String(Math.random()));
      return [...log.records('seen')].some(({ partition }) => partition > 0);
    });
    await job.stop();
  });
});

/** What is logged, as text. */
function capture(lines: string[]): JobLog {
  const add = (...given: readonly unknown[]): void =>
    void lines.push(given.map((each) => (typeof each === 'string' ? each : '')).join(' '));
  return { debug: add, info: add, warn: add, error: add };
}

test('a topic that comes is read as its input is told: also what is undecided', async () => {
  const { log, out, start, produce } = world({ 'events-a': 1 });
  const running = start({ isolation: 'read_uncommitted' });
  produce('events-a', 0, 'first');
  await until(() => out().length === 1);
  log.createTopic('events-b', 1);
  const stranger = await log.producer('stranger');
  const place = { topic: 'events-b', partition: 0, timestamp: 1, headers: [] };
  const bytes = Buffer.from('kopen');
  void stranger.append({ ...place, bytes, keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: 5 });
  await until(() => out().length === 2);
  await running.stop();
  expect(out()).toEqual(['first of events-a-0', 'open of events-b-0']);
});

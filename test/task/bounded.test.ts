import { type Log, run, start } from '@kgen/runtime';
import type { MemoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { record } from '../log/harness.ts';
import { COUNTED, emitted, options, positionJob, positionLog, produce } from './position-job.ts';
import { until } from './until.ts';

const partition = { topic: 'a', partition: 0 };

async function committed(log: Log): Promise<(number | undefined)[]> {
  const partitions = [0, 1].map((each) => ({ topic: 'a', partition: each }));
  const found = await log.committedOffsets('positions', partitions);
  return partitions.map(({ partition: number }) => found.find((each) => each.partition === number)?.offset);
}

function filled(): MemoryLog {
  const log = positionLog();
  produce(log, 'a', 0, [10, 30, 20, 40]);
  produce(log, 'a', 1, [15, 35]);
  return log;
}

test('a run ends exactly at its bound, with a last checkpoint, and the next one goes on there', async () => {
  for (const { bound, expected, offsets } of [
    { bound: { offsets: { a: { 0: 2n, 1: 1 } } }, expected: ['a0@10', 'a0@30', 'a1@15'], offsets: [2, 1] },
    { bound: { offsets: { a: { 0: 0n, 1: 0n } } }, expected: [], offsets: [0, 0] },
    { bound: { timestamp: 31 }, expected: ['a0@10', 'a0@20', 'a0@30', 'a1@15'], offsets: [3, 1] },
    { bound: { timestamp: new Date(36) }, expected: ['a0@10', 'a0@20', 'a0@30', 'a1@15', 'a1@35'], offsets: [3, 2] },
    { bound: 'latest', expected: ['a0@10', 'a0@20', 'a0@30', 'a0@40', 'a1@15', 'a1@35'], offsets: [4, 2] },
  ] as const) {
    for (const concurrency of [1, 4]) {
      const log = filled();
      const handler = concurrency === 1 ? undefined : later;
      const job = positionJob({ concurrency }, handler);
      const { reason } = await run(job, options(log, { until: bound, checkpointInterval: 60_000 }));
      expect(reason).toBe('done');
      expect(emitted(log)).toEqual(expected);
      expect(await committed(log)).toEqual(offsets);
      await run(job, options(log));
      expect(emitted(log)).toEqual(['a0@10', 'a0@20', 'a0@30', 'a0@40', 'a1@15', 'a1@35']);
    }
  }
});

async function later(value: string, ctx: { emit: object }): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  (ctx.emit as { out: (key: string, value: string) => void }).out('k', value);
}

test("'latest' is what inputs hold when the run begins: not what comes meanwhile, nor after a restart", async () => {
  const log = filled();
  let failures = 0;
  const job = positionJob({ state: COUNTED }, (value, ctx) => {
    produce(log, 'a', 0, [100]);
    if (failures++ === 2) throw new Error('once');
    ctx.emit.out(ctx.key, value);
  });
  const restart = { strategy: 'fixed-delay', delay: 1 } as const;
  const { metrics } = await run(job, options(log, { checkpointInterval: 60_000, restart }));
  expect(metrics.restarts).toBe(1);
  expect(emitted(log)).toEqual(['a0@10', 'a0@20', 'a0@30', 'a0@40', 'a1@15', 'a1@35']);
  expect(await committed(log)).toEqual([4, 2]);
});

test('a bound among aborted records and markers ends the run as well', async () => {
  for (const end of [1, 2, 3, 4]) {
    const log = positionLog(1);
    const producer = await log.producer('upstream');
    const send = (value: string): void => void producer.append({ ...partition, ...record('k', value), timestamp: 1 });
    send('first');
    await producer.commit(); // offsets 0, and 1 for its marker
    send('aborted');
    await producer.abort(); // 2 and 3
    send('last');
    await producer.commit(); // 4 and 5
    await run(positionJob(), options(log, { until: { offsets: { a: { 0: end } } } }));
    expect(emitted(log)).toEqual(['first']);
    const [offset] = await log.committedOffsets('positions', [partition]);
    expect(offset?.offset).toBe(end);
    await run(positionJob(), options(log));
    expect(emitted(log)).toEqual(['first', 'last']);
  }
});

test("'latest' waits for transactions that are open when the run begins: they may be committed already", async () => {
  const log = positionLog(2);
  produce(log, 'a', 1, [1]);
  const [first, second] = [await log.producer('first'), await log.producer('second')];
  first.append({ ...partition, ...record('k', 'committed'), timestamp: 1 });
  second.append({ ...partition, ...record('k', 'aborted'), timestamp: 1 });
  const running = start(positionJob(), options(log, { until: 'latest' }));
  await until(() => running.metrics().records === 1);
  const late = await log.producer('late');
  late.append({ ...partition, ...record('k', 'later'), timestamp: 1 });
  await late.commit();
  await first.commit();
  expect(running.metrics().records).toBe(1);
  await second.abort();
  expect((await running.result).reason).toBe('done');
  expect(emitted(log)).toEqual(['a1@1', 'committed']);
});

test('a bound that is not there yet is waited for', async () => {
  const log = positionLog(1);
  const running = start(positionJob(), options(log, { until: { offsets: { a: { 0: 3 } } } }));
  produce(log, 'a', 0, [1, 2]);
  await until(() => running.metrics().records === 2);
  produce(log, 'a', 0, [3, 4]);
  expect((await running.result).reason).toBe('done');
  expect(emitted(log)).toEqual(['a0@1', 'a0@2', 'a0@3']);
});

test('several instances end at the same bound, whichever of them has a task at last', async () => {
  const log = positionLog(4);
  const times = Array.from({ length: 50 }, (_, i) => i);
  for (const each of [0, 1, 2, 3]) produce(log, 'a', each, times);
  const offsets = { a: { 0: 30, 1: 0, 2: 50, 3: 7 } };
  const runs = ['one', 'two', 'three'].map((instance) => {
    return run(positionJob({ state: COUNTED }), options(log, { until: { offsets }, instance }));
  });
  await Promise.all(runs);
  const expected = Object.entries(offsets.a).flatMap(([each, end]) =>
    times.slice(0, end).map((time) => `a${each}@${time}`),
  );
  expect(emitted(log).map((value) => value.replace(/#.*/, ''))).toEqual(expected.sort());
});

test('an aborted transaction near the bound is done again up to it, and no further', async () => {
  const log = filled();
  let commits = 0;
  const failing: Log = {
    ...log,
    producer: async (...asked) => {
      const producer = await log.producer(...asked);
      const commitOffsets = producer.commitOffsets.bind(producer);
      producer.commitOffsets = (member, offsets) => {
        if (++commits === 2) return commitOffsets({ ...member, generation: member.generation - 1 }, offsets);
        return commitOffsets(member, offsets);
      };
      return producer;
    },
  };
  const bound = { offsets: { a: { 0: 2, 1: 1 } } };
  const { metrics } = await run(
    positionJob({ state: COUNTED }),
    options(failing, { until: bound, checkpointInterval: 60_000 }),
  );
  expect(metrics.aborts).toBe(1);
  expect(emitted(log)).toEqual(['a0@10#1', 'a0@30#2', 'a1@15#1']);
});

test('a topic that is made anew while a bounded run is under way holds nothing that it is to read', async () => {
  for (const state of [{}, COUNTED]) {
    const log = positionLog(1);
    produce(log, 'a', 0, [1, 2, 3]);
    const gate = Promise.withResolvers<void>();
    const job = positionJob({ state, onOutOfRange: 'earliest' }, async (value, ctx) => {
      if (value === 'a0@2') await gate.promise;
      ctx.emit.out(ctx.key, value);
    });
    const restart = { strategy: 'fixed-delay', delay: 1 } as const;
    // Of the topic that there is now.
    const bound = { offsets: { a: { 0: 5n } } };
    const running = start(job, options(log, { restart, checkpointInterval: 1, until: bound }));
    await until(() => running.metrics().bytesRead > 0);
    log.deleteTopic('a');
    log.createTopic('a', 1);
    produce(log, 'a', 0, [10]);
    gate.resolve();
    expect(await running.result).toMatchObject({ reason: 'done', metrics: { outOfRange: 1 } });
    expect(emitted(log)).not.toContain('a0@10');
    await run(job, options(log));
    expect(emitted(log)).toContain('a0@10');
  }
});

test('partitions that come while a bounded run is under way hold nothing that it is to read', async () => {
  const log = positionLog(1);
  produce(log, 'a', 0, [1, 2]);
  let isGrown = false;
  const job = positionJob({}, (value, ctx) => {
    if (!isGrown) {
      isGrown = true;
      log.addPartitions('a', 2);
      produce(log, 'a', 1, [3]);
    }
    ctx.emit.out(ctx.key, value);
  });
  await run(job, options(log, { discovery: 1 }));
  expect(emitted(log)).toEqual(['a0@1', 'a0@2']);
  await run(job, options(log));
  expect(emitted(log)).toEqual(['a0@1', 'a0@2', 'a1@3']);
});

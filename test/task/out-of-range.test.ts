import { type JobLog, run, start } from '@kgen/runtime';
import type { MemoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { silentLog } from '../../runtime/src/ops/job-log.ts';
import { COUNTED, emitted, options, positionJob, positionLog, produce } from './position-job.ts';
import { until } from './until.ts';

const partition = { topic: 'a', partition: 0 };

test('records that retention took before they were read end the job, or it goes on as it is told', async () => {
  for (const state of [{}, COUNTED]) {
    const seen = (value: string, count: number): string => (state === COUNTED ? `${value}#${count}` : value);
    for (const onOutOfRange of ['fail', 'earliest', 'latest'] as const) {
      const log = positionLog(1);
      produce(log, 'a', 0, [1]);
      const job = positionJob({ state, a: { onOutOfRange } });
      await run(job, options(log));
      produce(log, 'a', 0, [2, 3, 4]);
      log.deleteRecords(partition, 3);
      const again = run(job, options(log));
      if (onOutOfRange === 'fail') {
        await expect(again).rejects.toMatchObject({
          code: 'JOB_RECORDS_LOST',
          topic: 'a',
          partition: 0,
          offset: 1n,
          message: expect.stringMatching(/records up to 3 are gone\. .* Set onOutOfRange of input a to 'earliest'/),
        });
        // What a run says counts more.
        expect((await run(job, options(log, { onOutOfRange: 'latest' }))).metrics.outOfRange).toBe(1);
        continue;
      }
      expect((await again).metrics).toMatchObject({ outOfRange: 1, records: onOutOfRange === 'earliest' ? 1 : 0 });
      produce(log, 'a', 0, [5]);
      await run(job, options(log));
      const expected =
        onOutOfRange === 'earliest'
          ? [seen('a0@1', 1), seen('a0@4', 2), seen('a0@5', 3)]
          : [seen('a0@1', 1), seen('a0@5', 2)];
      expect(emitted(log)).toEqual(expected);
    }
  }
});

test('where it goes on is committed before the first record: what comes then is not lost by a crash', async () => {
  const log = positionLog(1);
  produce(log, 'a', 0, [1, 2]);
  const job = positionJob({ onOutOfRange: 'latest', startFrom: { offsets: { a: { 0: 0n } } } });
  log.deleteRecords(partition, 1);
  await run(job, options(log));
  const [committed] = await log.committedOffsets('positions', [partition]);
  expect(committed).toMatchObject({ offset: 2 });
});

test('retention that overtakes a running job is noticed, and told once for each time', async () => {
  const warnings: object[] = [];
  const logger: JobLog = { ...silentLog, warn: (fields: object) => void warnings.push(fields) };
  for (const onOutOfRange of ['earliest', 'fail'] as const) {
    const log = positionLog(1);
    const job = positionJob({ state: COUNTED, onOutOfRange });
    const slow = { ...log, source: () => holding(log.source()) };
    const gate = Promise.withResolvers<void>();
    let isHeld = false;
    /** The first poll after the first record waits, while records are written and deleted. */
    function holding(source: ReturnType<typeof log.source>): ReturnType<typeof log.source> {
      const { poll } = source;
      source.poll = async (ms) => {
        if (emitted(log).length > 0 && !isHeld) {
          isHeld = true;
          await gate.promise;
        }
        return poll.call(source, ms);
      };
      return source;
    }
    produce(log, 'a', 0, [1]);
    const running = start(job, { log: slow, logger, restart: { strategy: 'none' } });
    await until(() => isHeld);
    produce(log, 'a', 0, [2, 3, 4]);
    log.deleteRecords(partition, 3);
    gate.resolve();
    if (onOutOfRange === 'fail') {
      await expect(running.result).rejects.toMatchObject({ code: 'JOB_RECORDS_LOST', offset: 1n });
      continue;
    }
    await until(() => emitted(log).length === 2);
    const { metrics } = await running.stop();
    expect(metrics).toMatchObject({ outOfRange: 1, restarts: 0, records: 2 });
    expect(emitted(log)).toEqual(['a0@1#1', 'a0@4#2']);
    expect(warnings).toEqual([{ ...warnings[0], topic: 'a', partition: 0, from: 1, to: 3 }]);
  }
});

test('a bounded run that lost the records up to its end, and beyond, ends where there are some again', async () => {
  const log = positionLog(2);
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  const slow: MemoryLog = {
    ...log,
    source: () => {
      const source = log.source();
      const { poll } = source;
      source.poll = async (ms) => {
        if (emitted(log).length > 0 && !isHeld) {
          isHeld = true;
          await gate.promise;
        }
        return poll.call(source, ms);
      };
      return source;
    },
  };
  produce(log, 'a', 0, [1]);
  const job = positionJob({ state: COUNTED, onOutOfRange: 'earliest' });
  const running = start(job, options(slow, { until: { offsets: { a: { 0: 3n, 1: 1n } } } }));
  await until(() => isHeld);
  produce(log, 'a', 0, [2, 3, 4, 5]);
  log.deleteRecords(partition, 4);
  gate.resolve();
  await until(() => running.metrics().outOfRange === 1);
  // The run goes on with its other partition.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  produce(log, 'a', 1, [6]);
  expect((await running.result).metrics).toMatchObject({ outOfRange: 1, records: 2 });
  expect(await log.committedOffsets('positions', [partition])).toMatchObject([{ offset: 4 }]);
  await run(job, options(log));
  expect(emitted(log)).toEqual(['a0@1#1', 'a0@5#2', 'a1@6#1']);
});

test.each(['read_committed', 'read_uncommitted'] as const)(
  'where records of one input are lost (%s), those of others that were fetched with it count',
  async (isolation) => {
    const log = positionLog(1);
    const job = positionJob({ state: COUNTED, onOutOfRange: 'earliest', a: {}, b: { isolation } });
    const gate = Promise.withResolvers<void>();
    let isHeld = false;
    /** After the first records, polls wait, while records are written and deleted. */
    const slow: MemoryLog = {
      ...log,
      source: (of) => {
        const source = log.source(of);
        const { poll } = source;
        source.poll = async (ms) => {
          if (emitted(log).length > 1) {
            isHeld = true;
            await gate.promise;
          }
          return poll.call(source, ms);
        };
        return source;
      },
    };
    produce(log, 'a', 0, [1]);
    produce(log, 'b', 0, [1]);
    const running = start(job, { log: slow, logger: false, restart: { strategy: 'none' } });
    await until(() => isHeld);
    produce(log, 'a', 0, [2, 3]);
    produce(log, 'b', 0, [2, 3, 4]);
    log.deleteRecords({ topic: 'b', partition: 0 }, 3);
    gate.resolve();
    await until(() => emitted(log).some((value) => value.startsWith('b0@4')));
    const { metrics } = await running.stop();
    expect(metrics).toMatchObject({ outOfRange: 1, restarts: 0 });
    expect(emitted(log).map((value) => value.replace(/#.*/, ''))).toEqual(['a0@1', 'a0@2', 'a0@3', 'b0@1', 'b0@4']);
  },
);

test('a topic that is made anew under a running job, or between two runs, is another one', async () => {
  for (const state of [{}, COUNTED]) {
    const log = positionLog(1);
    const job = positionJob({ state, b: {} });
    const going = positionJob({ state, b: {}, onOutOfRange: 'earliest' });
    produce(log, 'a', 0, [1, 2]);
    produce(log, 'b', 0, [1]);
    const running = start(job, { log, logger: false });
    await until(() => running.metrics().records === 3);
    log.deleteTopic('a');
    log.createTopic('a', 1);
    produce(log, 'a', 0, [11, 12, 13]);
    await expect(running.result).rejects.toMatchObject({
      code: 'JOB_RECORDS_LOST',
      message: expect.stringContaining('Topic a was deleted and made anew'),
    });
    const { metrics } = await run(going, options(log));
    expect(metrics).toMatchObject({ records: 3 });
    expect((await run(going, options(log))).metrics).toMatchObject({ records: 0, outOfRange: 0 });

    const alive = start(going, { log, logger: false, restart: { strategy: 'fixed-delay', delay: 1 } });
    produce(log, 'a', 0, [14]);
    await until(() => alive.metrics().records === 1);
    log.deleteTopic('a');
    log.createTopic('a', 1);
    produce(log, 'a', 0, [21]);
    await until(() => alive.metrics().records === 2);
    expect((await alive.stop()).metrics.restarts).toBe(1);
    const seen = emitted(log).map((value) => value.replace(/#.*/, ''));
    expect(seen).toEqual(['a0@1', 'a0@11', 'a0@12', 'a0@13', 'a0@14', 'a0@2', 'a0@21', 'b0@1']);
  }
});

test('a position that lies in another topic is noticed by the id that is committed with it', async () => {
  const log = positionLog(1);
  const job = positionJob();
  produce(log, 'a', 0, [1, 2]);
  await run(job, options(log));
  const before = await log.committedOffsets('positions', [partition]);
  log.deleteTopic('a');
  log.createTopic('a', 1);
  produce(log, 'a', 0, [11, 12, 13]);
  // A broker forgets offsets of a topic that is deleted, but not at once: a late commit stays.
  let isAsked = false;
  const late = {
    ...log,
    committedOffsets: async (...asked: Parameters<typeof log.committedOffsets>) => {
      const found = await log.committedOffsets(...asked);
      if (isAsked || found.length > 0) return found;
      isAsked = true;
      return before;
    },
  };
  await expect(run(job, options(late))).rejects.toMatchObject({
    code: 'JOB_RECORDS_LOST',
    message: expect.stringContaining('topic a was deleted and made anew'),
  });
  isAsked = false;
  await run(job, options(late, { onOutOfRange: 'earliest' }));
  expect(emitted(log)).toEqual(['a0@1', 'a0@11', 'a0@12', 'a0@13', 'a0@2']);
});

test('what was truncated is gone on from where it was, or after what is there', async () => {
  for (const [onOutOfRange, expected] of [
    ['earliest', ['a0@1', 'a0@2', 'a0@2', 'a0@3', 'a0@3', 'a0@4']],
    ['latest', ['a0@1', 'a0@2', 'a0@3']],
  ] as const) {
    const log = positionLog(1);
    const job = positionJob({ onOutOfRange });
    produce(log, 'a', 0, [1, 2, 3]);
    await run(job, options(log));
    produce(log, 'a', 0, [4]);
    let isTruncated = true;
    const truncated = {
      ...log,
      epochEnds: async (...asked: Parameters<typeof log.epochEnds>) => {
        const ends = isTruncated ? [1] : await log.epochEnds(...asked);
        isTruncated = false;
        return ends;
      },
    };
    expect((await run(job, options(truncated))).metrics.outOfRange).toBe(1);
    expect(emitted(log)).toEqual(expected);
    expect((await run(job, options(truncated))).metrics.records).toBe(0);
  }
});

test('a topic that is made anew while a job starts is noticed as well', async () => {
  const log = positionLog(1);
  produce(log, 'a', 0, [1, 2]);
  let isAnew = false;
  const changing = {
    ...log,
    committedOffsets: async (...asked: Parameters<typeof log.committedOffsets>) => {
      const found = await log.committedOffsets(...asked);
      if (!isAnew) {
        isAnew = true;
        log.deleteTopic('a');
        log.createTopic('a', 1);
        produce(log, 'a', 0, [11]);
      }
      return found;
    },
  };
  await expect(run(positionJob(), options(changing, { until: undefined }))).rejects.toMatchObject({
    code: 'JOB_RECORDS_LOST',
    message: expect.stringContaining('Topic a was deleted and made anew'),
  });
});

test('a topic that is deleted and made anew under a running job is noticed, also where its offsets are gone with it', async () => {
  for (const [startFrom, onOutOfRange, expected] of [
    ['latest', 'earliest', ['a0@11', 'a0@12', 'a0@13', 'a0@2']],
    ['earliest', 'latest', ['a0@1', 'a0@13', 'a0@2']],
    ['latest', 'fail', ['a0@2']],
    [{ offsets: { a: { 0: 0n } } }, 'fail', ['a0@1', 'a0@2']],
  ] as const) {
    const log = positionLog(1);
    produce(log, 'a', 0, [1]);
    const job = positionJob({ startFrom, onOutOfRange });
    const running = start(job, { log, logger: false, restart: { strategy: 'fixed-delay', delay: 1 } });
    running.result.catch(() => undefined);
    await until(() => running.metrics().checkpoints > 0);
    produce(log, 'a', 0, [2]);
    await until(() => emitted(log).includes('a0@2'));
    log.deleteTopic('a');
    log.createTopic('a', 1);
    produce(log, 'a', 0, [11, 12]);
    if (onOutOfRange === 'fail') {
      const message = expect.stringMatching(/a was deleted and made anew/);
      await expect(running.result).rejects.toMatchObject({ code: 'JOB_RECORDS_LOST', topic: 'a', message });
    } else {
      await until(() => running.metrics().outOfRange === 1);
      produce(log, 'a', 0, [13]);
      await until(() => emitted(log).includes('a0@13'));
      await running.stop();
    }
    expect(emitted(log)).toEqual(expected);
  }
});

test('partitions that come to a topic which was made anew under the job are new ones (I20)', async () => {
  const log = positionLog(1);
  produce(log, 'a', 0, [1]);
  const job = positionJob({ onOutOfRange: 'latest' });
  const restart = { strategy: 'fixed-delay', delay: 1 } as const;
  const running = start(job, { log, logger: false, restart, discovery: 20 });
  await until(() => emitted(log).includes('a0@1'));
  log.deleteTopic('a');
  log.createTopic('a', 1);
  await until(() => running.metrics().outOfRange === 1);
  produce(log, 'a', 0, [2]);
  await until(() => emitted(log).includes('a0@2'));
  log.addPartitions('a', 2);
  produce(log, 'a', 1, [3]);
  await until(() => emitted(log).includes('a1@3'));
  expect((await running.stop()).metrics).toMatchObject({ outOfRange: 1, records: 3 });
});

import { type JobLog, type RunningJob, run, type StartFrom, start } from '@kgen/runtime';
import { expect, test } from 'vitest';
import { silentLog } from '../../runtime/src/ops/job-log.ts';
import { captured } from './pattern-job.ts';
import { COUNTED, commitAsOther, emitted, options, positionJob, positionLog, produce } from './position-job.ts';

const PATIENCE = { timeout: 20_000, interval: 5 };

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset });

function filled() {
  const log = positionLog();
  produce(log, 'a', 0, [10, 30, 20, 40]);
  produce(log, 'a', 1, [15]);
  produce(log, 'b', 0, [5, 25]);
  return log;
}

test('each input begins where it is told, with what a run says before what is declared', async () => {
  for (const { declared, run: told, expected } of [
    { declared: { b: {} }, run: {}, expected: ['a0@10', 'a0@20', 'a0@30', 'a0@40', 'a1@15', 'b0@25', 'b0@5'] },
    { declared: { startFrom: 'latest', b: { startFrom: 'earliest' } }, run: {}, expected: ['b0@25', 'b0@5'] },
    { declared: { b: { startFrom: 'earliest' } }, run: { startFrom: 'latest' }, expected: [] },
    {
      declared: { b: {} },
      run: { startFrom: 'latest', inputs: { a: { startFrom: { timestamp: 16 } } } },
      expected: ['a0@20', 'a0@30', 'a0@40'],
    },
    {
      declared: { b: {} },
      run: { startFrom: { timestamp: new Date(25) } },
      expected: ['a0@20', 'a0@30', 'a0@40', 'b0@25'],
    },
    { declared: { b: {} }, run: { startFrom: { timestamp: 41n } }, expected: [] },
    {
      declared: { b: {} },
      run: { startFrom: { offsets: { a: { 0: 3n, 1: 1 } }, group: 'earliest' } },
      expected: ['a0@40', 'b0@25', 'b0@5'],
    },
  ] as const) {
    const log = filled();
    await run(positionJob(declared), options(log, told));
    expect(emitted(log)).toEqual(expected);
    produce(log, 'a', 1, [100]);
    await run(positionJob(declared), options(log, told));
    expect(emitted(log)).toEqual(['a1@100', ...expected].sort());
  }
});

test('an input that a job is given later begins as it is told; partitions that come to it do not', async () => {
  for (const [state, commitOffsets] of [
    [{}, true],
    [{}, false],
    [COUNTED, true],
    [COUNTED, false],
  ] as const) {
    const log = filled();
    const told = options(log, { guarantee: 'at-least-once', commitOffsets });
    await run(positionJob({ state }), told);
    const more = positionJob({ state, startFrom: 'latest', b: { startFrom: { timestamp: 6 } } });
    produce(log, 'a', 1, [100]);
    await run(more, told);
    produce(log, 'b', 1, [1]);
    await run(more, told);
    const values = emitted(log).map((value) => value.replace(/#.*/, ''));
    const before = ['a0@10', 'a0@20', 'a0@30', 'a0@40', 'a1@15'];
    expect(values).toEqual([...before, 'a1@100', 'b0@25', 'b1@1'].sort());
    if (state === COUNTED || !commitOffsets) continue;
    log.addPartitions('b', 4);
    produce(log, 'b', 3, [2]);
    expect((await run(more, told)).metrics.records).toBe(1);
  }
});

test.each([
  ['no state', true, {}],
  ['no state', false, {}],
  ['state', true, COUNTED],
  ['state', false, COUNTED],
] as const)(
  'where a later input begins is committed before its first record (%s, commitOffsets %s)',
  async (_, commitOffsets, state) => {
    const log = filled();
    const told = { guarantee: 'at-least-once', commitOffsets, instance: 'one' } as const;
    await run(positionJob({ state }), options(log, told));
    const declared = { state, b: { startFrom: 'latest' } } as const;
    const lines: string[] = [];
    const dying: RunningJob = start(
      positionJob(declared, () => dying.kill()),
      { log, ...told, logger: captured(lines) },
    );
    await expect.poll(() => lines, PATIENCE).toContain('tasks taken on');
    produce(log, 'b', 0, [50]);
    await expect(dying.result).rejects.toMatchObject({ code: 'JOB_KILLED' });
    const { metrics } = await run(positionJob(declared), options(log, told));
    expect(metrics.records).toBe(1);
    expect(emitted(log).filter((value) => value.startsWith('b'))).toEqual([expect.stringMatching(/^b0@50/)]);
  },
);

test('a later input goes on from an offset of another consumer where it is told to, also with state', async () => {
  for (const state of [{}, COUNTED]) {
    const log = filled();
    await run(positionJob({ state }), options(log));
    await commitAsOther(log, 'positions', [at('b', 0, 1), at('b', 1, 0)]);
    if (state === COUNTED) {
      const untold = run(positionJob({ state, b: { startFrom: 'latest' } }), options(log));
      const message = expect.stringContaining('the offset of b-0 was committed by something else');
      await expect(untold).rejects.toMatchObject({ code: 'JOB_STATE_MISMATCH', message });
    }
    await run(positionJob({ state, b: { startFrom: 'group' } }), options(log));
    expect(emitted(log).filter((value) => value.startsWith('b'))).toEqual([expect.stringMatching(/^b0@25/)]);
  }
});

test("offsets are named by the config's topics, and by Kafka's", async () => {
  for (const topic of ['a', 'prod-a']) {
    const log = positionLog();
    log.createTopic('prod-a', 2);
    produce(log, 'prod-a', 0, [1, 2, 3]);
    const startFrom: StartFrom = { offsets: { [topic]: { 0: 2n, 1: 0n } } };
    await run(positionJob(), options(log, { startFrom, topics: { a: 'prod-a' } }));
    expect(emitted(log)).toEqual(['prod-a0@3']);
  }
});

test("'group' begins where another consumer of the group has come to, also with state, and then goes on by itself", async () => {
  for (const state of [{}, COUNTED]) {
    const log = filled();
    await commitAsOther(log, 'positions', [at('a', 0, 2), at('a', 1, 0)]);
    const job = positionJob({ state, startFrom: 'group' });
    await run(job, options(log));
    const values = emitted(log).map((value) => value.replace(/#.*/, ''));
    expect(values).toEqual(['a0@20', 'a0@40', 'a1@15']);
    produce(log, 'a', 0, [50]);
    expect((await run(job, options(log))).metrics.records).toBe(1);
  }
});

test("without an offset of the group, 'group' fails, or does what it is told; named offsets come first", async () => {
  const log = filled();
  await commitAsOther(log, 'positions', [at('a', 0, 3)]);
  for (const startFrom of ['group', { group: 'fail' }, { offsets: { a: { 0: 1n } } }] as const) {
    await expect(run(positionJob({ startFrom }), options(log))).rejects.toMatchObject({
      code: 'JOB_NO_OFFSETS',
      topic: 'a',
      partition: 1,
      message: expect.stringMatching(/group positions, which has none of a-1\..*\(--start-from group:earliest\)/),
    });
  }
  const log2 = filled();
  await commitAsOther(log2, 'positions', [at('a', 0, 3)]);
  await run(positionJob(), options(log2, { startFrom: { group: 'earliest' } }));
  expect(emitted(log2)).toEqual(['a0@40', 'a1@15']);
  const log3 = filled();
  await commitAsOther(log3, 'positions', [at('a', 0, 3)]);
  await run(positionJob(), options(log3, { startFrom: { offsets: { a: { 1: 1n } } } }));
  expect(emitted(log3)).toEqual(['a0@40']);
});

test('offsets of others are neither taken nor passed over without a word', async () => {
  const log = filled();
  await commitAsOther(log, 'positions', [at('a', 0, 3)]);
  for (const [declared, startFrom] of [
    [{}, 'earliest'],
    [{}, { timestamp: 1 }],
    [{ state: COUNTED }, undefined],
    [{ state: COUNTED }, 'latest'],
  ] as const) {
    await expect(run(positionJob(declared), options(log, { startFrom }))).rejects.toMatchObject({
      code: 'JOB_STATE_MISMATCH',
      message: expect.stringMatching(
        /a-0 was committed by something else .*startFrom: 'group' begins with the offsets/,
      ),
    });
  }
  // Without state, what a group has committed is where its next consumer goes on: so says Kafka's own tool.
  await run(positionJob(), options(log));
  expect(emitted(log)).toEqual(['a0@40', 'a1@15']);
});

test('a job with a checkpoint goes on from it, and one line says so', async () => {
  const lines: string[] = [];
  const logger: JobLog = {
    ...silentLog,
    info: (_: object, message?: string) => void lines.push(message ?? ''),
  };
  const log = filled();
  const notice = (line: string): boolean => line.includes('last checkpoint');
  await run(positionJob(), options(log, { startFrom: 'latest', logger }));
  expect(lines.filter(notice)).toEqual([]);
  produce(log, 'a', 0, [50]);
  await run(positionJob(), options(log, { startFrom: { timestamp: 1 }, logger }));
  expect(lines.filter(notice)).toEqual(['the job goes on from its last checkpoint, and not from where startFrom says']);
  expect(emitted(log)).toEqual(['a0@50']);
  await run(positionJob(), options(log, { logger }));
  expect(lines.filter(notice).slice(1)).toEqual(['the job goes on from its last checkpoint']);
});

test('a position by time is settled once: what comes with an older time, or a crash, does not change it', async () => {
  const log = positionLog();
  const job = positionJob({ startFrom: { timestamp: 100 } });
  await run(job, options(log));
  produce(log, 'a', 0, [50, 150]);
  await run(job, options(log));
  expect(emitted(log)).toEqual(['a0@150', 'a0@50']);
});

test('a job whose producer has no id goes on from its own offsets, wherever it was told to begin', async () => {
  const log = positionLog();
  // As with acks 1: the broker gives it none.
  const anonymous = {
    ...log,
    idempotentProducer: async () => {
      const producer = await log.idempotentProducer();
      return {
        producerId: -1,
        epoch: -1,
        append: (record: Parameters<typeof producer.append>[0]) => producer.append(record),
        flush: () => producer.flush(),
        reset: () => producer.reset(),
        close: () => producer.close(),
      };
    },
  };
  const job = positionJob({ startFrom: 'earliest' });
  produce(log, 'a', 0, [1, 2]);
  await run(job, options(anonymous, { guarantee: 'none' }));
  produce(log, 'a', 0, [3]);
  await run(job, options(anonymous, { guarantee: 'none' }));
  expect(emitted(log)).toEqual(['a0@1', 'a0@2', 'a0@3']);
});

test('positions that cannot be are wrong options', async () => {
  for (const [wrong, message] of [
    [{ startFrom: 'middle' }, /startFrom: 'middle' is unknown. Use 'earliest', 'latest', 'group'/],
    [{ startFrom: { group: 'none' } }, /group: 'none' is unknown/],
    [{ startFrom: { timestamp: new Date('x') } }, /is no time/],
    [{ startFrom: { timestamp: 1, offsets: {} } }, /either a timestamp or offsets/],
    [{ startFrom: { offsets: { a: { x: 1 } } } }, /'x' is no number of a partition/],
    [{ startFrom: { offsets: { a: { 0: -1 } } } }, /offsets\.a\.0: -1 is no offset/],
    [{ startFrom: { time: 1 } }, /it has no time/],
    // What was meant by them would begin elsewhere.
    [{ startFrom: { offsets: { c: { 0: 1 } }, group: 'earliest' } }, /input a is to start from offsets that name c-0/],
    [{ startFrom: { offsets: { a: { 0: 1, 2: 1 } }, group: 'latest' } }, /offsets that name a-2/],
    [{ inputs: { a: { startFrom: { offsets: { b: { 0: 1 } } } } } }, /offsets that name b-0/],
    [{ onOutOfRange: 'skip' }, /onOutOfRange: 'skip' is unknown/],
    [{ inputs: { x: {} } }, /inputs\.x: the job has no such input. Its streams are a/],
    [{ inputs: { a: { startFrom: 'no' } } }, /inputs\.a\.startFrom: 'no'/],
    [{ until: 'tomorrow' }, /until: 'tomorrow' is unknown/],
    [{ until: { offsets: { a: { 0: 1 } } } }, /it says nothing of a-1/],
    [{ until: { offsets: { a: { 0: 1, 1: 1 }, b: { 0: 1 } } } }, /the job reads no b-0/],
  ] as const) {
    await expect(run(positionJob(), options(filled(), wrong as never))).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: expect.stringMatching(message),
    });
  }
});

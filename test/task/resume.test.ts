import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Codec, type Format, type Job, type JobContext, type MapState, run, start } from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { writeSavepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { Int, Text, WideCount } from './codecs.ts';
import { type CountHandlers, countJob, countOrder, names, orders, totals } from './count-job.ts';
import { failure, freshLog, options, produce } from './count-runs.ts';
import { emittedTotals, expectedTotals } from './model.ts';
import { until } from './until.ts';

const job = countJob({ orders: countOrder });
const CHANGELOG = 'count-changelog';

/** Another log with the same records and other offsets or changelogs, as an operator's mistakes make one. */
function copy(log: MemoryLog, topics: readonly string[]): MemoryLog {
  const made = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
  for (const topic of topics) {
    if (topic === CHANGELOG) void made.createTopics([{ name: topic, partitions: 2, compacted: true }]);
    made.produce(log.records(topic));
  }
  return made;
}

/** The same log, of whose offsets nothing is known, or other things than were committed. */
function withOffsets(
  log: MemoryLog,
  change: (offset: number, metadata: string) => readonly [number, string] | undefined,
): MemoryLog {
  return {
    ...log,
    committedOffsets: async (group, partitions) =>
      (await log.committedOffsets(group, partitions)).flatMap(({ topic, partition, offset, metadata }) => {
        const changed = change(offset, metadata);
        return changed === undefined ? [] : [{ topic, partition, offset: changed[0], metadata: changed[1] }];
      }),
  };
}

test('start positions are committed before the first record, and then nothing while there is nothing to do', async () => {
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
  const first = await run(job, options(log));
  expect(first.metrics).toMatchObject({ checkpoints: 1, records: 0 });
  const committed = await log.committedOffsets(
    'count',
    [0, 1].map((partition) => ({ topic: 'orders', partition })),
  );
  expect(committed.map(({ offset, metadata }) => [offset, metadata.slice(0, 9)])).toEqual([
    [0, 'kgen:1:0:'],
    [0, 'kgen:1:0:'],
  ]);
  const second = await run(job, options(log));
  expect(second.metrics).toMatchObject({ checkpoints: 0, records: 0, aborts: 0 });
});

test("startFrom 'latest' begins with what is to come, and holds over restarts", async () => {
  const log = freshLog(1);
  expect((await run(job, options(log, { startFrom: 'latest' }))).metrics.records).toBe(0);
  produce(log, 7, 2);
  expect((await run(job, options(log, { startFrom: 'latest' }))).metrics.records).toBe(7);
});

test('offsets that are gone are taken from the checkpoint record', async () => {
  const log = freshLog(1);
  await run(job, options(log));
  produce(log, 10, 2);
  const { metrics } = await run(job, options(withOffsets(log, () => undefined)));
  expect(metrics.records).toBe(10);
  expect(emittedTotals(log)).toEqual(expectedTotals(log));
});

test('records that were read and are lost since end the job, also where others have come in their place', async () => {
  const log = freshLog(1);
  await run(job, options(log));
  produce(log, 10, 2);
  const asked: number[] = [];
  const truncated: MemoryLog = {
    ...log,
    epochEnds: async (positions) =>
      positions.map(({ leaderEpoch, partition }) => {
        asked.push(leaderEpoch);
        return partition === 1 ? 3 : 1000;
      }),
  };
  const error = await failure(run(job, options(truncated)));
  expect(error).toMatchObject({ code: 'JOB_RECORDS_LOST', topic: 'orders', partition: 1 });
  expect(error.message).toMatch(/orders-1 was truncated at offset 3, .* leader epoch 0/);
  expect(asked).toEqual([0, 0]);
  // Where nobody knows any more, as after a long time, that is no reason.
  const forgotten: MemoryLog = { ...log, epochEnds: async (positions) => positions.map(() => undefined) };
  expect((await run(job, options(forgotten))).metrics.records).toBe(10);
});

test('state that is gone, older, or of other offsets is not worked with', async () => {
  const log = freshLog(1);
  await run(job, options(log, { checkpointInterval: 60_000 }));
  const stale = withOffsets(log, (offset, metadata) => [
    offset,
    metadata.replace(/^kgen:1:(\d+)/, (_, n) => `kgen:1:${Number(n) + 1}`),
  ]);
  const moved = withOffsets(log, (offset, metadata) => [offset - 1, metadata]);
  const foreign = withOffsets(log, (offset) => [offset, 'by hand']);
  const other = withOffsets(log, (offset, metadata) => [offset, metadata.replace(/:(\d+):state/, ':99:state')]);
  for (const [wrong, message] of [
    [
      stale,
      /task \d cannot go on: the offset of orders-\d is \d+ of checkpoint 2 .* and the checkpoint record says \d+ of checkpoint 1/,
    ],
    [moved, /the checkpoint record says/],
    [foreign, /was committed by something else \(metadata 'by hand'\)/],
    [other, /epoch 99/],
  ] as const) {
    const error = await failure(run(job, options(wrong)));
    expect(error.code).toBe('JOB_STATE_MISMATCH');
    expect(error.message).toMatch(message);
  }
  // The changelog was deleted: its topic is made anew, and is empty.
  const lost = copy(log, ['orders', 'names', 'totals']);
  const offsets = await log.committedOffsets(
    'count',
    [0, 1].map((partition) => ({ topic: 'orders', partition })),
  );
  const error = await failure(run(job, options({ ...lost, committedOffsets: async () => offsets })));
  expect(error.message).toContain('but the changelog has no checkpoint record');
});

test('a changelog that was made anew under a job that runs is noticed by the next one, and by a savepoint', async () => {
  const log = freshLog(4);
  const running = start(job, options(log, { until: undefined }));
  await until(() => running.metrics().records >= 40);
  const id = (await log.topics([CHANGELOG])).get(CHANGELOG)?.id ?? '';
  await log.deleteTopics([{ name: CHANGELOG, id }]);
  await log.createTopics([{ name: CHANGELOG, partitions: 2, compacted: true }]);
  produce(log, 40, 5);
  await until(() => running.metrics().records >= 80);
  await running.stop();
  const message = expect.stringContaining('made anew while the job ran');
  expect(await failure(run(job, options(log)))).toMatchObject({ code: 'JOB_STATE_MISMATCH', message });
  const file = join(tmpdir(), `kgen-made-anew-${process.pid}.avro`);
  const saved = writeSavepoint(job, { log, file, logger: false });
  expect(await saved.catch((error: unknown) => error)).toMatchObject({ code: 'JOB_STATE_MISMATCH', message });
});

test('an input that was deleted and made anew is noticed', async () => {
  const log = freshLog(1);
  await run(job, options(log));
  const anew: MemoryLog = {
    ...log,
    topics: async (names) => {
      const found = new Map(await log.topics(names));
      for (const [name, topic] of found) if (name === 'orders') found.set(name, { ...topic, id: 'another' });
      return found;
    },
  };
  const error = await failure(run(job, options(anew)));
  expect(error).toMatchObject({
    code: 'JOB_RECORDS_LOST',
    message: expect.stringContaining('topic orders was deleted and made anew'),
  });
  // A job without state has its offsets alone to tell.
  const stateless = createJob<{ key: string; handlers: object }>(
    {
      ...job.declaration,
      name: 'plain',
      state: {},
      inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
    },
    { orders() {} },
  );
  await run(stateless, options(log));
  const shorter = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
  const short: MemoryLog = {
    ...shorter,
    committedOffsets: (group, partitions) => log.committedOffsets(group, partitions),
  };
  const gone = await failure(run(stateless, options(short)));
  expect(gone).toMatchObject({
    code: 'JOB_RECORDS_LOST',
    message: expect.stringContaining('was truncated at offset 0'),
  });
});

test('a job that was without state may be given some, and has its state resolved when its schema changes', async () => {
  const log = freshLog(1);
  const inputs = {
    orders: { topic: orders, as: 'stream', outOfOrderness: 0 },
    names: { topic: names, as: 'table', outOfOrderness: 0 },
  } as const;
  const declaration = {
    name: 'count',
    key: utf8,
    inputs,
    outputs: { totals },
    guarantee: 'exactly-once',
    checkpointInterval: 1,
  } as const;
  const stateless = createJob<{ key: string; handlers: object }>({ ...declaration, state: {} }, { orders() {} });
  await run(stateless, options(log));
  expect((await run(job, options(log))).metrics.records).toBe(0);
  produce(log, 10, 2);
  expect((await run(job, options(log))).metrics.records).toBe(10);

  const seen: unknown[] = [];
  const wider = createJob<{ key: string; handlers: object }>(
    { ...declaration, state: { total: { kind: 'value', value: WideCount } } },
    { orders: ((_order, ctx) => void seen.push(ctx.state.total.get())) satisfies CountHandlers['orders'] },
  );
  const before = [...emittedTotals(log)].map(([customer, own]) => [customer, own.at(-1)]);
  log.produce(before.map(([customer]) => orders.serializeValue({ customer: String(customer), amount: 0 })));
  await run(wider, options(log));
  expect(seen).toEqual(
    expect.arrayContaining(
      before.map(([, last]) => expect.objectContaining({ note: 'none', count: (last as { count: number }).count })),
    ),
  );
  expect(seen.length).toBe(before.length);
});

test('a changed number of partitions stops the job with the way out', async () => {
  const log = freshLog(1);
  await run(job, options(log));
  const more: MemoryLog = {
    ...log,
    topics: async (names) => {
      const found = new Map(await log.topics(names));
      for (const name of ['orders', 'names']) {
        const topic = found.get(name);
        if (topic !== undefined) found.set(name, { ...topic, partitions: 3 });
      }
      return found;
    },
  };
  const error = await failure(run(job, options(more, { until: undefined })));
  expect(error).toMatchObject({ code: 'JOB_PARTITIONS_CHANGED', message: expect.stringContaining('another group') });
});

test('a changelog that would lose state stops the job with the way out; how one is created can be said', async () => {
  const log = freshLog(1);
  log.createTopic(CHANGELOG, 2);
  const error = await failure(run(job, options(log)));
  expect(error).toMatchObject({ code: 'JOB_CHANGELOG', topic: CHANGELOG });
  expect(error.message).toMatch(/cleanup\.policy=delete.*--add-config cleanup\.policy=compact/);

  const specs: unknown[] = [];
  const other = freshLog(1);
  const watched: MemoryLog = {
    ...other,
    createTopics: (topics) => {
      specs.push(...topics);
      return other.createTopics(topics);
    },
  };
  const changelog = { replicationFactor: 3, settings: { 'min.insync.replicas': '2' } };
  await run(job, options(watched, { changelog }));
  const settings = { 'message.timestamp.type': 'LogAppendTime', ...changelog.settings };
  expect(specs).toEqual([{ name: CHANGELOG, partitions: 2, compacted: true, ...changelog, settings }]);
  const never = options(other, { changelog: { settings: { 'cleanup.policy': 'delete' } } });
  expect(await failure(run(job, never))).toMatchObject({ code: 'JOB_OPTIONS' });
});

test('a checkpoint names the positions of inputs and tables, and a table is as far before the first record (I22)', async () => {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  log.produce([names.serialize('c0', 'zero'), orders.serializeValue({ customer: 'c0', amount: 1 })]);
  await run(job, options(log));
  const [record] = [...log.records(CHANGELOG)].filter(({ key }) => key?.length === 1).slice(-1);
  expect(JSON.parse(Buffer.from(record?.value ?? []).toString())).toMatchObject({
    // On a busy machine the first comes before the record.
    checkpoint: expect.toBeOneOf([1, 2]),
    inputs: [{ topic: 'orders', partition: 0, offset: 1 }],
    tables: [{ topic: 'names', partition: 0, offset: 1 }],
  });
  log.produce([orders.serializeValue({ customer: 'c0', amount: 1 })]);
  // A broker that has not heard yet how far the table's last stable offset is.
  const lagging: MemoryLog = {
    ...log,
    bounds: async (partitions) =>
      (await log.bounds(partitions)).map((bounds) => (bounds.topic === 'names' ? { ...bounds, stableEnd: 0 } : bounds)),
  };
  await run(job, options(lagging));
  expect(
    emittedTotals(log)
      .get('c0')
      ?.map(({ name }) => name),
  ).toEqual(['zero', 'zero']);
});

test('a changed key is not read as if it were the old one', async () => {
  const perDay = (key: Codec<unknown>, format: Format<unknown> = utf8): Job =>
    createJob<{ key: string; handlers: object }>(
      { ...job.declaration, key: format, state: { perDay: { kind: 'map', key, value: Int } } },
      {
        orders(_order: unknown, ctx: JobContext<string> & { state: { perDay: MapState<unknown, number> } }) {
          const { perDay } = ctx.state;
          perDay.set(key === Int ? 7 : 'seven', 1);
        },
      },
    );
  const log = freshLog(8);
  await run(perDay(Int), options(log));
  produce(log, 5, 9);
  const map = await failure(run(perDay(Text), options(log)));
  expect(map).toMatchObject({ code: 'JOB_STATE_MISMATCH', message: expect.stringContaining('keys of state perDay') });
  const other = { name: 'my-text', read: utf8.read, write: utf8.write } as Format<unknown>;
  const records = await failure(run(perDay(Int, other), options(log)));
  expect(records).toMatchObject({ code: 'JOB_STATE_MISMATCH', message: expect.stringContaining('utf8') });
  await run(perDay(Int), options(log));
  // Bare Avro, whose name is the same for each schema.
  const avro = (type: Codec<unknown>): Format<unknown> => ({
    ...(utf8 as Format<unknown>),
    name: 'avro',
    codec: () => type,
  });
  const second = freshLog(9);
  await run(perDay(Int, avro(Text)), options(second));
  produce(second, 5, 10);
  const schema = await failure(run(perDay(Int, avro(Int)), options(second)));
  expect(schema).toMatchObject({
    code: 'JOB_STATE_MISMATCH',
    message: expect.stringMatching(/keys were in format avro/),
  });
  await run(perDay(Int, avro(Text)), options(second));
});

import {
  type EmitKeyed,
  isJobError,
  type JobContext,
  type JobErrorCode,
  LogError,
  type PartitionInput,
  run,
  start,
} from '@kgen/runtime';
import { createJob, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { orders } from './count-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

interface Context extends JobContext<string> {
  readonly emit: { readonly out: EmitKeyed<string, string | null>; readonly more: EmitKeyed<string, string | null> };
}

type Handler = (value: { readonly amount: number }, ctx: Context) => void | Promise<void>;

const out = { id: 'out', names: ['out'], key: utf8, value: utf8, tombstones: true, partitioner: murmur2 } as const;

function emitJob(handler: Handler, { partitioner = out.partitioner, timestampFrom }: Partial<Options> = {}) {
  const target = topic({ ...out, partitioner, timestampFrom });
  return createJob<{ key: string; handlers: object }>(
    {
      name: 'emit',
      key: utf8,
      inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
      outputs: { out: target, more: target },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: 1,
    },
    { orders: handler },
  );
}

interface Options {
  readonly partitioner: (input: PartitionInput<string>) => number;
  readonly timestampFrom: ((value: string) => bigint) | undefined;
}

function logOf(count: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(), topics: { orders: 1, out: 3 } });
  const records = Array.from({ length: count }, (_, amount) => orders.serializeValue({ customer: 'ann', amount }));
  log.produce(records);
  return log;
}

function texts(log: MemoryLog): string[] {
  return [...log.records('out')].map(({ value }) => String(value && Buffer.from(value)));
}

async function causeOf(promise: Promise<unknown>, code: JobErrorCode = 'JOB_PRODUCE_FAILED'): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    if (isJobError(error, code)) return error.cause;
    throw error;
  }
  throw new Error('the job did not fail');
}

test('functions of ctx.emit may be taken apart from it, and expire with their call', async () => {
  const log = logOf(2);
  let kept: Context['emit']['out'] | undefined;
  const codes: unknown[] = [];
  const job = emitJob((_value, ctx) => {
    const { out } = ctx.emit;
    if (kept !== undefined) {
      try {
        kept('ann', 'late');
      } catch (error) {
        codes.push(isJobError(error) && error.code);
      }
    }
    kept = out;
    for (const text of ['one', 'two']) out('ann', text);
    out('ann', null, { timestamp: 3n });
  });
  await run(job, { log, until: 'latest', logger: false });
  expect(texts(log)).toEqual(['one', 'two', 'null', 'one', 'two', 'null']);
  expect(codes).toEqual(['JOB_CONTEXT_EXPIRED']);
});

test('what was emitted has the headers it was emitted with, whatever becomes of them', async () => {
  const log = logOf(1);
  const job = emitJob((_value, ctx) => {
    const bytes = Uint8Array.of(1);
    const headers: [string, Uint8Array][] = [['n', bytes]];
    ctx.emit.out('ann', 'one', { headers });
    bytes[0] = 2;
    ctx.emit.out('ann', 'two', { headers });
    headers.length = 0;
  });
  await run(job, { log, until: 'latest', logger: false });
  expect([...log.records('out')].map(({ headers }) => headers)).toEqual([
    [['n', Uint8Array.of(1)]],
    [['n', Uint8Array.of(2)]],
  ]);
});

test('times before 1970 are refused as serialize refuses them, wherever they come from', async () => {
  const refused = { name: 'TopicError', code: 'timestamp', topic: 'out' };
  const run1 = (log: MemoryLog, job: ReturnType<typeof emitJob>) => run(job, { log, until: 'latest', logger: false });
  const given = emitJob((_value, ctx) => ctx.emit.out('ann', 'x', { timestamp: -1n }));
  expect(await causeOf(run1(logOf(1), given))).toMatchObject(refused);
  const derived = emitJob((_value, ctx) => ctx.emit.out('ann', 'x'), { timestampFrom: () => -5n });
  expect(await causeOf(run1(logOf(1), derived))).toMatchObject(refused);
  const far = emitJob((_value, ctx) => ctx.emit.out('ann', 'x', { timestamp: 2n ** 63n }));
  expect(await causeOf(run1(logOf(1), far))).toMatchObject(refused);
  const inherited = logOf(0);
  inherited.produce([{ ...orders.serializeValue({ customer: 'ann', amount: 1 }), timestamp: -1n }]);
  let seen: bigint | undefined;
  const job = emitJob((_value, ctx) => {
    seen = ctx.record.timestamp;
    ctx.emit.out('ann', 'x');
  });
  expect(await causeOf(run1(inherited, job))).toMatchObject(refused);
  expect(seen).toBe(-1n);
  const fine = emitJob((_value, ctx) => ctx.emit.out('ann', 'x', { timestamp: 0n }), { timestampFrom: () => -5n });
  const log = logOf(1);
  await run1(log, fine);
  expect(texts(log)).toEqual(['x']);
});

test('an error of an output says which part of which topic it is about', async () => {
  const job = emitJob((_value, ctx) => ctx.emit.out('ann', '\ud800'));
  const key = emitJob((_value, ctx) => ctx.emit.out('\ud800', 'x'));
  const options = { until: 'latest', logger: false } as const;
  expect(await causeOf(run(job, { log: logOf(1), ...options }))).toMatchObject({
    name: 'AvroEncodeError',
    path: 'value',
    message: expect.stringContaining('for topic out'),
  });
  expect(await causeOf(run(key, { log: logOf(1), ...options }))).toMatchObject({ path: 'key' });
});

test.each([-1, 3, 0.5, Number.NaN, '1', undefined])('a partitioner that chooses %s is refused', async (choice) => {
  const job = emitJob((_value, ctx) => ctx.emit.out('ann', 'x'), { partitioner: () => choice as number });
  const log = logOf(1);
  expect(await causeOf(run(job, { log, until: 'latest', logger: false }))).toMatchObject({ code: 'partition' });
  expect(texts(log)).toEqual([]);
});

test("a partitioner's sequence counts the task's records to the topic, over all outputs, and goes back with an abort", async () => {
  const inputs: [number, boolean][] = [];
  const log = logOf(0);
  let abort = false;
  const flaky = withProducer(log, (producer) => ({
    async commitOffsets(member, offsets) {
      if (abort) {
        abort = false;
        throw new LogError('abortable', 'once');
      }
      await producer.commitOffsets(member, offsets);
    },
  }));
  const job = emitJob(
    (_value, ctx) => {
      ctx.emit.out('ann', 'a');
      ctx.emit.more('bob', 'b');
    },
    {
      partitioner({ sequence, key }) {
        inputs.push([sequence, key !== null]);
        return sequence % 3;
      },
    },
  );
  const running = start(job, { log: flaky, clock: virtualClock(), logger: false });
  const one = (): void => log.produce([orders.serializeValue({ customer: 'ann', amount: 0 })]);
  one();
  await until(() => running.metrics().records === 1);
  abort = true;
  one();
  await until(() => running.metrics().records === 2);
  await running.stop();
  expect(inputs.map(([sequence]) => sequence)).toEqual([0, 1, 2, 3, 2, 3]);
});

test("a LogError that a handler throws is the handler's, whatever it says of itself", async () => {
  for (const kind of ['abortable', 'retriable', 'unknown-outcome', 'fenced', 'fatal'] as const) {
    const log = logOf(1);
    const thrown = new LogError(kind, 'mine');
    const sync = emitJob(() => {
      throw thrown;
    });
    const options = { log, until: 'latest', logger: false } as const;
    expect(await causeOf(run(sync, options), 'JOB_HANDLER_FAILED')).toBe(thrown);
    const later = emitJob(async () => {
      await null;
      throw thrown;
    });
    expect(await causeOf(run(later, options), 'JOB_HANDLER_FAILED')).toBe(thrown);
  }
});

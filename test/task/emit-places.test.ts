import { type EmitKeyed, isJobError, type JobContext, LogError, type Partitioner, run, start } from '@kgen/runtime';
import { createJob, fixed, murmur2, roundRobin, sticky, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { orders } from './count-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

// Where records go that are emitted, and which time they have.

interface Context extends JobContext<string> {
  readonly emit: { readonly out: EmitKeyed<string, string> };
}

type Handler = (order: { readonly amount: number }, ctx: Context) => void;

interface Output {
  readonly partitioner?: Partitioner<string>;
  readonly timestamps?: 'event' | 'broker' | undefined;
  readonly interval?: number;
}

function emitJob(handler: Handler, { partitioner = murmur2, timestamps, interval = 1000 }: Output = {}) {
  const timestampFrom = (): bigint => 7n;
  const out = topic({ id: 'out', names: ['out'], key: utf8, value: utf8, partitioner, timestampFrom, timestamps });
  return createJob<{ key: string; handlers: object }>(
    {
      name: 'emit',
      key: utf8,
      inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
      outputs: { out },
      state: {},
      guarantee: 'exactly-once',
      checkpointInterval: interval,
    },
    { orders: handler },
  );
}

const PARTITIONS = 3;

function logOf(count: number): MemoryLog {
  const log = memoryLog({ clock: virtualClock(), topics: { orders: 1, out: PARTITIONS } });
  log.produce(Array.from({ length: count }, (_, amount) => orders.serializeValue({ customer: 'ann', amount })));
  return log;
}

const options = { until: 'latest', logger: false, restart: { strategy: 'none' } } as const;

/** Partitions in the order of the values, which are numbers. */
function partitions(log: MemoryLog): number[] {
  return [...log.records('out')]
    .sort((a, b) => Number(Buffer.from(a.value ?? [])) - Number(Buffer.from(b.value ?? [])))
    .map(({ partition }) => partition);
}

test('a record goes to the partition that it is given, whatever the partitioner is', async () => {
  const log = logOf(3);
  await run(
    emitJob(({ amount }, ctx) => ctx.emit.out('ann', String(amount), { partition: 2 - amount })),
    { ...options, log },
  );
  expect(partitions(log)).toEqual([2, 1, 0]);
});

test.each([3, -1, 0.5, Number.NaN])('partition %s is refused: the error names record and topic', async (partition) => {
  const job = emitJob(({ amount }, ctx) => ctx.emit.out('ann', 'x', amount === 1 ? { partition } : {}));
  const error: unknown = await run(job, { ...options, log: logOf(2) }).catch((error: unknown) => error);
  expect(isJobError(error, 'JOB_PRODUCE_FAILED')).toBe(true);
  expect(error).toMatchObject({
    topic: 'orders',
    offset: 1n,
    message: expect.stringContaining(
      `topic out: the option \`partition\` is ${partition}; the topic has partitions 0 to 2`,
    ),
    cause: { name: 'TopicError', code: 'partition', topic: 'out' },
  });
});

test.each([
  ['fixed', fixed, [0, 0, 0, 0, 0]],
  ['round-robin', roundRobin, [0, 1, 2, 0, 1]],
  ['sticky', sticky, [0, 0, 0, 0, 0]],
] as const)('%s, one checkpoint', async (_, partitioner, expected) => {
  const log = logOf(5);
  await run(
    emitJob(({ amount }, ctx) => ctx.emit.out(`k${amount}`, String(amount)), { partitioner }),
    { ...options, log },
  );
  expect(partitions(log)).toEqual(expected);
});

test('sticky goes on when a batch is full', async () => {
  const log = logOf(6);
  const large = '0'.repeat(130 * 1024);
  await run(
    emitJob(({ amount }, ctx) => ctx.emit.out('k', `${large}${amount}`), { partitioner: sticky }),
    { ...options, log },
  );
  expect(partitions(log)).toEqual([0, 0, 1, 1, 2, 2]);
});

test('sticky goes on with each checkpoint, and back with one that is aborted', async () => {
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
  const seen: number[] = [];
  const job = emitJob(({ amount }, ctx) => ctx.emit.out('k', String(amount)), {
    interval: 1,
    partitioner(input) {
      seen.push(sticky(input));
      return sticky(input);
    },
  });
  const running = start(job, { log: flaky, clock: virtualClock(), logger: false });
  for (let amount = 0; amount < 4; amount++) {
    abort = amount === 2;
    log.produce([orders.serializeValue({ customer: 'ann', amount })]);
    await until(() => running.metrics().records === amount + 1);
  }
  await running.stop();
  expect(seen).toEqual([0, 1, 2, 2, 0]);
  expect(partitions(log)).toEqual([0, 1, 2, 0]);
});

test('records have the time of the event, or of writing, as the topic or the record says', async () => {
  const emit: Handler = (_, ctx) => {
    ctx.emit.out('k', '0');
    ctx.emit.out('k', '1', { timestamp: 'event' });
    ctx.emit.out('k', '2', { timestamp: 'broker' });
    ctx.emit.out('k', '3', { timestamp: 9n });
  };
  const timesWith = async (timestamps?: 'event' | 'broker'): Promise<bigint[]> => {
    const log = logOf(1);
    await run(emitJob(emit, { timestamps }), { ...options, log, clock: virtualClock() });
    return [...log.records('out')].map(({ timestamp }) => timestamp);
  };
  const now = expect.toSatisfy((time) => time >= 1_000_000n);
  expect(await timesWith()).toEqual([7n, 7n, now, 9n]);
  expect(await timesWith('event')).toEqual([7n, 7n, now, 9n]);
  expect(await timesWith('broker')).toEqual([now, 7n, now, 9n]);
});

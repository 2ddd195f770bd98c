import { type CheckpointInfo, type Codec, type JobContext, run, type ValueState } from '@kgen/runtime';
import { createJob } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { Text } from './codecs.ts';
import { countJob, countOrder, orders } from './count-job.ts';
import { clicks, happen, timerJob } from './timer-job.ts';

test('checkpoints come before their time where much state was changed, so that it takes no more and more memory', async () => {
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 } });
  const keys = 250_000;
  for (let from = 0; from < keys; from += 10_000) {
    const some = Array.from({ length: 10_000 }, (_, i) => ({ customer: `c${from + i}`, amount: 1 }));
    log.produce(some.map((order) => orders.serializeValue(order)));
  }
  const checkpoints: CheckpointInfo[] = [];
  const { metrics } = await run(countJob({ orders: countOrder }, 3_600_000), {
    log,
    until: 'latest',
    logger: false,
    onCheckpoint: (info) => void checkpoints.push(info),
  });
  expect(metrics.records).toBe(keys);
  expect(Math.max(...checkpoints.map(({ changelogRecords }) => changelogRecords))).toBeLessThan(130_000);
  // Start positions, two for their number, and what is left.
  expect(checkpoints.length).toBe(4);
}, 60_000);

test('and so they do where it was timers that changed it, many due at once', async () => {
  const log = memoryLog({ topics: { clicks: 1, notes: 1 } });
  const keys = 120_000;
  for (let from = 0; from < keys; from += 10_000) {
    happen(log, clicks, ...Array.from({ length: 10_000 }, (_, i) => `c${from + i} 1`));
  }
  happen(log, clicks, 'last 1000');
  const job = timerJob({
    clicks: (_event, ctx) => ctx.timers.set('close', { eventTime: 500n }),
    onTimer: { close: (_timer, ctx) => ctx.state.total.set({ count: 1, sum: 1 }) },
  });
  const sizes: number[] = [];
  const { metrics } = await run(job, {
    log,
    until: 'latest',
    logger: false,
    checkpointInterval: 3_600_000,
    onCheckpoint: ({ changelogRecords }) => void sizes.push(changelogRecords),
  });
  expect(metrics.timers).toBe(keys + 1);
  expect(Math.max(...sizes)).toBeLessThan(150_000);
}, 60_000);

test('and where values are large, after fewer of them', async () => {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  log.produce(Array.from({ length: 3000 }, (_, i) => orders.serializeValue({ customer: `c${i}`, amount: 1 })));
  const { declaration } = countJob({ orders: countOrder }, 3_600_000);
  const text = 'x'.repeat(40_000);
  const job = createJob<{ key: string; handlers: object }>(
    { ...declaration, state: { text: { kind: 'value', value: Text as Codec<unknown> } } },
    {
      orders: (_order: unknown, ctx: JobContext<string> & { state: { text: ValueState<string> } }) =>
        ctx.state.text.set(text),
    },
  );
  const sizes: number[] = [];
  const onCheckpoint = ({ changelogRecords }: CheckpointInfo): void => void sizes.push(changelogRecords);
  await run(job, { log, until: 'latest', logger: false, onCheckpoint });
  expect(Math.max(...sizes)).toBeLessThan(2000);
}, 60_000);

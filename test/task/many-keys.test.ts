import { type CheckpointInfo, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { countJob, countOrder, orders } from './count-job.ts';

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

import { type Log, run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { append } from '../log/harness.ts';
import { countJob, countOrder, orders } from './count-job.ts';
import { someOrders } from './model.ts';
import { virtualClock } from './virtual-clock.ts';

const CHANGELOG = 'count-changelog';

test('a start waits for a stranger’s transaction in its changelog for as long as one may last, and then names it', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 }, clock, transactionTimeout: 3_600_000 });
  await log.createTopics([{ name: CHANGELOG, partitions: 2, compacted: true }]);
  log.produce(someOrders(10, 1).map((order) => orders.serializeValue(order)));
  const stranger = await log.producer('stranger');
  append(stranger, CHANGELOG, 1, 'k', 'v');
  const started = clock.monotonic();
  const job = countJob({ orders: countOrder });
  // Its coordinator has forgotten it: it does not end by itself.
  const forgetful: Log = {
    ...log,
    undecided: async (partitions) => (await log.undecided(partitions)).map((each) => ({ ...each, timeout: undefined })),
  };
  const error = await run(job, { log: forgetful, clock, until: 'latest', logger: false }).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'JOB_BLOCKED', topic: CHANGELOG, partition: 1, offset: 0n });
  expect(error.message).toContain(`transactional id stranger (producer ${stranger.producerId})`);
  expect(error.message).toContain(`abort --topic ${CHANGELOG} --partition 1 --start-offset 0`);
  const waited = clock.monotonic() - started;
  expect(waited).toBeGreaterThan(60_000);
  expect(waited).toBeLessThan(90_000);
});

test('one that ends in time keeps nobody from starting', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ topics: { orders: 2, names: 2, totals: 2 }, clock });
  await log.createTopics([{ name: CHANGELOG, partitions: 2, compacted: true }]);
  log.produce(someOrders(10, 1).map((order) => orders.serializeValue(order)));
  const stranger = await log.producer('stranger');
  append(stranger, CHANGELOG, 1, 'k', 'v');
  clock.after(50_000, () => void stranger.abort());
  const { metrics } = await run(countJob({ orders: countOrder }), { log, clock, until: 'latest', logger: false });
  expect(metrics).toMatchObject({ records: 10, restarts: 0 });
});

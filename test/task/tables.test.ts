import { LogError, start } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { countJob, countOrder, names, orders, totals } from './count-job.ts';
import { until } from './until.ts';
import { virtualClock } from './virtual-clock.ts';
import { withProducer } from './wrapped-log.ts';

test('table records that were fetched when a transaction had to be aborted are not lost', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { orders: 1, names: 1, totals: 1 } });
  let abort = false;
  const flaky = withProducer(log, (producer) => ({
    append(record) {
      if (!abort || record.topic !== 'totals') return producer.append(record);
      abort = false;
      throw new LogError('abortable', 'once');
    },
  }));
  const running = start(countJob({ orders: countOrder }, 1), { log: flaky, clock, logger: false });
  log.produce([orders.serializeValue({ customer: 'ann', amount: 1 })]);
  await until(() => running.metrics().records === 1);
  abort = true;
  log.produce([orders.serializeValue({ customer: 'ann', amount: 1 }), names.serialize('ann', 'Ann')]);
  await until(() => running.metrics().records === 2);
  log.produce([orders.serializeValue({ customer: 'ann', amount: 1 })]);
  await until(() => running.metrics().records === 3);
  await running.stop();
  expect(running.metrics().aborts).toBe(1);
  expect([...log.records('totals')].map((record) => totals.deserialize(record).value?.name).at(-1)).toBe('Ann');
});

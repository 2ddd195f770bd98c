import { type Log, LogError, start } from '@kgen/runtime';
import { createJob, utf8 } from '@kgen/runtime/codegen/v1';
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

test('a task that comes from another instance sees no past of a global table that this one reads already (I22)', async () => {
  const clock = virtualClock(1, 0.1);
  const log = memoryLog({ clock, topics: { orders: 2, names: 1, totals: 1 } });
  const { declaration, handlers } = countJob({ orders: countOrder }, 3);
  const inputs = {
    ...declaration.inputs,
    names: { topic: names, as: 'global-table', outOfOrderness: 0, key: utf8 } as const,
  };
  const job = createJob<{ key: string; handlers: object }>({ ...declaration, inputs }, handlers);
  const order = (): void =>
    log.produce(
      ['p0', 'p1'].map((customer, partition) => ({
        ...orders.serializeValue({ customer, amount: 1 }),
        partition,
      })),
    );
  const seen = (customer: string): readonly string[] =>
    [...log.records('totals')].flatMap((record) => {
      const { value } = totals.deserialize(record);
      return value?.customer === customer ? [value.name] : [];
    });
  // Its broker is slow with the table.
  let sources = 0;
  const slow: Log = {
    ...log,
    source() {
      const source = log.source();
      if (sources++ > 0) return source;
      return {
        assign: (partitions) => source.assign(partitions.filter(({ topic }) => topic !== 'names')),
        unassign: (partitions) => source.unassign(partitions),
        pause: (partition) => source.pause(partition),
        resume: (partition) => source.resume(partition),
        poll: (maxWaitMs) => source.poll(maxWaitMs),
        wake: () => source.wake(),
        close: () => source.close(),
      };
    },
  };
  const b = start(job, { log: slow, clock, logger: false, instance: 'b' });
  order();
  await until(() => b.metrics().records === 2);
  const a = start(job, { log, clock, logger: false, instance: 'a' });
  await until(() => a.metrics().restoredRecords > 0);
  log.produce([names.serialize('p0', 'Zero'), names.serialize('p1', 'One')]);
  await until(() => a.metrics().tableRecords === 2);
  order();
  await until(() => a.metrics().records === 1 && b.metrics().records === 3);
  const moved = seen('p0').at(-1) === 'Zero' ? 'p0' : 'p1';
  await a.stop();
  order();
  await until(() => b.metrics().records === 5);
  await b.stop();
  expect(seen(moved)).toEqual(['', moved === 'p0' ? 'Zero' : 'One', moved === 'p0' ? 'Zero' : 'One']);
});

import { run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { countJob, countOrder, names, orders, totals } from '../task/count-job.ts';

test('a job counts, joins a table and emits, in order by key', async () => {
  const log = memoryLog({ topics: { orders: 3, names: 3, totals: 2 } });
  log.produce(['ann', 'bob', 'cid'].map((name) => names.serialize(name, name.toUpperCase())));
  const input = Array.from({ length: 300 }, (_, i) => ({
    customer: ['ann', 'bob', 'cid', 'dot'][i % 4] ?? '',
    amount: i,
  }));
  log.produce(input.map((order) => orders.serializeValue(order)));

  const result = await run(countJob({ orders: countOrder }), { log, until: 'latest', logger: false });

  expect(result.reason).toBe('latest');
  expect(result.metrics.records).toBe(300);
  expect(result.metrics.outputs).toBe(300);
  const seen = [...log.records('totals')].map((record) => totals.deserialize(record).value);
  for (const customer of ['ann', 'bob', 'cid', 'dot']) {
    const own = input.filter((order) => order.customer === customer);
    let sum = 0;
    expect(seen.filter((total) => total?.customer === customer)).toEqual(
      own.map((order, i) => {
        sum += order.amount;
        return { customer, name: customer === 'dot' ? '' : customer.toUpperCase(), count: i + 1, sum };
      }),
    );
  }
});

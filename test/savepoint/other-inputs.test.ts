import { run, start } from '@kgen/runtime';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { expect, test } from 'vitest';
import { orders } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';
import { captured } from '../task/pattern-job.ts';
import { until } from '../task/until.ts';
import { type CartJob, cartJob } from './cart-job.ts';
import { cartLog, files, more, quiet } from './harness.ts';

const { next: newFile } = files();

/** The cart job with these inputs, all handled alike. */
function jobOf(...names: readonly string[]): CartJob {
  const input = (name: string) => ({ topic: { ...orders, id: name, names: [name] }, as: 'stream', outOfOrderness: 0 });
  const { declaration, handlers } = cartJob();
  const inputs = Object.fromEntries(names.map((name) => [name, input(name)]));
  return {
    declaration: { ...declaration, inputs } as CartJob['declaration'],
    handlers: { ...handlers, ...Object.fromEntries(names.map((name) => [name, handlers.orders])) },
  };
}

/** A savepoint of a job that has read 100 orders of each of these, and 20 that follow. */
async function saved(...names: readonly string[]) {
  const log = cartLog(0);
  for (const name of ['returns', 'gifts']) log.createTopic(name, 2);
  const produce = (name: string, count: number): void =>
    log.produce(someOrders(count, 7).map((order) => ({ ...orders.serializeValue(order), topic: name })));
  more(log, 100, 1);
  for (const name of ['returns', 'gifts']) produce(name, 100);
  await run(jobOf(...names), { log, ...quiet });
  const file = newFile();
  await writeSavepoint(jobOf(...names), { log, file, stopped: true, logger: false });
  more(log, 20, 2);
  return { log, file, produce };
}

const said = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('of other inputs'));
const copy = { ...quiet, group: 'other', topics: { totals: 'copies' } } as const;

test('an input that a savepoint has nothing of begins as startFrom says; one line has the names', async () => {
  const { log, file, produce } = await saved('orders');
  const lines: string[] = [];
  const options = { ...copy, log, logger: captured(lines), from: savepoint(file) };
  const inputs = { returns: { startFrom: 'latest' } } as const;
  const { metrics } = await run(jobOf('orders', 'returns'), { ...options, inputs });
  expect(metrics.records).toBe(20);
  expect(said(lines)).toEqual([
    'the savepoint is of other inputs than the job has: orders go on where it was taken; ' +
      'returns begin as new inputs do (startFrom), since it has nothing of them',
  ]);
  produce('returns', 5);
  // From its own checkpoint now.
  expect((await run(jobOf('orders', 'returns'), { ...options, inputs })).metrics.records).toBe(5);
  const whole = await run(jobOf('orders', 'returns'), { ...options, group: 'third' });
  expect(whole.metrics.records).toBe(125);
});

test('so it does where the group had read it before, and is replaced', async () => {
  const { log, file } = await saved('orders');
  await run(jobOf('orders', 'returns'), { ...quiet, log });
  const from = savepoint(file, { replace: true });
  expect((await run(jobOf('orders', 'returns'), { ...quiet, log, from })).metrics.records).toBe(120);
});

test('an input that the job has no more is said; both together may be a topic that is called otherwise', async () => {
  const { log, file } = await saved('orders', 'returns');
  const lines: string[] = [];
  const options = { ...copy, log, logger: captured(lines), from: savepoint(file) };
  expect((await run(jobOf('orders'), options)).metrics.records).toBe(20);
  expect((await run(jobOf('orders', 'gifts'), { ...options, group: 'third' })).metrics.records).toBe(120);
  expect(said(lines)).toEqual([
    'the savepoint is of other inputs than the job has: orders go on where it was taken; returns are read no more',
    'the savepoint is of other inputs than the job has: orders go on where it was taken; gifts begin as new inputs do (startFrom), ' +
      'since it has nothing of them; returns are read no more. Where a topic is called otherwise here, say so (--topics): ' +
      'state has its records already',
  ]);
});

test('one that is of the same inputs says nothing', async () => {
  const { log, file } = await saved('orders', 'returns');
  const lines: string[] = [];
  await run(jobOf('orders', 'returns'), { ...copy, log, logger: captured(lines), from: savepoint(file) });
  expect(said(lines)).toEqual([]);
});

test('a task that had not begun when the savepoint was taken begins as startFrom says', async () => {
  const log = cartLog(100);
  const job = jobOf('orders');
  // Another instance that has a task, and has not opened it.
  const other = await log.join(
    { group: 'cart', instance: 'slow', static: false, layout: [{ topic: 'orders', partitions: 2, global: false }] },
    { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined },
  );
  const running = start(job, { log, logger: false });
  await until(() => running.metrics().records > 0 && running.metrics().checkpoints > 1);
  await running.stop();
  const file = newFile();
  const { tasks } = await writeSavepoint(job, { log, file, logger: false });
  expect(tasks).toHaveLength(1);
  const [begun] = await log.bounds(tasks.map(({ task: partition }) => ({ topic: 'orders', partition })));
  await other.end({ leave: true });
  const options = { ...copy, log, from: savepoint(file) };
  const early = await run(job, { ...options, group: 'early' });
  const late = await run(job, { ...options, startFrom: 'latest' });
  const read = running.metrics().records;
  expect([early.metrics.records, late.metrics.records]).toEqual([100 - read, (begun?.end ?? 0) - read]);
  more(log, 10, 3);
  expect((await run(job, { ...options, startFrom: 'latest' })).metrics.records).toBe(10);
});

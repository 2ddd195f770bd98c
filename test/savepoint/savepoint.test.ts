import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { writeSavepoint } from '@kgen/runtime/savepoints';
import { afterAll, describe, expect, test } from 'vitest';
import { orders, totals } from '../task/count-job.ts';
import { someOrders } from '../task/model.ts';
import { cartJob } from './cart-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'kgen-savepoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${++files}.avro`);

function freshLog(count: number, partitions = 2): MemoryLog {
  const log = memoryLog({ topics: { orders: partitions, totals: 1, copies: 1 } });
  log.produce(someOrders(count, 1).map((order) => orders.serializeValue(order)));
  return log;
}

const more = (log: MemoryLog, count: number, seed: number): void =>
  log.produce(someOrders(count, seed).map((order) => orders.serializeValue(order)));

const emitted = (log: MemoryLog, topic: string): unknown[] =>
  Array.from(log.records(topic), (record) => JSON.stringify(totals.deserialize(record).value)).sort();

const quiet = { until: 'latest', logger: false } as const;

describe('a savepoint', () => {
  test('of a job that is stopped: another starts from it, and goes on as the first one would have', async () => {
    const log = freshLog(200);
    await run(cartJob(), { log, ...quiet });
    const file = newFile();
    const savepoint = await writeSavepoint(cartJob(), { log, file, logger: false });
    expect(savepoint.tasks.map(({ task }) => task)).toEqual([0, 1]);
    expect(readdirSync(folder)).toEqual([`${files}.avro`]);
    more(log, 100, 2);
    await run(cartJob(), { log, ...quiet });
    const { metrics } = await run(cartJob(), {
      log,
      ...quiet,
      group: 'other',
      topics: { totals: 'copies' },
      from: file,
    });
    expect(metrics.records).toBe(100);
    const ofFirst = emitted(log, 'totals');
    expect(ofFirst).toHaveLength(300);
    const copies = emitted(log, 'copies');
    expect(copies).toHaveLength(100);
    expect(ofFirst).toEqual(expect.arrayContaining(copies));
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@kgen/runtime';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { savepoint, writeSavepoint } from '@kgen/runtime/savepoints';
import { afterAll, expect, test } from 'vitest';
import { avroTools, describeWithAvroTools } from '../support/avro-tools.ts';
import { type Order, orders } from '../task/count-job.ts';
import { cartJob } from './cart-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'kgen-avro-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const produce = (log: MemoryLog, ...list: readonly Order[]): void =>
  log.produce(list.map((order) => orders.serializeValue(order)));

await describeWithAvroTools('savepoints in Java', () => {
  const log = memoryLog({ topics: { orders: 1, totals: 1, copies: 1 } });
  const file = join(folder, 'cart.avro');
  const quiet = { log, until: 'latest', logger: false } as const;

  test('avro-tools reads all that is in one', async () => {
    produce(log, { customer: 'ann', amount: 10 }, { customer: 'bob', amount: 3 }, { customer: 'ann', amount: 20 });
    await run(cartJob(), quiet);
    const { id } = await writeSavepoint(cartJob(), { log, file, logger: false });
    const values = (await avroTools('tojson', file)).trim().split('\n');
    const [first, ...states] = values.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({
      'kgen.savepoint.Task': {
        task: 0,
        checkpoint: expect.any(Number),
        watermark: { long: expect.any(Number) },
        inputs: [
          {
            topic: 'orders',
            id: expect.any(String),
            partition: 0,
            offset: 3,
            leaderEpoch: expect.any(Number),
            watermark: { long: expect.any(Number) },
          },
        ],
        tables: [],
      },
    });
    const at = Date.UTC(2100, 0, 1);
    const expected = [
      { 'kgen.savepoint.state.total': { key: 'ann', value: { count: 2, sum: 30 } } },
      { 'kgen.savepoint.state.total': { key: 'bob', value: { count: 1, sum: 3 } } },
      { 'kgen.savepoint.state.amounts': { key: 'ann', index: 0, value: '10' } },
      { 'kgen.savepoint.state.amounts': { key: 'ann', index: 1, value: '20' } },
      { 'kgen.savepoint.state.amounts': { key: 'bob', index: 0, value: '3' } },
      { 'kgen.savepoint.state.seen': { key: 'ann', entry: '10', value: 1 } },
      { 'kgen.savepoint.state.seen': { key: 'ann', entry: '20', value: 1 } },
      { 'kgen.savepoint.state.seen': { key: 'bob', entry: '3', value: 1 } },
      { 'kgen.savepoint.Timer': { key: 'ann', id: 'idle', time: at, eventTime: false } },
      { 'kgen.savepoint.Timer': { key: 'bob', id: 'idle', time: at, eventTime: false } },
    ];
    const sorted = (list: readonly unknown[]): string[] => list.map((each) => JSON.stringify(each)).sort();
    expect(states.pop()).toEqual({ 'kgen.savepoint.End': { values: expected.length } });
    expect(sorted(states)).toEqual(sorted(expected));
    const info = JSON.parse(await avroTools('getmeta', file, '--key', 'kgen.savepoint')) as object;
    expect(info).toMatchObject({ version: 1, id, job: 'cart', group: 'cart', partitions: 1 });
  }, 60_000);

  test.each(['null', 'deflate'])(
    'a job starts from one that Java has written, with codec %s',
    async (codec) => {
      const copy = join(folder, `${codec}.avro`);
      await avroTools('recodec', `--codec=${codec}`, file, copy);
      produce(log, { customer: 'ann', amount: 5 });
      const group = `from-java-${codec}`;
      const { metrics } = await run(cartJob(), {
        ...quiet,
        group,
        topics: { totals: 'copies' },
        from: savepoint(copy),
      });
      const emitted = Array.from(log.records('copies'), ({ value }) => JSON.parse(Buffer.from(value ?? []).toString()));
      expect(emitted.slice(-metrics.records)[0]).toEqual({ customer: 'ann', name: '10,20,5,3', count: 3, sum: 35 });
    },
    60_000,
  );
});

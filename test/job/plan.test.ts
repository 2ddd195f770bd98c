import { type EmitKeyedTo, type EmitValueTo, type Job, type JobContext, type RunOptions, run } from '@kgen/runtime';
import { createJob, int32, murmur2, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { describe, expect, test } from 'vitest';
import { countJob, countOrder, names, orders, totals } from '../task/count-job.ts';

const job = countJob({ orders: countOrder });
const ann = { customer: 'ann', amount: 1 };

function options(log: MemoryLog, more: Partial<RunOptions> = {}): RunOptions {
  return { log, until: 'latest', logger: false, ...more };
}

function text(log: MemoryLog, name: string): string[] {
  return [...log.records(name)].map(({ key, value }) => `${key && Buffer.from(key)}=${value && Buffer.from(value)}`);
}

test('createJob names every stream without a handler', () => {
  const create = (handlers: object): Job => createJob<{ key: string; handlers: object }>(job.declaration, handlers);
  expect(() => create({})).toThrow(
    expect.objectContaining({
      code: 'JOB_HANDLER_MISSING',
      message: 'job count has no handler `orders`: each stream input and each timer needs a function of its name',
    }),
  );
  expect(() => create({ orders: 5 })).toThrow('no handler `orders`');
  expect(create({ orders() {} }).declaration).toBe(job.declaration);
});

describe('topics', () => {
  test('that are missing are all named', async () => {
    const log = memoryLog({ topics: { orders: 1 } });
    await expect(run(job, options(log))).rejects.toMatchObject({
      code: 'JOB_UNKNOWN_TOPIC',
      message:
        'there are no topics names, totals. Create them, let the job do it by `createTopics` (kgen run --create-topics), or map the names of this environment by `topics` (--topics)',
    });
    await expect(run(job, options(memoryLog({ topics: { orders: 1, names: 1 } })))).rejects.toMatchObject({
      topic: 'totals',
    });
  });

  test('are renamed by environment, by a map or a function', async () => {
    for (const topics of [
      { orders: 'prod.orders', totals: 'prod.totals' },
      (name: string) => (name === 'names' ? name : `prod.${name}`),
    ]) {
      const log = memoryLog({ topics: { 'prod.orders': 2, names: 2, 'prod.totals': 1 } });
      log.produce([{ ...orders.serializeValue(ann), topic: 'prod.orders' }]);
      await run(job, options(log, { topics }));
      expect(text(log, 'prod.totals')).toEqual(['ann={"customer":"ann","name":"","count":1,"sum":1}']);
    }
  });

  test('of inputs must be co-partitioned', async () => {
    const log = memoryLog({ topics: { orders: 4, names: 3, totals: 1 } });
    await expect(run(job, options(log))).rejects.toMatchObject({
      code: 'JOB_NOT_CO_PARTITIONED',
      message: expect.stringContaining('orders has 4, names has 3 partitions'),
    });
  });

  test('cannot be read by two inputs', async () => {
    const log = memoryLog({ topics: { orders: 1, totals: 1 } });
    await expect(run(job, options(log, { topics: { names: 'orders' } }))).rejects.toMatchObject({
      code: 'JOB_OPTIONS',
      message: 'inputs orders and names both read topic orders. Make one input of them',
    });
  });

  test('of one input may be several, or all that match a pattern', async () => {
    const declaration = { ...job.declaration, state: {}, outputs: {} };
    const several = topic({
      id: 'orders',
      names: ['orders-eu', 'orders-us'],
      key: utf8,
      value: orders.value,
      partitioner: murmur2,
    });
    const matching = topic({
      id: 'orders',
      pattern: /orders-../,
      key: utf8,
      value: orders.value,
      partitioner: murmur2,
    });
    for (const each of [several, matching]) {
      const seen: string[] = [];
      const inputs = { orders: { topic: each, as: 'stream', outOfOrderness: 0 } } as const;
      const handlers = {
        orders: (_: unknown, ctx: JobContext<string>) => void seen.push(`${ctx.record.topic} ${ctx.key}`),
      };
      const log = memoryLog({ topics: { 'orders-eu': 2, 'orders-us': 2, 'my-orders-eu': 5 } });
      log.produce([
        each.serialize('ann', ann, { topic: 'orders-eu' }),
        each.serialize('bob', ann, { topic: 'orders-us' }),
      ]);
      await run(createJob<{ key: string; handlers: object }>({ ...declaration, inputs }, handlers), options(log));
      expect(seen.sort()).toEqual(['orders-eu ann', 'orders-us bob']);
    }
    const none = { orders: { topic: matching, as: 'stream', outOfOrderness: 0 } } as const;
    const empty = createJob<{ key: string; handlers: object }>({ ...declaration, inputs: none }, { orders() {} });
    await expect(run(empty, options(memoryLog()))).rejects.toMatchObject({ code: 'JOB_UNKNOWN_TOPIC' });
  });

  test("that match a pattern are not the job's own changelog, nor Kafka's own topics", async () => {
    const all = topic({ id: 'all', pattern: /.*/, key: utf8, value: orders.value, partitioner: murmur2 });
    const { declaration } = job;
    const seen: string[] = [];
    const inputs = { orders: { topic: all, as: 'stream', outOfOrderness: 0 } } as const;
    const handlers = { orders: (_: unknown, ctx: JobContext<string>) => void seen.push(ctx.record.topic) };
    const greedy = createJob<{ key: string; handlers: object }>({ ...declaration, inputs, outputs: {} }, handlers);
    const log = memoryLog({ topics: { orders: 2, __consumer_offsets: 50 } });
    for (let i = 0; i < 2; i++) {
      log.produce([orders.serializeValue(ann)]);
      await run(greedy, options(log));
    }
    expect((await log.topics(['count-changelog'])).size).toBe(1);
    expect(seen).toEqual(['orders', 'orders']);
  });

  test('of an output are chosen by name, and an unknown one is refused', async () => {
    const many = topic({
      id: 'many',
      names: ['a', 'b'],
      key: utf8,
      value: int32,
      tombstones: true,
      partitioner: murmur2,
    });
    const keyed = topic({
      id: 'keyed',
      pattern: /a|b/,
      key: utf8,
      value: int32,
      keyFrom: String,
      partitioner: murmur2,
    });
    interface Context extends JobContext<string> {
      readonly emit: {
        readonly many: EmitKeyedTo<string, number | null, 'a' | 'b'>;
        readonly keyed: EmitValueTo<number, string>;
      };
    }
    const log = memoryLog({ topics: { orders: 1, a: 1, b: 1 } });
    log.produce([orders.serializeValue(ann)]);
    const errors: unknown[] = [];
    const handlers = {
      orders(_: unknown, { emit }: Context) {
        emit.many('x', 1, { topic: 'a' });
        emit.many('x', null, { topic: 'b' });
        emit.keyed(7, { topic: 'b' });
        for (const wrong of [() => emit.many('x', 1, { topic: 'c' as 'a' }), () => emit.keyed(1, undefined as never)]) {
          try {
            wrong();
          } catch (error) {
            errors.push(error);
          }
        }
      },
    };
    const inputs = { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } } as const;
    const declaration = { ...job.declaration, inputs, state: {}, outputs: { many, keyed } };
    await run(createJob<{ key: string; handlers: object }>(declaration, handlers), options(log));
    expect([...log.records('a')].map((record) => many.deserialize(record).value)).toEqual([1]);
    expect(
      [...log.records('b')].map((record) => many.deserialize(record)).map(({ key, value }) => [key, value]),
    ).toEqual([
      ['x', null],
      ['7', 7],
    ]);
    expect(errors).toMatchObject([
      { code: 'JOB_EMIT_TOPIC', message: 'output many has no topic c; it has a, b' },
      { code: 'JOB_EMIT_TOPIC', message: expect.stringContaining('name one of a, b in the option `topic`') },
    ]);
  });
});

test('a global table is whole in every task, whatever its partitions and its key', async () => {
  const rates = topic({ id: 'rates', names: ['rates'], key: int32, value: utf8, partitioner: murmur2 });
  const log = memoryLog({ topics: { orders: 3, rates: 2, totals: 1 } });
  log.produce([1, 2, 3].map((rate) => rates.serialize(rate, `rate ${rate}`)));
  log.produce(['ann', 'bob', 'cid', 'dot'].map((customer) => orders.serializeValue({ customer, amount: 2 })));
  const seen = new Set<unknown>();
  const declaration = {
    ...job.declaration,
    inputs: {
      orders: { topic: orders, as: 'stream', outOfOrderness: 0 },
      rates: { topic: rates, as: 'global-table', key: int32, outOfOrderness: 0 },
    },
  } as const;
  const handlers = {
    orders(order: { amount: number }, ctx: { tables: { rates: { get(key: number): string | undefined } } }) {
      seen.add(ctx.tables.rates.get(order.amount));
    },
  };
  const { metrics } = await run(createJob<{ key: string; handlers: object }>(declaration, handlers), options(log));
  expect([...seen]).toEqual(['rate 2']);
  expect(metrics).toMatchObject({ records: 4, tableRecords: 3 });
});

test('names of states, tables and outputs may be any', async () => {
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  log.produce([orders.serializeValue(ann)]);
  const state = Object.fromEntries(
    ['__proto__', 'constructor', 'call', 'then'].map((name) => [name, job.declaration.state['total']]),
  );
  const outputs = Object.fromEntries(['__proto__', 'toString'].map((name) => [name, totals]));
  const inputs = {
    orders: { topic: orders, as: 'stream', outOfOrderness: 0 },
    names: { topic: names, as: 'table', outOfOrderness: 0 },
  } as const;
  let seen: unknown;
  const handlers = {
    orders(_: unknown, ctx: Record<'state' | 'emit', Record<string, never>>) {
      for (const name of Object.keys(state))
        (ctx.state[name] as unknown as { set(value: object): void }).set({ count: name.length, sum: 0 });
      for (const name of Object.keys(outputs)) {
        (ctx.emit as unknown as Record<string, (value: object) => void>)[name]?.({
          customer: name,
          name: '',
          count: 0,
          sum: 0,
        });
      }
      seen = Object.keys(state).map((name) => (ctx.state[name] as unknown as { get(): { count: number } }).get().count);
    },
  };
  const declaration = { ...job.declaration, inputs, outputs, state: state as typeof job.declaration.state };
  await run(createJob<{ key: string; handlers: object }>(declaration, handlers), options(log));
  expect(seen).toEqual([9, 11, 4, 4]);
  expect([...log.records('totals')].length).toBe(2);
  expect(({} as { customer?: string }).customer).toBe(undefined);
});

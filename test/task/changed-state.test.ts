import { type Codec, type Job, type JobContext, run, type ValueState } from '@kgen/runtime';
import { createJob } from '@kgen/runtime/codegen/v1';
import { memoryLog } from '@kgen/runtime/memory';
import { expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { countJob, countOrder, orders } from './count-job.ts';
import { failure, freshLog, options, produce } from './count-runs.ts';

const job = countJob({ orders: countOrder });

/** A job whose state is a record of these fields; it sets the same value with each order. */
function jobWithState(fields: readonly object[], value: object): Job {
  const schema = JSON.stringify({ type: 'record', name: 'test.At', fields });
  const state = { at: { kind: 'value', value: interpretedCodec(schema) } } as const;
  return createJob<{ key: string; handlers: object }>(
    { ...job.declaration, state },
    {
      orders(_order: unknown, ctx: JobContext<string> & { state: { at: ValueState<object> } }) {
        ctx.state.at.set(ctx.state.at.get() ?? value);
      },
    },
  );
}

const at = (logicalType: string): object => ({ name: 'at', type: ['null', { type: 'long', logicalType }] });
const note = { name: 'note', type: 'string', default: '' };
const price = (precision: number): object => ({
  name: 'price',
  type: { type: 'bytes', logicalType: 'decimal', precision, scale: 2 },
});

test.each([
  ['alone', [at('timestamp-micros')], { at: 5n }],
  ['together with another change', [at('timestamp-micros'), note], { at: 5n, note: '' }],
])('state of a logical type that changed %s is not read as if it had not', async (_, fields, value) => {
  const before = jobWithState([at('timestamp-millis')], { at: new Date(5) });
  const log = freshLog(9);
  await run(before, options(log));
  produce(log, 5, 10);
  expect(await failure(run(jobWithState(fields, value), options(log)))).toMatchObject({
    code: 'JOB_CHANGELOG',
    message: expect.stringContaining(
      'values of state at would mean something else: at: the writer has timestamp-millis, the reader timestamp-micros',
    ),
  });
  await run(before, options(log));
});

test('decimals of more digits are read on', async () => {
  const log = freshLog(9);
  await run(jobWithState([price(4)], { price: '12.34' }), options(log));
  produce(log, 5, 10);
  await run(jobWithState([price(6)], { price: '1234.56' }), options(log));
});

test('two states of one older schema, but for logical types, are each read by its own', async () => {
  const plain = (name: string): object => ({ name, type: 'long' });
  const stamp = (name: string): object => ({ name, type: { type: 'long', logicalType: 'timestamp-millis' } });
  const seen: unknown[] = [];
  const twoStates = (more: readonly object[]): Job => {
    const of = (field: object): Codec<unknown> =>
      interpretedCodec(JSON.stringify({ type: 'record', name: 'test.At', fields: [field, ...more] }));
    return createJob<{ key: string; handlers: object }>(
      {
        ...job.declaration,
        state: { total: { kind: 'value', value: of(plain('at')) }, time: { kind: 'value', value: of(stamp('at')) } },
      },
      {
        orders(_order: unknown, ctx: JobContext<string> & { state: { [name: string]: ValueState<object> } }) {
          const { total, time } = ctx.state;
          seen.push(total?.get(), time?.get());
          if (more.length > 0) return;
          total?.set({ at: 7n });
          time?.set({ at: new Date(5) });
        },
      },
    );
  };
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  const order = orders.serializeValue({ customer: 'ann', amount: 1 });
  log.produce([order]);
  await run(twoStates([]), options(log));
  log.produce([order]);
  await run(twoStates([note]), options(log));
  expect(seen.slice(2)).toEqual([
    { at: 7n, note: '' },
    { at: new Date(5), note: '' },
  ]);
});

test('states of one Avro type, with different logical types or none, are there again after a restart', async () => {
  const plain = interpretedCodec('"long"');
  const millis = interpretedCodec({ type: 'long', logicalType: 'timestamp-millis' });
  const micros = interpretedCodec({ type: 'long', logicalType: 'timestamp-micros' });
  const seen: unknown[] = [];
  const twoStates = (total: Codec<unknown>, at: Codec<unknown>): Job =>
    createJob<{ key: string; handlers: object }>(
      { ...job.declaration, state: { total: { kind: 'value', value: total }, at: { kind: 'value', value: at } } },
      {
        orders(_order: unknown, ctx: JobContext<string> & { state: { [name: string]: ValueState<unknown> } }) {
          seen.push(ctx.state['at']?.get());
          ctx.state['total']?.set(1n);
          ctx.state['at']?.set(at === millis ? new Date(5) : 5n);
        },
      },
    );
  const log = memoryLog({ topics: { orders: 1, names: 1, totals: 1 } });
  const order = orders.serializeValue({ customer: 'ann', amount: 1 });
  log.produce([order]);
  await run(twoStates(plain, millis), options(log));
  log.produce([order]);
  await run(twoStates(plain, millis), options(log));
  expect(seen).toEqual([undefined, new Date(5)]);
  // Each has its own: a change of one is noticed still.
  log.produce([order]);
  for (const changed of [twoStates(plain, micros), twoStates(micros, millis)])
    expect(await failure(run(changed, options(log)))).toMatchObject({ code: 'JOB_CHANGELOG' });
});

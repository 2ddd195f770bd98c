import { drive } from '@kgen/runtime/testing';
import { expect, test } from 'vitest';
import { ID, NOTE, Order, order, orderJob, orderTopics, written } from '../registry/order-job.ts';
import { interpretedCodec } from '../support/interpreted-codec.ts';

const PLACE = { name: 'place', type: 'string' };
const registry = { urls: ['https://registry.example'], subjects: [['orders-value']] };
const topics = orderTopics({ orders: { id: 1, registry }, customers: { id: 2 }, copies: { id: 3, registry } });
const seen: Order[] = [];
const job = orderJob(topics, (value, ctx) => {
  seen.push(value);
  ctx.emit.copies(value);
});
const newer = interpretedCodec<object>(order(PLACE, ID, NOTE));
const ahead = written('orders', '5', 40, newer.encode({ place: 'Oslo', id: 5, note: 'b' }));

test('a producer that is ahead: its records are read by the schema that the driver was given', async () => {
  const driver = await drive(job, { schemas: { 40: order(PLACE, ID, NOTE) } });
  await driver.produce(ahead);
  await driver.produce(written('orders', '6', 1, Order.encode({ id: 6, note: 'c' })));
  expect(seen).toEqual([
    { id: 5, note: 'b' },
    { id: 6, note: 'c' },
  ]);
});

test('an id that nobody knows fails the job, which says what to do', async () => {
  const driver = await drive(job, { schemas: {} });
  const failed = driver.produce(ahead);
  await expect(failed).rejects.toMatchObject({ code: 'JOB_DECODE_FAILED', topic: 'orders', offset: 0n });
  await expect(failed).rejects.toThrow("schema id 40 is neither pulled nor among the driver's `schemas`");
});

test('an output whose schema has no id keeps the job from starting', async () => {
  const unregistered = orderTopics({ orders: { id: 1 }, customers: { id: 2 }, copies: { registry } });
  const started = drive(
    orderJob(unregistered, () => undefined),
    { schemas: {} },
  );
  await expect(started).rejects.toMatchObject({ code: 'JOB_REGISTRY_FAILED' });
  await expect(started).rejects.toThrow('not in what was pulled of orders-value. Register it');
});

test('bytes that are no record of the topic', async () => {
  const driver = await drive(job, { schemas: {} });
  const failed = driver.produce({ topic: 'orders', key: Buffer.from('a'), value: Uint8Array.of(0, 0) });
  await expect(failed).rejects.toMatchObject({ code: 'JOB_DECODE_FAILED' });
});

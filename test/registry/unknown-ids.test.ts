import { randomUUID } from 'node:crypto';
import { type JobLog, type Reader, type RegisteredPart, type RunResult, run, start } from '@kgen/runtime';
import { confluent, recordCodec } from '@kgen/runtime/codegen/v1';
import { type MemoryLog, memoryLog } from '@kgen/runtime/memory';
import { type RegistryClient, registryClient, schemaRegistry } from '@kgen/runtime/registry';
import { normalizedSchema, parseSchema } from '@kgen/runtime/schema';
import { expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { describeRegistry } from '../support/registry/server.ts';
import {
  Customer,
  customer,
  ID,
  NOTE,
  Order,
  type OrderTopics,
  order,
  orderJob,
  orderTopics,
  written,
} from './order-job.ts';

/** A registry takes its time where the machine is busy. */
const PATIENCE = { timeout: 20_000, interval: 5 };

const PLACE = { name: 'place', type: 'string' };

interface Options {
  readonly unknownSchema?: 'fetch' | 'fail';
  readonly concurrency?: number;
  readonly logger?: JobLog;
}

await describeRegistry('ids that a job does not know', (url) => {
  const client: RegistryClient = registryClient({ url });
  const subject = (): string => `orders-${randomUUID()}-value`;
  const freshLog = (): MemoryLog => memoryLog({ topics: { orders: 3, customers: 3, copies: 3 } });

  async function copied(
    log: MemoryLog,
    topics: OrderTopics,
    { unknownSchema, concurrency, logger }: Options = {},
  ): Promise<{ readonly result: RunResult; readonly seen: readonly unknown[] }> {
    const seen: unknown[] = [];
    const job = orderJob(
      topics,
      async (value, ctx) => {
        if (concurrency !== undefined) await null;
        seen.push({ ...value, customer: ctx.tables.customers.get()?.name });
      },
      concurrency,
    );
    const registry = schemaRegistry({ url, unknownSchema });
    const result = await run(job, {
      log,
      until: 'latest',
      registry,
      restart: { strategy: 'none' },
      logger: logger ?? false,
    });
    return { result, seen };
  }

  test.each([1, 4])('are asked for once, wherever they lie, and logged once (concurrency %i)', async (concurrency) => {
    const name = subject();
    const known = await client.register(name, { schema: order(ID, NOTE) });
    const newer = await client.register(name, { schema: order(PLACE, ID, NOTE) });
    const writer = interpretedCodec<object>(order(PLACE, ID, NOTE));
    const log = freshLog();
    log.produce(
      Array.from({ length: 30 }, (_, i) =>
        i % 2 === 0
          ? written('orders', `k${i}`, known, Order.encode({ id: i, note: 'a' }))
          : written('orders', `k${i}`, newer, writer.encode({ place: 'x', id: i, note: 'b' })),
      ),
    );
    const lines: object[] = [];
    const info = (fields: object): void => void lines.push(fields);
    const logger = { debug: () => undefined, info, warn: info, error: info };
    const { result, seen } = await copied(log, orderTopics({ orders: { id: known } }), { concurrency, logger });
    expect(seen).toHaveLength(30);
    expect(seen).toContainEqual({ id: 7, note: 'b', customer: undefined });
    expect(seen).toContainEqual({ id: 8, note: 'a', customer: undefined });
    expect(result.metrics).toMatchObject({ records: 30, schemasFetched: 1 });
    const fetched = lines.filter((fields) => 'label' in fields);
    expect(fetched).toEqual([
      expect.objectContaining({ id: newer, label: expect.stringContaining(`version 2 of ${name}`) }),
    ]);
  });

  test('with schemas of other subjects in them', async () => {
    const [places, name] = [subject(), subject()];
    await client.register(places, { schema: '{"type":"enum","name":"shop.Place","symbols":["HERE"]}' });
    const references = [{ name: 'shop.Place', subject: places, version: 1 }];
    const schema = order(ID, { name: 'place', type: 'shop.Place' });
    const id = await client.register(name, { schema, references });
    const log = freshLog();
    log.produce([written('orders', 'a', id, Uint8Array.of(14, 0))]);
    const { seen } = await copied(log, orderTopics({}));
    expect(seen).toEqual([{ id: 7, note: 'none', customer: undefined }]);
  });

  test('in tables, when the job starts', async () => {
    const name = subject();
    const own = await client.register(name, { schema: Customer.schema });
    const log = freshLog();
    log.produce([written('customers', 'a', own, Customer.encode({ name: 'Ann' }))]);
    const id = await client.register(subject(), { schema: Order.schema });
    log.produce([written('orders', 'a', id, Order.encode({ id: 1, note: '' }))]);
    const { result, seen } = await copied(log, orderTopics({ orders: { id } }));
    expect(seen).toEqual([{ id: 1, note: '', customer: 'Ann' }]);
    expect(result.metrics).toMatchObject({ tableRecords: 1, schemasFetched: 1 });
  });

  test('in tables, while the job runs', async () => {
    const name = subject();
    const own = await client.register(name, { schema: Customer.schema });
    const newer = await client.register(name, { schema: customer({ name: 'city', type: 'string', default: '' }) });
    const id = await client.register(subject(), { schema: Order.schema });
    const log = freshLog();
    const seen: unknown[] = [];
    const job = orderJob(orderTopics({ orders: { id }, customers: { id: own } }), (_, ctx) => {
      seen.push(ctx.tables.customers.get()?.name);
    });
    const running = start(job, { log, registry: schemaRegistry({ url }), logger: false });
    const send = async (): Promise<void> => {
      log.produce([written('orders', 'a', id, Order.encode({ id: 1, note: '' }))]);
      const before = seen.length;
      await expect.poll(() => seen.length > before, PATIENCE).toBe(true);
    };
    await send();
    const ann = interpretedCodec<object>(customer({ name: 'city', type: 'string', default: '' }));
    log.produce([written('customers', 'a', newer, ann.encode({ name: 'Ann', city: 'Oslo' }))]);
    await expect.poll(() => running.metrics().tableRecords === 1, PATIENCE).toBe(true);
    await send();
    await running.stop();
    expect(seen).toEqual([undefined, 'Ann']);
    expect(running.metrics().schemasFetched).toBe(1);
  });

  test('in another registry than the one that was pulled from, ids mean what they mean there', async () => {
    const one = await client.register(subject(), { schema: order(PLACE, ID) });
    const two = await client.register(subject(), { schema: order(ID, NOTE) });
    const log = freshLog();
    const writer = interpretedCodec<object>(order(PLACE, ID));
    log.produce([
      written('orders', 'a', one, writer.encode({ place: 'x', id: 5 })),
      written('orders', 'b', two, Order.encode({ id: 6, note: 'b' })),
    ]);
    // Where it was pulled, they were the other way round.
    const registry = { urls: ['https://staging.example'], subjects: [['orders-value']] };
    const topics = orderTopics({ orders: { id: one, writers: { [two]: order(PLACE, ID) }, registry } });
    const { result, seen } = await copied(log, topics);
    expect(seen).toEqual(
      expect.arrayContaining([
        { id: 5, note: 'none', customer: undefined },
        { id: 6, note: 'b', customer: undefined },
      ]),
    );
    expect(result.metrics.schemasFetched).toBe(2);
  });

  test('of a schema that is known under another id: its reader is the compiled one', async () => {
    const fields = { place: 'x', id: 5 };
    const id = await client.register(subject(), { schema: order(PLACE, ID) });
    let compiled = 0;
    const own = interpretedCodec<{ readonly id: number; readonly note: string }>(order(ID, NOTE));
    const read = (reader: Reader): { readonly id: number; readonly note: string } => {
      compiled++;
      return { id: interpretedCodec<{ id: number }>(order(PLACE, ID)).read(reader).id, note: 'compiled' };
    };
    const codec = recordCodec({
      schema: own.schema,
      read: (reader) => own.read(reader),
      write: (writer, value: { readonly id: number; readonly note: string }) => own.write(writer, value),
      writers: [{ schema: normalizedSchema(parseSchema(order(PLACE, ID))), read }],
    });
    const { orders, ...others } = orderTopics({});
    const registry = (): RegisteredPart => ({ urls: ['https://staging.example'], subjects: [['orders-value']] });
    const value = confluent(() => codec, { id: 1, writers: { 2: order(PLACE, ID) }, registry });
    const log = freshLog();
    const body = interpretedCodec<object>(order(PLACE, ID)).encode(fields);
    log.produce([written('orders', 'a', id, body), written('orders', 'b', id, body)]);
    const { seen } = await copied(log, { ...others, orders: { ...orders, value } });
    expect(seen).toEqual(Array.from({ length: 2 }, () => ({ id: 5, note: 'compiled', customer: undefined })));
    expect(compiled).toBe(2);
  });

  test('that no data can be read with', async () => {
    const [json, text] = [subject(), subject()];
    const response = await fetch(`${url}/subjects/${json}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        // A schema that others have registered too is theirs as well.
        schema: JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: json, type: 'object' }),
        schemaType: 'JSON',
      }),
    });
    const { id: jsonId } = (await response.json()) as { readonly id: number };
    const own = { name: text.replaceAll('-', '_'), type: 'string', default: '' };
    const textId = await client.register(text, { schema: order({ ...ID, type: 'string' }, own) });
    const failure = async (id: number, options?: Options): Promise<unknown> => {
      const log = freshLog();
      log.produce([written('orders', 'a', id, Uint8Array.of(2))]);
      return copied(log, orderTopics({}), options).catch((error: unknown) => error);
    };
    const place = { code: 'JOB_DECODE_FAILED', topic: 'orders', offset: 0n };
    expect(await failure(jsonId)).toMatchObject({
      ...place,
      message: expect.stringContaining(`schema ${jsonId}, version 1 of ${json}, is JSON, and not Avro`),
    });
    const unresolvable = await failure(textId);
    expect(unresolvable).toMatchObject(place);
    expect(String(unresolvable)).toContain(`schema ${textId}, version 1 of ${text}, cannot be read as shop.Order`);
    expect(String(unresolvable)).toMatch(/fields\[0\]|\bid\b: /);
    expect(String(await failure(1_999_999_999))).toContain(
      'schema id 1999999999 is not in the Schema Registry http://',
    );
    expect(String(await failure(textId, { unknownSchema: 'fail' }))).toContain(
      `schema id ${textId} is not known here. Run \`kgen pull\``,
    );
  });

  test('a known version that cannot be read is named', async () => {
    const log = freshLog();
    log.produce([written('orders', 'a', 3, Uint8Array.of(2))]);
    const unreadable = { 3: 'version 1 of orders-value: no data of this schema can be read as shop.Order' };
    const registry = { urls: [url], subjects: [['orders-value']], unreadable };
    await expect(copied(log, orderTopics({ orders: { id: 4, registry } }))).rejects.toMatchObject({
      message: expect.stringContaining('schema 3, version 1 of orders-value: no data of this schema can be read'),
    });
  });
});

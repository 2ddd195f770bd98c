import { run } from '@kgen/runtime';
import { memoryLog } from '@kgen/runtime/memory';
import { registryClient, schemaRegistry } from '@kgen/runtime/registry';
import { afterAll, expect, test } from 'vitest';
import { interpretedCodec } from '../support/interpreted-codec.ts';
import { type FakeAnswer, fakeRegistry, json, refusal } from './fake-registry.ts';
import { ID, NOTE, Order, order, orderJob, orderTopics, written } from './order-job.ts';

/*
 * Contexts as Confluent's registry has them (Schema Linking, "Schema contexts"): each counts ids of its own, and finds an id by
 * the query `subject`. The registry of the other tests has none.
 */

const PLACE = { name: 'place', type: 'string', default: '' };
const PRICE = { name: 'price', type: 'double', default: 0 };
const CONTEXT = ':.eu:';

/** One id, which is another schema in each context. */
const schemas: { readonly [context: string]: string } = {
  '': order(PLACE, ID, NOTE),
  [CONTEXT]: order(PRICE, ID, NOTE),
};

const answer: FakeAnswer = (request, response) => {
  const { pathname, searchParams } = new URL(request.path, 'http://registry');
  const context = searchParams.get('subject') ?? '';
  const schema = schemas[context];
  if (schema === undefined) return refusal(404, `no context ${context}`)(request, response);
  const found = pathname.endsWith('/versions') ? [{ subject: `${context}orders-value`, version: 7 }] : { schema };
  return json(found)(request, response);
};

const registry = await fakeRegistry(answer);
afterAll(() => registry.stop());

test('an unknown id is asked for in the context of the subjects of its topic', async () => {
  const infos: string[] = [];
  const logger = { debug: () => undefined, info: (fields: object) => void infos.push(JSON.stringify(fields)) };
  for (const [context, schema] of Object.entries(schemas)) {
    const topics = orderTopics({
      orders: { id: 1, registry: { urls: [registry.url], subjects: [[`${context}orders-value`]] } },
      customers: { id: 2 },
      copies: { id: 3 },
    });
    const log = memoryLog({ topics: { orders: 1, customers: 1, copies: 1 } });
    const value = interpretedCodec<object>(schema).encode({ place: 'a', price: 1, id: 5, note: 'b' });
    log.produce([written('orders', '5', 40, value), written('orders', '5', 1, Order.encode({ id: 6, note: 'c' }))]);
    const seen: unknown[] = [];
    const job = orderJob(topics, (each) => void seen.push(each));
    const quiet = { ...logger, warn: () => undefined, error: () => undefined };
    await run(job, { log, until: 'latest', logger: quiet, registry: schemaRegistry({ url: registry.url }) });
    expect(seen).toEqual([
      { id: 5, note: 'b' },
      { id: 6, note: 'c' },
    ]);
  }
  const asked = registry.requests.map(({ path }) => decodeURIComponent(path));
  expect(asked).toEqual([
    '/schemas/ids/40',
    '/schemas/ids/40/versions',
    `/schemas/ids/40?subject=${CONTEXT}`,
    `/schemas/ids/40/versions?subject=${CONTEXT}`,
  ]);
  expect(infos.join()).toContain(`version 7 of ${CONTEXT}orders-value`);
});

test('what a schema of a context refers to is in that context, if in no other one', async () => {
  const references = ['common', ':.us:other', ':.:plain'].map((subject) => ({ name: 'x', subject, version: 1 }));
  const referring = await fakeRegistry(json({ schema: '"string"', references }));
  const client = registryClient({ url: referring.url });
  const subjects = async (context: string): Promise<readonly string[] | undefined> =>
    (await client.schema(1, context))?.references.map(({ subject }) => subject);
  expect(await subjects(CONTEXT)).toEqual([':.eu:common', ':.us:other', ':.eu:plain']);
  expect(await subjects('')).toEqual(['common', ':.us:other', ':.:plain']);
  client.close();
  await referring.stop();
});

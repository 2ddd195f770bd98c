import { setTimeout as sleep } from 'node:timers/promises';
import { type JobLog, readDeadLetter, run, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { schemaRegistry } from '@kgen/runtime/registry';
import { afterAll, expect, test } from 'vitest';
import { type FakeAnswer, fakeRegistry, refusal } from '../registry/fake-registry.ts';
import { holding, Order, orderJob, orderTopics, written } from '../registry/order-job.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { produceRecords } from './chaos/orders.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };
const KNOWN = 1;
const NEWER = 2;
/** The shortest that brokers allow by default. */
const SESSION = 6000;

await describeKafka('a registry that is away', (brokers) => {
  const log: KafkaLog = kafkaLog({ brokers, group: { sessionTimeout: SESSION } });
  afterAll(() => log.close());

  async function topics(partitions: number): Promise<{ readonly [name: string]: string }> {
    const names = ['orders', 'customers', 'copies', 'dead'].map((name) => [name, unique(name)] as const);
    await log.createTopics(names.map(([, name]) => ({ name, partitions })));
    return Object.fromEntries(names);
  }

  /** Keys decide the partition. */
  async function send(
    topic: string,
    partitions: number,
    ...orders: readonly [key: string, id: number, schema: number][]
  ) {
    const records = orders.map(([key, id, schema]) => {
      const { value } = written('orders', key, schema, Order.encode({ id, note: '' }));
      return { topic, key: Buffer.from(key), value, timestamp: BigInt(Date.now()), headers: [] };
    });
    await produceRecords(log, { topic, partitions }, records as never);
  }

  test('for longer than a session lasts: other partitions go on, the instance stays in its group, and a stop ends', async () => {
    const names = await topics(2);
    const { orders = '' } = names;
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const answer: FakeAnswer = (request, response) => void opened.then(() => holding(request, response));
    const registry = await fakeRegistry(answer);
    const warnings: string[] = [];
    const ignored = (): void => undefined;
    const warn = (_: object, line: string): void => void warnings.push(line);
    const logger: JobLog = { debug: ignored, info: ignored, warn, error: warn };
    const seen: number[] = [];
    const job = orderJob(orderTopics({ orders: { id: KNOWN } }), ({ id }) => void seen.push(id));
    const options = { log, topics: names, group: unique('away'), logger };
    const asked = schemaRegistry({ url: registry.url, timeout: 120_000 });
    // a and d are in different partitions.
    await send(orders, 2, ['a', 1, KNOWN], ['a', 2, NEWER], ['d', 3, KNOWN]);
    const first = start(job, { ...options, registry: asked });
    await expect.poll(() => [...seen].sort(), PATIENCE).toEqual([1, 3]);
    await expect.poll(() => registry.requests.length, PATIENCE).toBe(1);
    await sleep(SESSION + 1000);
    await send(orders, 2, ['d', 4, KNOWN], ['a', 5, KNOWN]);
    await expect.poll(() => seen.includes(4), PATIENCE).toBe(true);
    expect(await first.stop()).toMatchObject({ reason: 'stopped', metrics: { records: 3, restarts: 0 } });
    expect(warnings).toEqual([]);

    const second = start(job, { ...options, registry: asked });
    await expect.poll(() => registry.requests.length, PATIENCE).toBe(2);
    open();
    await expect.poll(() => seen.length, PATIENCE).toBe(5);
    await second.stop();
    expect(seen.filter((id) => ![3, 4].includes(id))).toEqual([1, 2, 5]);
    await registry.stop();
  }, 120_000);

  test('its records are dead letters where the policy says so, and are read as soon as it is back', async () => {
    const names = await topics(1);
    const { orders = '', dead = '' } = names;
    const registry = await fakeRegistry(refusal(503, 'busy'), refusal(503, 'busy'), refusal(503, 'busy'), holding);
    const { declaration, handlers } = orderJob(orderTopics({ orders: { id: KNOWN } }), ({ id }) => void seen.push(id));
    const seen: number[] = [];
    await send(orders, 1, ['a', 1, KNOWN], ['a', 2, NEWER], ['a', 3, KNOWN], ['a', 4, NEWER], ['a', 5, NEWER]);
    const { metrics } = await run(
      { declaration: { ...declaration, onError: { decode: { deadLetter: 'dead' } } }, handlers },
      {
        log,
        topics: names,
        group: unique('away'),
        until: 'latest',
        registry: schemaRegistry({ url: registry.url, retries: 2 }),
        logger: false,
      },
    );
    expect(seen).toEqual([1, 3, 4, 5]);
    expect(metrics).toMatchObject({ records: 4, deadLetters: 1, restarts: 0, schemasFetched: 1 });
    const [line, ...more] = await java('TopicReader', brokers.join(), dead, 'read_committed');
    expect(more).toEqual([]);
    const record = JSON.parse(line ?? '');
    const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
    const letter = readDeadLetter({
      ...record,
      topic: dead,
      key: bytes(record.key),
      value: bytes(record.value),
      headers: record.headers.map(([name, value]: [string, string]) => [name, bytes(value)]),
    });
    expect(letter).toMatchObject({
      code: 'JOB_REGISTRY_FAILED',
      reason: `schema id 2 cannot be fetched: Schema Registry ${registry.url} answered 503 to /schemas/ids/2: busy`,
      origin: { topic: orders, partition: 0, offset: 1n },
    });
    expect(letter.value).toEqual(written('orders', 'a', NEWER, Order.encode({ id: 2, note: '' })).value);
    await registry.stop();
  }, 60_000);
});

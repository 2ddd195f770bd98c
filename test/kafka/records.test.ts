import {
  defineFormat,
  type EmitKeyed,
  type EmitTombstone,
  type EmitValue,
  type JobContext,
  type KeyedTopic,
  type RecordInfo,
  run,
} from '@kgen/runtime';
import { createJob, fixed, murmur2, ownFormat, sticky, topic, utf8 } from '@kgen/runtime/codegen/v1';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { type Order, orders as plainOrders } from '../task/count-job.ts';
import { captured } from '../task/pattern-job.ts';

const orders: KeyedTopic<string, Order, 'orders', null> = topic({
  ...plainOrders,
  names: ['orders'],
  tombstones: true,
});
const copies: KeyedTopic<string, Order, 'copies', null> = topic({ ...orders, id: 'copies', names: ['copies'] });

interface Context extends JobContext<string> {
  readonly emit: { readonly copies: EmitTombstone<string> & EmitValue<Order> };
}

await describeKafka('records', (brokers) => {
  let log: KafkaLog;
  beforeAll(() => {
    log = kafkaLog({ brokers });
  });
  afterAll(() => log?.close());

  /** A commit that is answered is decided, and seen soon. */
  async function decided(topic: string): Promise<void> {
    const isDecided = async (): Promise<boolean> =>
      (await log.bounds([{ topic, partition: 0 }])).every(({ stableEnd, end }) => stableEnd === end);
    await expect.poll(isDecided, { timeout: 10_000 }).toBe(true);
  }

  test("have all that the broker says of them, and Java's consumer sees all that is emitted: headers, times, tombstones", async () => {
    const topics = { orders: unique('orders'), copies: unique('copies') };
    const byBroker = { 'message.timestamp.type': 'LogAppendTime' };
    await log.createTopics([
      { name: topics.orders, partitions: 1, settings: byBroker },
      { name: topics.copies, partitions: 1 },
    ]);
    const now = Date.now();
    const feed = await log.producer(unique('feed'));
    const key = Buffer.from('ann');
    const bytes = Buffer.concat([key, Buffer.from('ann 7')]);
    const place = { topic: topics.orders, partition: 0, timestamp: 5, bytes, keyStart: 0, keyEnd: 3 };
    feed.append({ ...place, valueStart: 3, valueEnd: bytes.length, headers: [['trace', Uint8Array.of(1, 2)]] });
    feed.append({ ...place, valueStart: -1, valueEnd: -1, headers: [] });
    await feed.commit();
    feed.close();
    await decided(topics.orders);

    const seen: [Order | null, RecordInfo][] = [];
    const job = createJob<{ key: string; handlers: object }>(
      {
        name: 'copy',
        key: utf8,
        inputs: { orders: { topic: orders, as: 'stream', outOfOrderness: 0 } },
        outputs: { copies },
        state: {},
        guarantee: 'exactly-once',
        checkpointInterval: 100,
      },
      {
        orders(order: Order | null, ctx: Context) {
          seen.push([order, ctx.record]);
          const headers = [...ctx.record.headers, ['none', null] as const];
          if (order === null) ctx.emit.copies(ctx.key, null, { headers });
          else ctx.emit.copies(order, { headers, timestamp: BigInt(now) });
        },
      },
    );
    await run(job, { log, topics, group: unique('group'), until: 'latest', logger: false });

    expect(seen).toMatchObject([
      [
        { customer: 'ann', amount: 7 },
        { topic: topics.orders, partition: 0, offset: 0n, leaderEpoch: 0 },
      ],
      [null, { offset: 1n, headers: [] }],
    ]);
    for (const [, { timestamp, logTimestamp, timestampType }] of seen) {
      expect(timestampType).toBe('log-append-time');
      expect(logTimestamp).toBeGreaterThanOrEqual(BigInt(now));
      expect(timestamp).toBe(logTimestamp);
    }
    const lines = await java('TopicReader', brokers.join(), topics.copies, 'read_committed');
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    const common = { partition: 0, timestampType: 'CreateTime', key: hex('ann') };
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        ...common,
        timestamp: now,
        value: hex('ann 7'),
        headers: [
          ['trace', '0102'],
          ['none', null],
        ],
      },
      { ...common, timestamp: Number(seen[1]?.[1].timestamp), value: null, headers: [['none', null]] },
    ]);
  });

  test('are written where and when they are told: chosen partitions, times of events and of brokers', async () => {
    const topics = { orders: unique('orders'), placed: unique('placed'), dated: unique('dated') };
    await log.createTopics([
      { name: topics.orders, partitions: 1 },
      { name: topics.placed, partitions: 3 },
      { name: topics.dated, partitions: 1, settings: { 'message.timestamp.type': 'LogAppendTime' } },
    ]);
    const now = BigInt(Date.now());
    const feed = await log.producer(unique('feed'));
    const bytes = Buffer.from('ann7');
    const place = { topic: topics.orders, partition: 0, timestamp: Number(now) - 5000, headers: [] };
    feed.append({ ...place, bytes, keyStart: 0, keyEnd: 3, valueStart: 3, valueEnd: 4 });
    await feed.commit();
    feed.close();
    await decided(topics.orders);

    /** What a user would write: a number as text. */
    const digits = ownFormat(() =>
      defineFormat<number>({
        name: 'digits',
        decode: (bytes) => Number(Buffer.from(bytes)),
        encode: (value) => Buffer.from(String(value)),
      }),
    );
    const common = { key: utf8, value: digits } as const;
    const numbers = topic({ ...common, id: 'orders', names: ['orders'], partitioner: murmur2 });
    const placed = topic({ ...common, id: 'placed', names: ['placed'], partitioner: sticky });
    const dated = topic({ ...common, id: 'dated', names: ['dated'], partitioner: fixed, timestamps: 'broker' });
    interface Numbers extends JobContext<string> {
      readonly emit: { readonly placed: EmitKeyed<string, number>; readonly dated: EmitKeyed<string, number> };
    }
    const job = createJob<{ key: string; handlers: object }>(
      {
        name: 'place',
        key: utf8,
        inputs: { orders: { topic: numbers, as: 'stream', outOfOrderness: 0 } },
        outputs: { placed, dated },
        state: {},
        guarantee: 'exactly-once',
        checkpointInterval: 100,
      },
      {
        orders(value: number, ctx: Numbers) {
          ctx.emit.placed(ctx.key, value);
          ctx.emit.placed(ctx.key, value + 1, { partition: 2, timestamp: 'broker' });
          ctx.emit.placed(ctx.key, value + 2, { partition: 1, timestamp: now });
          ctx.emit.dated(ctx.key, value, { timestamp: 5n });
        },
      },
    );
    const options = { log, topics, group: unique('group'), until: 'latest' } as const;
    const lines: string[] = [];
    await run(job, { ...options, logger: captured(lines) });
    expect(lines.filter((line) => line.includes('message.timestamp.type'))).toEqual([]);
    // The other way round each topic is dated otherwise than it is declared.
    const turned = { ...topics, placed: topics.dated, dated: topics.placed };
    await run(job, { ...options, topics: turned, logger: captured(lines) });
    expect(lines.filter((line) => line.includes('message.timestamp.type'))).toEqual([
      expect.stringContaining(`${topics.dated} has message.timestamp.type=LogAppendTime. Let it be CreateTime`),
      expect.stringContaining(`${topics.placed} has message.timestamp.type=CreateTime. Let it be LogAppendTime`),
    ]);
    const read = async (name: string): Promise<readonly [number, string, number, string][]> => {
      const lines = await java('TopicReader', brokers.join(), name, 'read_committed');
      return lines
        .map((line) => JSON.parse(line))
        .map(({ partition, value, timestamp, timestampType }) => [
          partition,
          Buffer.from(value, 'hex').toString(),
          timestamp,
          timestampType,
        ]);
    };
    const late = expect.toSatisfy((time) => BigInt(time) >= now);
    expect((await read(topics.placed)).toSorted()).toEqual([
      [0, '7', Number(now) - 5000, 'CreateTime'],
      [1, '9', Number(now), 'CreateTime'],
      [2, '8', late, 'CreateTime'],
    ]);
    expect(await read(topics.dated)).toEqual([[0, '7', late, 'LogAppendTime']]);
  });
});

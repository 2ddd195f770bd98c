import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KafkaProducer } from '../../runtime/src/log/kafka/producer/kafka-producer.ts';
import { kafkaProducers } from '../../runtime/src/log/kafka/producer/open-producer.ts';
import type { ProducerOptions } from '../../runtime/src/log/kafka/producer/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type CuttingProxy, cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { joinAlone } from '../support/kafka/group-member.ts';
import { decidedOffset, decidedValues, outcome, valued } from '../support/kafka/producing.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
const ADD_PARTITIONS = 24;
const ADD_OFFSETS = 25;
const END_TXN = 26;
const TXN_OFFSET_COMMIT = 28;

await describeKafka('a producer of Kafka whose connections are cut', (brokers) => {
  let direct: KafkaTransport;
  let proxy: CuttingProxy;
  let transport: KafkaTransport;
  beforeAll(async () => {
    direct = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(() => direct?.close());
  beforeEach(async () => {
    proxy = await cuttingProxy(brokers[0] ?? '');
    transport = await KafkaTransport.connect({ brokers: [proxy.address] }, systemClock);
  });
  afterEach(async () => {
    await transport.close();
    await proxy.stop();
  });

  describe.each([1, 2] as const)('protocol %i', (protocol) => {
    const open = (id = unique('id'), options: ProducerOptions = {}): Promise<KafkaProducer> =>
      kafkaProducers(transport, { protocol, ...options }).transactional(id);

    const requests: readonly (readonly [string, number])[] = [
      ['Produce', PRODUCE],
      ['TxnOffsetCommit', TXN_OFFSET_COMMIT],
      ['EndTxn', END_TXN],
      ...(protocol === 1
        ? ([
            ['AddPartitionsToTxn', ADD_PARTITIONS],
            ['AddOffsetsToTxn', ADD_OFFSETS],
          ] as const)
        : []),
    ];

    test.each(
      requests.flatMap(([name, key]) =>
        (['before', 'after', 'late'] as const).map((fate) => [name, fate, key] as const),
      ),
    )('%s, cut %s: a commit is one, once, and the next is not disturbed by a late copy', async (_, fate, key) => {
      const topic = await newTopic(direct, 2);
      const group = unique('group');
      const member = await joinAlone(direct, group);
      const producer = await open();
      const transaction = async (round: number, end: 'commit' | 'abort'): Promise<void> => {
        for (const partition of [0, 1]) producer.append(valued(topic, partition, `${round}`));
        await producer.commitOffsets(member, [{ topic, partition: 0, offset: round, metadata: `m${round}` }]);
        await producer[end]();
      };
      await transaction(1, 'commit');
      const { epoch } = producer;
      proxy.cut(key, fate, 2);
      await transaction(2, 'commit');
      expect(proxy.left).toBe(0);
      // I14: whatever was written and has no answer is of an epoch that is over.
      expect(producer.epoch).toBeGreaterThan(epoch);
      producer.append(valued(topic, 0, '3'));
      await producer.flush();
      await proxy.release();
      await producer.abort();
      await transaction(4, 'commit');
      for (const partition of [0, 1])
        expect(await decidedValues(direct, { topic, partition })).toEqual(['1', '2', '4']);
      expect(await decidedOffset(direct, group, { topic, partition: 0 })).toEqual({ offset: 4, metadata: 'm4' });
    });

    test.each(
      requests.flatMap(([name, key]) =>
        (['before', 'after', 'late'] as const).map((fate) => [name, fate, key] as const),
      ),
    )('%s, cut %s for good: what is told is what is committed', async (name, fate, key) => {
      const topic = await newTopic(direct, 1);
      const group = unique('group');
      const member = await joinAlone(direct, group);
      const id = unique('id');
      const producer = await open(id, { patience: 400 });
      proxy.cut(key, fate, 1000);
      const said = await outcome(async () => {
        producer.append(valued(topic, 0, 'cut'));
        await producer.commitOffsets(member, [{ topic, partition: 0, offset: 1, metadata: '' }]);
        await producer.commit();
      });
      expect(proxy.left).toBeLessThan(1000);
      proxy.cut(key, 'before', 0);
      expect(said).toBe(name === 'EndTxn' ? 'unknown-outcome' : 'abortable');
      const values = async (): Promise<string[]> => decidedValues(direct, { topic, partition: 0 });
      if (said === 'abortable') {
        await producer.abort();
        await proxy.release();
        expect(await values()).toEqual([]);
        expect(await decidedOffset(direct, group, { topic, partition: 0 })).toBe(undefined);
        producer.append(valued(topic, 0, 'next'));
        await producer.commit();
        expect(await values()).toEqual(['next']);
        return;
      }
      // I5: the incarnation is over, and the next one reads what became of it.
      expect(await outcome(() => producer.append(valued(topic, 0, 'v')))).toBe('unknown-outcome');
      expect(await outcome(() => producer.commit())).toBe('unknown-outcome');
      expect(await outcome(() => producer.abort())).toBe('unknown-outcome');
      const next = await open(id);
      await proxy.release();
      const committed = fate === 'after' ? ['cut'] : [];
      expect(await values()).toEqual(committed);
      expect((await decidedOffset(direct, group, { topic, partition: 0 }))?.offset).toBe(committed.length || undefined);
      next.append(valued(topic, 0, 'next'));
      await next.commit();
      expect(await values()).toEqual([...committed, 'next']);
    });

    test('InitProducerId is repeated', async () => {
      for (const fate of ['before', 'after', 'late'] as const) {
        proxy.cut(INIT_PRODUCER_ID, fate);
        const id = unique('id');
        const producer = await open(id);
        const topic = await newTopic(direct);
        producer.append(valued(topic, 0, 'v'));
        await producer.commit();
        expect(await decidedValues(direct, { topic, partition: 0 })).toEqual(['v']);
      }
    });

    test('InitProducerId is not repeated for who is gone: it would fence a successor', async () => {
      proxy.cut(INIT_PRODUCER_ID, 'before', 1000);
      const id = unique('id');
      const death = new AbortController();
      const opening = outcome(() =>
        kafkaProducers(transport, { protocol }).transactional(id, { signal: death.signal }),
      );
      await expect.poll(() => proxy.left).toBeLessThan(999);
      death.abort();
      expect(await opening).toBe('fatal');
      // What was on its way is cut too: nothing is behind it.
      let left: number;
      do {
        ({ left } = proxy);
        await sleep(300);
      } while (proxy.left !== left);
      proxy.cut(INIT_PRODUCER_ID, 'before', 0);
      const topic = await newTopic(direct);
      const successor = await open(id);
      successor.append(valued(topic, 0, 'v'));
      await successor.commit();
      expect(await decidedValues(direct, { topic, partition: 0 })).toEqual(['v']);
    });

    test('many batches through many cuts: no loss, no duplicate, no reordering', async () => {
      const topic = await newTopic(direct, 3);
      const producer = await open(undefined, { batchSize: 2000 });
      const expected: string[][] = [[], [], []];
      let cuts = 0;
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 3000; i++) {
          const value = `${round} ${i} ${'x'.repeat(40)}`;
          await producer.append(valued(topic, i % 3, value));
          expected[i % 3]?.push(value);
          if (i % 300 !== 0) continue;
          if (proxy.left === 0) cuts++;
          proxy.cut(PRODUCE, cuts % 2 === 0 ? 'before' : 'after');
          await sleep(15);
        }
        await producer.commit();
      }
      expect(cuts).toBeGreaterThan(8);
      for (const partition of [0, 1, 2])
        expect(await decidedValues(direct, { topic, partition })).toEqual(expected[partition]);
    });

    test('an abort goes through cuts as well', async () => {
      const topic = await newTopic(direct);
      const producer = await open();
      for (const fate of ['before', 'after', 'late'] as const) {
        producer.append(valued(topic, 0, 'aborted'));
        await producer.flush();
        proxy.cut(END_TXN, fate, 2);
        await producer.abort();
        producer.append(valued(topic, 0, fate));
        await producer.flush();
        await proxy.release();
        await producer.commit();
      }
      expect(await decidedValues(direct, { topic, partition: 0 })).toEqual(['before', 'after', 'late']);
    });
  });
});

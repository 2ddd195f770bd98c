import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTransactions } from '../../runtime/src/log/kafka/admin/transactions.ts';
import type { KafkaProducer } from '../../runtime/src/log/kafka/producer/kafka-producer.ts';
import { kafkaProducers } from '../../runtime/src/log/kafka/producer/open-producer.ts';
import type { ProducerOptions } from '../../runtime/src/log/kafka/producer/options.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isRecordTooLarge } from '../../runtime/src/log/record-batch/too-large.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { joinAlone } from '../support/kafka/group-member.ts';
import { java } from '../support/kafka/java.ts';
import { decidedOffset, decidedValues, outcome, stableValues, valued } from '../support/kafka/producing.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

await describeKafka('a producer of Kafka', (brokers) => {
  let transport: KafkaTransport;
  beforeAll(async () => {
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(() => transport?.close());

  describe.each([1, 2] as const)('protocol %i', (protocol) => {
    const open = (id = unique('id'), options: ProducerOptions = {}): Promise<KafkaProducer> =>
      kafkaProducers(transport, { protocol, ...options }).transactional(id);

    test('Java sees what was committed, and nothing of what was aborted', async () => {
      const topic = await newTopic(transport, 2);
      const producer = await open();
      const bytes = Buffer.from('.keyvalue.');
      const headers = [
        ['h', Buffer.from('x')],
        ['none', null],
      ] as const;
      const place = { timestamp: 1234, bytes, keyStart: 1, keyEnd: 4, valueStart: 4, valueEnd: 9 };
      for (const commit of [true, false, true]) {
        expect(producer.append({ topic, partition: 0, headers, ...place })).toBe(undefined);
        producer.append({ topic, partition: 1, headers: [], ...place, keyStart: -1, valueStart: -1 });
        bytes.fill('#'); // They are the caller's again.
        if (!commit) await producer.flush();
        await (commit ? producer.commit() : producer.abort());
        bytes.write('.keyvalue.');
      }
      expect((await decidedValues(transport, { topic, partition: 0 })).length).toBe(2);
      const seen = (await java('TopicReader', brokers.join(), topic, 'read_committed')).map((line) => JSON.parse(line));
      const key = Buffer.from('key').toString('hex');
      const value = Buffer.from('value').toString('hex');
      const full = {
        timestamp: 1234,
        key,
        value,
        headers: [
          ['h', '78'],
          ['none', null],
        ],
      };
      expect(seen.filter(({ partition }) => partition === 0)).toMatchObject([
        { offset: 0, ...full },
        { offset: 4, ...full },
      ]);
      expect(seen.filter(({ partition }) => partition === 1)).toMatchObject([
        { key: null, value: null, headers: [] },
        { key: null, value: null, headers: [] },
      ]);
    });

    test('many records in many partitions come in order, each once, while others are committed and aborted', async () => {
      const topic = await newTopic(transport, 4);
      const producers = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, producer: await open() })));
      const expected: string[][] = [[], [], [], []];
      const padding = 'x'.repeat(100);
      await Promise.all(
        producers.map(async ({ name, producer }, which) => {
          for (let round = 0; round < 4; round++) {
            const commit = (round + which) % 3 !== 0;
            for (let i = 0; i < 4000; i++) {
              const value = `${name} ${round} ${i} ${padding}`;
              if (commit) expected[i % 4]?.push(value);
              await producer.append(valued(topic, i % 4, value));
            }
            await (commit ? producer.commit() : producer.abort());
          }
        }),
      );
      for (let partition = 0; partition < 4; partition++) {
        const seen = await decidedValues(transport, { topic, partition });
        for (const { name } of producers) {
          const own = (values: readonly string[] = []): string[] => values.filter((value) => value.startsWith(name));
          expect(own(seen)).toEqual(own(expected[partition]));
        }
        expect(seen.length).toBe(expected[partition]?.length);
      }
    });

    test('offsets count with the records, under the member and generation given', async () => {
      const topic = await newTopic(transport);
      const partition = { topic, partition: 0 };
      const group = unique('group');
      const member = await joinAlone(transport, group);
      const producer = await open();
      for (const [offset, commit] of [
        [5, true],
        [7, false],
      ] as const) {
        producer.append(valued(topic, 0, `at ${offset}`));
        await producer.commitOffsets(member, [{ ...partition, offset, metadata: `meta ${offset}` }]);
        await (commit ? producer.commit() : producer.abort());
      }
      expect(await decidedOffset(transport, group, partition)).toEqual({ offset: 5, metadata: 'meta 5' });
      expect(await decidedValues(transport, partition)).toEqual(['at 5']);
      // Without records.
      await producer.commitOffsets(member, [{ ...partition, offset: 9, metadata: '' }]);
      await producer.commit();
      expect(await decidedOffset(transport, group, partition)).toEqual({ offset: 9, metadata: '' });
    });

    test('an older generation must abort, and who is no member is fenced; the producer goes on (I4)', async () => {
      const topic = await newTopic(transport);
      const partition = { topic, partition: 0 };
      const group = unique('group');
      const old = await joinAlone(transport, group);
      const member = await joinAlone(transport, group, old.memberId);
      expect(member.generation).toBe(old.generation + 1);
      const producer = await open();
      const offsets = [{ ...partition, offset: 1, metadata: '' }];
      producer.append(valued(topic, 0, 'zombie'));
      expect(await outcome(() => producer.commitOffsets(old, offsets))).toBe('abortable');
      expect(await outcome(() => producer.commit())).toBe('abortable');
      expect(await outcome(() => producer.append(valued(topic, 0, 'zombie')))).toBe('abortable');
      await producer.abort();
      expect(await outcome(() => producer.commitOffsets({ ...member, memberId: 'nobody' }, offsets))).toBe('fenced');
      await producer.abort();
      producer.append(valued(topic, 0, 'alive'));
      await producer.commitOffsets(member, offsets);
      await producer.commit();
      expect(await decidedValues(transport, partition)).toEqual(['alive']);
      expect((await decidedOffset(transport, group, partition))?.offset).toBe(1);
    });

    test('one partition whose offset is refused stops the commit of all (I1)', async () => {
      const topic = await newTopic(transport, 2);
      const group = unique('group');
      const member = await joinAlone(transport, group);
      const producer = await open();
      producer.append(valued(topic, 0, 'v'));
      const offsets = [
        { topic, partition: 0, offset: 1, metadata: 'fine' },
        { topic, partition: 1, offset: 1, metadata: 'x'.repeat(5000) },
      ];
      expect(await outcome(() => producer.commitOffsets(member, offsets))).toBe('fatal');
      expect(await outcome(() => producer.commit())).toBe('fatal');
      await producer.abort();
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual([]);
      expect(await decidedOffset(transport, group, { topic, partition: 0 })).toBe(undefined);
      producer.append(valued(topic, 0, 'next'));
      await producer.commit();
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual(['next']);
    });

    test('a newer incarnation ends what the old one left open, and the old one can do nothing', async () => {
      const topic = await newTopic(transport);
      const id = unique('id');
      const ids = async (): Promise<string[]> =>
        (await openTransactions(transport, id, 5000)).map(({ transactionalId }) => transactionalId);
      const old = await open(id);
      old.append(valued(topic, 0, 'old'));
      await old.flush();
      expect(await ids()).toEqual([id]);
      const young = await open(id);
      expect(young.producerId).toBe(old.producerId);
      expect(young.epoch).toBeGreaterThan(old.epoch);
      expect(await ids()).toEqual([]);
      expect(await outcome(() => old.commit())).toBe('fenced');
      expect(await outcome(() => old.append(valued(topic, 0, 'old')))).toBe('fenced');
      expect(await outcome(() => old.abort())).toBe('fenced');
      young.append(valued(topic, 0, 'young'));
      await young.commit();
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual(['young']);
    });

    test('an old incarnation that has written nothing yet is fenced when it does', async () => {
      const topic = await newTopic(transport);
      const id = unique('id');
      const group = unique('group');
      const member = await joinAlone(transport, group);
      const [first, second] = [await open(id), await open(id)];
      await open(id);
      first.append(valued(topic, 0, 'old'));
      expect(await outcome(() => first.flush())).toBe('fenced');
      const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }];
      expect(await outcome(() => second.commitOffsets(member, offsets))).toBe('fenced');
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual([]);
    });

    test('a transaction that the broker gave up on is not committed', async () => {
      const topic = await newTopic(transport);
      const id = unique('id');
      const slow = await open(id, { transactionTimeout: 300 });
      slow.append(valued(topic, 0, 'slow'));
      await slow.flush();
      await expect.poll(() => openTransactions(transport, id, 5000), { timeout: 10_000 }).toEqual([]);
      expect(['fenced', 'unknown-outcome']).toContain(await outcome(() => slow.commit()));
      expect(await outcome(() => slow.append(valued(topic, 0, 'slow')))).not.toBe('fine');
      const next = await open(id);
      next.append(valued(topic, 0, 'next'));
      await next.commit();
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual(['next']);
    });

    test('large records go alone; too large ones are refused, and the transaction goes on', async () => {
      const topic = await newTopic(transport, 1, { 'max.message.bytes': '300000' });
      const producer = await open();
      producer.append(valued(topic, 0, 'small'));
      await producer.commit(); // by now the limit is known
      await expect
        .poll(() => {
          try {
            producer.append(valued(topic, 0, Buffer.alloc(400_000, 'x')));
            return 'taken';
          } catch (error) {
            return isRecordTooLarge(error) ? 'too large' : error;
          }
        })
        .toBe('too large');
      await producer.abort();
      producer.append(valued(topic, 0, 'before'));
      producer.append(valued(topic, 0, Buffer.alloc(290_000, 'x')));
      producer.append(valued(topic, 0, 'after'));
      await producer.commit();
      const values = await decidedValues(transport, { topic, partition: 0 });
      expect(values.map((value) => (value.length > 100 ? value.length : value))).toEqual([
        'small',
        'before',
        290_000,
        'after',
      ]);
    });

    test('what a topic refuses as too large fits when it comes again', async () => {
      const topic = await newTopic(transport, 1, { 'max.message.bytes': '20000' });
      const producer = await open();
      const write = (): void => {
        for (let i = 0; i < 1000; i++) producer.append(valued(topic, 0, `${i} ${'x'.repeat(100)}`));
      };
      write(); // before the limit is known
      expect(await outcome(() => producer.commit())).toBe('abortable');
      await producer.abort();
      write();
      await producer.commit();
      expect((await decidedValues(transport, { topic, partition: 0 })).length).toBe(1000);
    });

    test('compressed batches, and many of them, within bounded memory', async () => {
      const topic = await newTopic(transport, 2);
      const producer = await open(undefined, { compression: 'gzip', batchSize: 20_000, bufferSize: 100_000 });
      let waits = 0;
      for (let i = 0; i < 20_000; i++) {
        const pressure = producer.append(valued(topic, i % 2, `${i} ${'x'.repeat(30)}`));
        if (pressure === undefined) continue;
        waits++;
        await pressure;
      }
      await producer.commit();
      expect(waits).toBeGreaterThan(3);
      for (const partition of [0, 1]) {
        const values = await decidedValues(transport, { topic, partition });
        expect(values.map((value) => Number.parseInt(value, 10))).toEqual(
          Array.from({ length: 10_000 }, (_, i) => 2 * i + partition),
        );
      }
    });

    test('what is appended while a commit is under way is the next transaction', async () => {
      const topic = await newTopic(transport);
      const producer = await open();
      const padding = 'x'.repeat(1000);
      let commit: Promise<void> | undefined;
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 500; i++) producer.append(valued(topic, 0, `${round} ${i} ${padding}`));
        await commit;
        commit = producer.commit();
      }
      producer.append(valued(topic, 0, 'never'));
      await commit;
      await producer.flush();
      await expect
        .poll(async () => (await stableValues(transport, { topic, partition: 0 })).length, { timeout: 5000 })
        .toBe(3000);
      await producer.abort();
      const seen = (await decidedValues(transport, { topic, partition: 0 })).map((value) => value.split(' x')[0]);
      expect(seen).toEqual(Array.from({ length: 3000 }, (_, i) => `${Math.floor(i / 500)} ${i % 500}`));
    });

    test('missing topics and partitions fail; the producer goes on', async () => {
      const topic = await newTopic(transport);
      const producer = await open(undefined, { patience: 300 });
      expect(await outcome(() => producer.append(valued(topic, -1, 'v')))).toBe('fatal');
      producer.append(valued(topic, 1, 'v'));
      await expect(producer.commit()).rejects.toThrow(`topic ${topic} has no partition 1`);
      await producer.abort();
      producer.append(valued(unique('missing'), 0, 'v'));
      expect(await outcome(() => producer.commit())).toBe('abortable');
      await producer.abort();
      producer.append(valued(topic, 0, 'v'));
      await producer.commit();
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual(['v']);
    });

    test('empty transactions, closed producers and aborts of unsent records send nothing', async () => {
      const proxy = await cuttingProxy(brokers[0] ?? '');
      const through = await KafkaTransport.connect({ brokers: [proxy.address] }, systemClock);
      const topic = await newTopic(transport);
      const id = unique('id');
      const producer = await kafkaProducers(through, { protocol }).transactional(id);
      const { epoch } = producer;
      const before = proxy.seen.filter((key) => key !== 32).length;
      await producer.commit();
      await producer.abort();
      producer.append(valued(topic, 0, 'v'));
      await producer.abort();
      await producer.commit();
      producer.append(valued(topic, 0, 'v'));
      producer.close();
      expect(await outcome(() => producer.append(valued(topic, 0, 'v')))).toBe('fatal');
      expect(await outcome(() => producer.commit())).toBe('fatal');
      expect(proxy.seen.filter((key) => key !== 32).length).toBe(before);
      expect(producer.epoch).toBe(epoch);
      await through.close();
      await proxy.stop();
    });

    test('a producer that is closed leaves its transaction as it is', async () => {
      const topic = await newTopic(transport);
      const id = unique('id');
      const producer = await open(id);
      producer.append(valued(topic, 0, 'v'));
      await producer.flush();
      producer.close();
      expect((await openTransactions(transport, id, 5000)).length).toBe(1);
      await open(id);
      expect(await decidedValues(transport, { topic, partition: 0 })).toEqual([]);
    });
  });

  test('uses the second protocol where the cluster allows it', async () => {
    const producer = await kafkaProducers(transport).transactional(unique('id'));
    const topic = await newTopic(transport);
    const { epoch } = producer;
    producer.append(valued(topic, 0, 'v'));
    await producer.commit();
    expect(producer.epoch).toBe(epoch + 1);
  });
});

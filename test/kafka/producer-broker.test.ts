import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTransactions } from '../../runtime/src/log/kafka/admin/transactions.ts';
import { kafkaProducers } from '../../runtime/src/log/kafka/producer/open-producer.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { decidedValues, valued } from '../support/kafka/producing.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

await describeWithKafkaJars('a producer whose broker dies', () => {
  let broker: Broker;
  let transport: KafkaTransport;
  beforeAll(async () => {
    // A cluster that has not been upgraded to the second protocol of transactions.
    broker = await startBroker({ format: ['--feature', 'transaction.version=1'] });
    transport = await KafkaTransport.connect({ brokers: [broker.address], requestTimeout: 5000 }, systemClock);
  }, 60_000);
  afterAll(async () => {
    await transport?.close();
    await broker?.stop();
  });

  test('uses the first protocol where the cluster asks for it: one epoch for all transactions', async () => {
    const topic = await newTopic(transport);
    const producer = await kafkaProducers(transport).transactional(unique('id'));
    const { epoch } = producer;
    for (const value of ['1', '2']) {
      producer.append(valued(topic, 0, value));
      await producer.commit();
    }
    expect(producer.epoch).toBe(epoch);
    expect(await decidedValues(transport, { topic, partition: 0 })).toEqual(['1', '2']);
  });

  test.each(['before', 'while'] as const)(
    'goes on with its transaction when it is back: dead %s records are sent',
    async (dead) => {
      const topic = await newTopic(transport, 2);
      const id = unique('id');
      const producer = await kafkaProducers(transport, { batchSize: 1024, patience: 60_000 }).transactional(id);
      const write = (from: number, to: number): void => {
        for (let i = from; i < to; i++) producer.append(valued(topic, i % 2, `${i}`));
      };
      write(0, 1000);
      await producer.flush();
      expect((await openTransactions(transport, id, 5000)).length).toBe(1);
      if (dead === 'before') await broker.kill();
      write(1000, 3000);
      const flushed = producer.flush();
      if (dead === 'while') await broker.kill();
      await broker.start();
      await flushed;
      await producer.commit();
      for (const partition of [0, 1]) {
        expect(await decidedValues(transport, { topic, partition })).toEqual(
          Array.from({ length: 1500 }, (_, i) => `${2 * i + partition}`),
        );
      }
      const next = await kafkaProducers(transport).transactional(id);
      next.append(valued(topic, 0, 'next'));
      await next.commit();
      expect((await decidedValues(transport, { topic, partition: 0 })).at(-1)).toBe('next');
    },
    120_000,
  );
});

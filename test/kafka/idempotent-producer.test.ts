import { isLogError } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { expect, test } from 'vitest';
import { append, values } from '../log/harness.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';

await describeKafka('a producer without transactions', (brokers) => {
  test('says what was refused until it is reset, and goes on under another id then', async () => {
    const log = kafkaLog({ brokers });
    const topic = unique('small');
    await log.createTopics([{ name: topic, partitions: 2, settings: { 'max.message.bytes': '2000' } }]);
    const producer = await log.idempotentProducer();
    const { producerId } = producer;
    const kindOf = async (request: () => unknown): Promise<string> => {
      try {
        await request();
      } catch (error) {
        return isLogError(error) ? error.kind : String(error);
      }
      return 'fine';
    };
    // The first record of a topic goes out before its limit is known: the broker refuses it.
    const large = async (): Promise<void> => {
      append(producer, topic, 0, 'k', 'x'.repeat(5000));
      append(producer, topic, 1, 'k', 'beside it');
      await producer.flush();
    };
    expect(await kindOf(large)).toBe('abortable');
    expect(await kindOf(() => append(producer, topic, 1, 'k', 'too early'))).toBe('abortable');
    expect(await kindOf(() => producer.flush())).toBe('abortable');
    await producer.reset();
    await producer.reset();
    append(producer, topic, 0, 'k', 'again');
    append(producer, topic, 1, 'k', 'again');
    await producer.flush();
    expect(await values(log, topic)).toEqual(['again']);
    expect((await values(log, topic, 1)).at(-1)).toBe('again');
    expect([producer.producerId > producerId, await kindOf(() => producer.flush())]).toEqual([true, 'fine']);
    producer.close();
    expect(await kindOf(() => producer.flush())).toBe('fatal');
    await log.close();
  }, 30_000);

  test('sends what was appended without being asked to, and much of it in order', async () => {
    const log = kafkaLog({ brokers, producer: { batchSize: 2000, bufferSize: 20_000 } });
    const topic = unique('many');
    await log.createTopics([{ name: topic, partitions: 1 }]);
    const producer = await log.idempotentProducer();
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.from(String(i));
      const place = { keyStart: -1, keyEnd: -1, valueStart: 0, valueEnd: bytes.length };
      await producer.append({ topic, partition: 0, timestamp: 1, headers: [], bytes, ...place });
    }
    await expect
      .poll(async () => (await log.bounds([{ topic, partition: 0 }]))[0]?.stableEnd, { timeout: 20_000 })
      .toBe(5000);
    expect(await values(log, topic)).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)));
    producer.close();
    await log.close();
  }, 30_000);
});

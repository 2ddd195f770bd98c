import { isJobError, type Log, type RunOptions, run } from '@kgen/runtime';
import { type KafkaLog, kafkaLog, type ProducerOptions, producerProblems } from '@kgen/runtime/kafka';
import { memoryLog } from '@kgen/runtime/memory';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaIdempotentProducer } from '../../runtime/src/log/kafka/producer/kafka-idempotent-producer.ts';
import { KafkaProducer } from '../../runtime/src/log/kafka/producer/kafka-producer.ts';
import { producerSettings } from '../../runtime/src/log/kafka/producer/options.ts';
import { TopicLimits } from '../../runtime/src/log/kafka/producer/topic-limits.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { cuttingProxy } from '../support/kafka/cutting-proxy.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { valued } from '../support/kafka/producing.ts';
import { unique } from '../support/kafka/requests.ts';
import { countJob } from '../task/count-job.ts';

const textOf = (options: object): readonly string[] =>
  producerProblems(options).map(({ option, reason, hint }) => `${option}: ${reason}. ${hint}`);

describe('options of a producer', () => {
  test('are fine as they are, and at their limits', () => {
    expect(textOf({})).toEqual([]);
    const least: ProducerOptions = {
      acks: 1,
      linger: 0,
      retries: 0,
      maxInFlight: 1,
      batchSize: 1024,
      bufferSize: 1024,
    };
    expect(textOf(least)).toEqual([]);
    expect(textOf({ acks: 'all', compression: 'lz4', retries: Number.POSITIVE_INFINITY, maxInFlight: 5 })).toEqual([]);
    expect(textOf({ acks: undefined, linger: undefined })).toEqual([]);
  });

  test('are told apart from what is none, all at once', () => {
    expect(textOf({ acks: 0, compression: 'brotli', maxInFlight: 6, retries: -1, batchBytes: 5 })).toEqual([
      "acks: 0 is not one of its values: without an answer, a job would commit offsets of what may never arrive. Use 'all', 1",
      "compression: 'brotli' is not one of its values. Use 'gzip', 'snappy', 'lz4', 'zstd'",
      'maxInFlight: 6 is not a whole number of requests from 1 to 5, since a broker knows no more batches of a producer again that come twice. Give one from 1 to 5',
      'retries: -1 is not a whole number of times 0 or more, or Infinity. Give one 0 or more, or Infinity',
      expect.stringMatching(/^batchBytes: there is no such option\. The options are acks, .*batchSize/),
    ]);
  });

  test('may contradict each other: the numbers are said, and what to change', () => {
    expect(textOf({ batchSize: 100_000, bufferSize: 50_000, patience: 20_000, linger: 6000 })).toEqual([
      'bufferSize: 50000 bytes may wait, and a batch of batchSize has 100000: none would ever be full. ' +
        'Raise bufferSize to several times 100000, or lower batchSize',
      'patience: batches are given up after 20000 ms, and one answer may take 21000 ms: 15000 of requestTimeout, 6000 of linger. ' +
        'Raise patience to 21000 or more, or lower the others',
    ]);
  });

  test('are refused when the log is made', () => {
    const wrong = { acks: 2, linger: -1 } as unknown as ProducerOptions;
    expect(() => kafkaLog({ brokers: ['localhost:1'], producer: wrong })).toThrow(
      expect.objectContaining({
        code: 'LOG',
        kind: 'fatal',
        message: expect.stringMatching(/producer\.acks: .*\. producer\.linger: /),
      }),
    );
  });
});

describe('acks 1', () => {
  const log: Log = { ...memoryLog({ topics: { orders: 1, names: 1, totals: 1 } }), limits: undefined };
  const limits = { transactionTimeout: 60_000, rebalanceTimeout: 60_000, acks: 1 } as const;
  const options = (guarantee: RunOptions['guarantee']): RunOptions => ({
    log: { ...log, limits },
    guarantee,
    until: 'latest',
    logger: false,
  });
  const job = countJob({ orders: () => undefined });

  test.each(['exactly-once', 'at-least-once'] as const)('contradicts %s: the job does not start', async (guarantee) => {
    const error: unknown = await run(job, options(guarantee)).catch((error: unknown) => error);
    expect(isJobError(error, 'JOB_OPTIONS')).toBe(true);
    expect(String(error)).toContain(`acks 1, and the guarantee is '${guarantee}'`);
    expect(String(error)).toContain("Set producer.acks to 'all'");
  });

  test('will do where nothing is promised', async () => {
    expect(await run(job, options('none'))).toMatchObject({ reason: 'done' });
  });
});

await describeKafka('a producer with options', (brokers) => {
  let log: KafkaLog;
  let transport: KafkaTransport;
  beforeAll(async () => {
    log = kafkaLog({ brokers });
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterAll(async () => {
    await log?.close();
    await transport?.close();
  });

  async function newTopic(): Promise<string> {
    const topic = unique('topic');
    // The records of these tests are old.
    await log.createTopics([{ name: topic, partitions: 1, settings: { 'retention.ms': '-1' } }]);
    return topic;
  }

  const opened = async (options: ProducerOptions): Promise<KafkaLog> => {
    const own = kafkaLog({ brokers, producer: options });
    logs.push(own);
    return own;
  };
  const logs: KafkaLog[] = [];
  afterAll(() => Promise.all(logs.map((each) => each.close())));

  const end = async (topic: string): Promise<number> => (await log.bounds([{ topic, partition: 0 }]))[0]?.end ?? -1;
  const values = async (topic: string): Promise<readonly string[]> =>
    (await java('TopicReader', brokers.join(), topic, 'read_committed'))
      .map((line) => JSON.parse(line))
      .map(({ value }) => Buffer.from(value, 'hex').toString());

  test('sends what lingers before the transaction ends; without, it waits for that', async () => {
    const [lingering, waiting] = [await newTopic(), await newTopic()];
    const [soon, late] = await Promise.all(
      [await opened({ linger: 1 }), await opened({})].map((each) => each.producer(unique('id'))),
    );
    soon?.append(valued(lingering, 0, 'a'));
    late?.append(valued(waiting, 0, 'a'));
    await expect.poll(() => end(lingering), { timeout: 10_000 }).toBe(1);
    expect(await end(waiting)).toBe(0);
    soon?.append(valued(lingering, 0, 'b'));
    await expect.poll(() => end(lingering), { timeout: 10_000 }).toBe(2);
    await Promise.all([soon?.commit(), late?.commit()]);
    expect([await values(lingering), await values(waiting)]).toEqual([['a', 'b'], ['a']]);
  });

  test('keeps order with one request at a time', async () => {
    const topic = await newTopic();
    const producer = await (await opened({ maxInFlight: 1, batchSize: 1024 })).producer(unique('id'));
    const sent = Array.from({ length: 300 }, (_, i) => `${i}`.padStart(50, '.'));
    for (const value of sent) await producer.append(valued(topic, 0, value));
    await producer.commit();
    expect(await values(topic)).toEqual(sent);
  });

  test('gives up after so many retries, long before its patience ends', async () => {
    const topic = await newTopic();
    const proxy = await cuttingProxy(brokers[0] ?? '');
    const own = kafkaLog({ brokers: [proxy.address], producer: { retries: 2, patience: 600_000 } });
    try {
      const producer = await own.producer(unique('id'));
      // NOT_ENOUGH_REPLICAS
      proxy.refuse(19, 1000);
      producer.append(valued(topic, 0, 'a'));
      await expect(producer.commit()).rejects.toMatchObject({
        kind: 'abortable',
        message: expect.stringContaining(', and so 3 times'),
      });
      expect(proxy.left).toBe(997);
      proxy.refuse(0, 0);
      await producer.abort();
    } finally {
      await own.close();
      await proxy.stop();
    }
  });

  test("writes with acks 1 outside of transactions: Java's consumer reads it", async () => {
    const topic = await newTopic();
    const producer = await (await opened({ acks: 1 })).idempotentProducer();
    expect(producer.producerId).toBe(-1);
    for (const value of ['a', 'b']) {
      producer.append(valued(topic, 0, value));
      await producer.flush();
    }
    expect(await values(topic)).toEqual(['a', 'b']);
    producer.close();
  });

  describe('a codec that throws', () => {
    const limits = (): TopicLimits =>
      new TopicLimits(transport, {
        batchBytes: 1024,
        compression: {
          id: 1,
          codec: {
            decompress: (bytes) => bytes,
            compress() {
              throw new RangeError('out of memory');
            },
          },
        },
      });
    const settings = producerSettings({});
    const failure = {
      kind: 'fatal',
      message: expect.stringMatching(/a record batch for topic-.*-0 cannot be made: out of memory/),
      cause: expect.objectContaining({ name: 'RangeError' }),
    };

    test('fails the transaction, whoever asked for the batch; and the next one too', async () => {
      const topic = await newTopic();
      const producer = await KafkaProducer.open({
        transport,
        transactionalId: unique('id'),
        settings,
        limits: limits(),
      });
      for (let round = 0; round < 2; round++) {
        producer.append(valued(topic, 0, 'a'));
        // Its leader is not known yet: the batch is made when nobody waits for it.
        await expect(producer.commit()).rejects.toMatchObject(failure);
        expect(() => producer.append(valued(topic, 0, 'b'))).toThrow(expect.objectContaining(failure));
        await producer.abort();
      }
      expect(await end(topic)).toBe(0);
      producer.close();
    });

    test('fails what is written outside of transactions', async () => {
      const topic = await newTopic();
      const producer = await KafkaIdempotentProducer.open({ transport, settings, limits: limits() });
      producer.append(valued(topic, 0, 'a'));
      await expect(producer.flush()).rejects.toMatchObject(failure);
      producer.close();
    });
  });
});

import { type Job, run } from '@kgen/runtime';
import { type KafkaLogOptions, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { copyJob } from '../task/copy-job.ts';

await describeWithKafkaJars('limits of brokers', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({
      properties: { 'transaction.max.timeout.ms': '90000', 'group.max.session.timeout.ms': '20000' },
    });
  }, 60_000);
  afterAll(() => broker?.stop());

  async function failing(options: Partial<KafkaLogOptions>, job: Job = copyJob()): Promise<void> {
    const log = kafkaLog({ brokers: [broker.address], ...options });
    const topics = { words: unique('words'), copies: unique('copies') };
    const group = unique('group');
    try {
      await run(job, { log, topics, group, createTopics: { partitions: 1 }, until: 'latest', logger: false });
    } finally {
      await log.close();
    }
  }

  test('a transaction timeout that is too long is said with the broker’s number, at once', async () => {
    await expect(failing({ producer: { transactionTimeout: 120_000 } })).rejects.toMatchObject({
      code: 'JOB_LOG_FAILED',
      message: expect.stringContaining(
        'transactionTimeout is 120000 ms, and broker 1 does not take that: it has transaction.max.timeout.ms=90000',
      ),
    });
  });

  test('a session timeout that is too long is said with the broker’s numbers', async () => {
    await expect(failing({ group: { sessionTimeout: 30_000 } })).rejects.toMatchObject({
      code: 'JOB_LOG_FAILED',
      message: expect.stringMatching(
        /sessionTimeout is 30000 ms.* group\.min\.session\.timeout\.ms=1000, group\.max\.session\.timeout\.ms=20000/,
      ),
    });
  });

  test('those that the broker takes do', async () => {
    await failing({ producer: { transactionTimeout: 90_000 }, group: { sessionTimeout: 20_000 } });
  });
});

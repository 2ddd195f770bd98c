import { start } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { copyJob } from '../task/copy-job.ts';
import { captured } from '../task/pattern-job.ts';

await describeWithKafkaJars('a Kafka that is away', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  }, 60_000);
  afterAll(() => broker?.stop());

  test('is said by a job that has nothing to do, and so is that it is back: killed, or just not answering', async () => {
    const log = kafkaLog({ brokers: [broker.address] });
    await log.createTopics(['words', 'copies'].map((name) => ({ name, partitions: 1 })));
    const lines: string[] = [];
    const job = start(copyJob(), { log, logger: captured(lines) });
    const soon = { timeout: 40_000, interval: 100 };
    const said =
      (what: string): (() => number) =>
      () =>
        lines.filter((line) => line.includes(what)).length;
    await expect.poll(() => lines, soon).toContain('tasks taken on');
    await broker.kill();
    await expect.poll(said('the log has not answered for'), soon).toBe(1);
    await broker.start();
    await expect.poll(said('the log answers again'), soon).toBe(1);
    broker.freeze();
    await expect.poll(said('the log has not answered for'), soon).toBe(2);
    broker.thaw();
    await expect.poll(said('the log answers again'), soon).toBe(2);
    await job.stop();
    await log.close();
  }, 180_000);
});

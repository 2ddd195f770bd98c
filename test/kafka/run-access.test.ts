import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../cli/harness.ts';
import { jobProject, KgenRun } from '../run/project.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';

const PASSWORD = 'correct-horse-battery';

await describeWithKafkaJars('kgen run with credentials', () => {
  let broker: Broker;
  let project: Sandbox;
  beforeAll(async () => {
    const module = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    broker = await startBroker({
      listeners: ['SASL_PLAINTEXT'],
      properties: {
        'listener.name.sasl_plaintext.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
        'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': module,
      },
      format: ['--add-scram', `SCRAM-SHA-512=[name=lines,password=${PASSWORD}]`],
    });
    project = await jobProject();
    const log = kafkaLog({ brokers: [broker.address] });
    await log.createTopics(['lines', 'copies'].map((name) => ({ name, partitions: 1 })));
    await log.close();
  }, 90_000);
  afterAll(() => broker?.stop());

  function run(env: { readonly [name: string]: string }, threads = '1'): KgenRun {
    const kafka = {
      KAFKA_BROKERS: broker.addresses['SASL_PLAINTEXT'] ?? '',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'lines',
    };
    return new KgenRun(project, ['copy-lines', '--until', 'latest', '--threads', threads], { ...kafka, ...env });
  }

  test.each(['1', '2'])('it runs with those of the environment, on %s threads', async (threads) => {
    const good = run({ KAFKA_SASL_PASSWORD: PASSWORD }, threads);
    expect(await good.ended, good.said).toBe(0);
    expect(good.said).toContain('job done');
    expect(good.said).not.toContain(PASSWORD);
  });

  test('wrong ones are said at once, with code 1, and shown nowhere', async () => {
    const wrong = run({ KAFKA_SASL_PASSWORD: 'tr0ub4dor' });
    expect(await wrong.ended, wrong.said).toBe(1);
    expect(wrong.lines).toMatchObject([
      {
        level: 50,
        msg: 'job failed',
        err: {
          code: 'JOB_LOG_FAILED',
          message: expect.stringContaining('Kafka refuses the connection: cannot authenticate'),
        },
      },
    ]);
    expect(wrong.said).not.toContain('tr0ub4dor');
  });

  test('none, where the broker wants some, are said with what sets them', async () => {
    const none = run({ KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '' });
    expect(await none.ended, none.said).toBe(1);
    expect(none.lines.at(-1)).toMatchObject({
      err: { code: 'JOB_LOG_FAILED', message: expect.stringMatching(/demand SASL\?\)\. .*KAFKA_SASL_MECHANISM/) },
    });
  });
});

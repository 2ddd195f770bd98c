import { run } from '@kgen/runtime';
import { kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, expect, test } from 'vitest';
import { abortCommand } from '../../runtime/src/log/tool-command.ts';
import { cartJob } from '../savepoint/cart-job.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { javaClass } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';

/** What Kafka's scripts start. */
const CLASSES: { readonly [script: string]: string } = {
  'kafka-configs.sh': 'kafka.admin.ConfigCommand',
  'kafka-transactions.sh': 'org.apache.kafka.tools.TransactionsCommand',
};

/** Runs a command as whoever pastes it does. */
async function paste(command: string): Promise<void> {
  const [script = '', ...args] = command.split(' ');
  await javaClass(CLASSES[script] ?? script, ...args);
}

await describeKafka('commands that messages tell', (brokers) => {
  const log = kafkaLog({ brokers });
  afterAll(() => log.close());

  test('mend a changelog that would lose state', async () => {
    const [group, orders, totals] = [unique('carts'), unique('orders'), unique('totals')];
    await log.createTopics([orders, totals, `${group}-changelog`].map((name) => ({ name, partitions: 1 })));
    const options = { log, group, topics: { orders, totals }, until: 'latest', logger: false } as const;
    const refused = await run(cartJob(), options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'JOB_CHANGELOG' });
    const [, command = ''] = /\((kafka-configs\.sh [^)]*)\)/.exec(String(refused)) ?? [];
    await paste(command);
    await expect
      .poll(async () => (await log.topicSettings(`${group}-changelog`)).compacted, { timeout: 10_000 })
      .toBe(true);
    expect((await run(cartJob(), options)).reason).toBe('done');
  }, 60_000);

  test('end a transaction that holds readers back', async () => {
    const topic = unique('held');
    await log.createTopics([{ name: topic, partitions: 1 }]);
    const producer = await log.producer(unique('stranger'));
    const bytes = Buffer.from('held');
    const place = { keyStart: -1, keyEnd: -1, valueStart: 0, valueEnd: bytes.length };
    void producer.append({ topic, partition: 0, timestamp: Date.now(), bytes, ...place, headers: [] });
    await producer.flush();
    const [open] = await log.undecided([{ topic, partition: 0 }]);
    if (open === undefined) throw new Error('nothing is open');
    await paste(abortCommand(log, open));
    await expect.poll(() => log.undecided([open]), { timeout: 10_000 }).toEqual([]);
    producer.close();
  }, 60_000);
});

import { isJobError, type JobError, run, start } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { record } from '../log/harness.ts';
import { type Broker, startBroker } from '../support/kafka/broker.ts';
import { describeWithKafkaJars } from '../support/kafka/describe-kafka.ts';
import { javaClass } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { copyJob } from '../task/copy-job.ts';
import { countJob, countOrder } from '../task/count-job.ts';
import { captured, patternJob } from '../task/pattern-job.ts';
import { manyOrders, produceOrders } from './chaos/orders.ts';

const PASSWORD = 'correct-horse-battery';

await describeWithKafkaJars('access control', () => {
  let broker: Broker;
  let admin: KafkaLog;
  beforeAll(async () => {
    const users = ['nobody', 'half', 'jobs', 'patterns'].map((name) => `user_${name}="${PASSWORD}"`).join(' ');
    broker = await startBroker({
      listeners: ['SASL_PLAINTEXT'],
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'listener.name.sasl_plaintext.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
      },
    });
    admin = kafkaLog({ brokers: [broker.address] });
  }, 60_000);
  afterAll(async () => {
    await admin?.close();
    await broker?.stop();
  });

  const opened: KafkaLog[] = [];
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
  });
  function logOf(username: string): KafkaLog {
    const sasl = { mechanism: 'plain', username, password: PASSWORD } as const;
    const log = kafkaLog({ brokers: [broker.addresses['SASL_PLAINTEXT'] ?? ''], sasl });
    opened.push(log);
    return log;
  }

  async function failure(promise: Promise<unknown>): Promise<JobError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isJobError(error)) throw new Error(`no JobError: ${error}`);
    return error;
  }

  /** What is granted counts a moment after it is answered: the broker hears of it from the controller. */
  const soon = { timeout: 20_000, interval: 100 };

  /** Runs the commands that an error gives, as whoever administers the broker. */
  async function grant({ message }: JobError): Promise<void> {
    for (const [, line = ''] of message.matchAll(/^ +kafka-acls\.sh (.*)$/gm)) {
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      await javaClass(
        'org.apache.kafka.tools.AclCommand',
        ...words.map((word) => (word.includes(':9') || /^127/.test(word) ? broker.address : word)),
      );
    }
  }

  /** Of user `patterns`, on all topics whose names begin so. */
  async function acl(operation: 'Describe' | 'Read', topic: string): Promise<void> {
    const who = ['--add', '--allow-principal', 'User:patterns', '--operation', operation];
    const what = ['--resource-pattern-type', 'prefixed', '--topic', topic];
    await javaClass('org.apache.kafka.tools.AclCommand', '--bootstrap-server', broker.address, ...who, ...what);
  }

  async function produceWords(topic: string, words: readonly string[]): Promise<void> {
    const records = words.map((word) => ({ topic, ...record('k', word), partition: 0 }));
    const producer = await admin.idempotentProducer();
    for (const each of records) await producer.append(each);
    await producer.flush();
    producer.close();
  }

  async function names(): Promise<{ readonly [declared: string]: string }> {
    const topics = { orders: unique('orders'), names: unique('names'), totals: unique('totals') };
    await admin.createTopics(Object.values(topics).map((name) => ({ name, partitions: 2 })));
    return topics;
  }

  test('all that is missing is said at once, and the commands that are said grant it', async () => {
    const topics = await names();
    const group = unique('group');
    await produceOrders(admin, { topic: topics['orders'] ?? '', partitions: 2 }, manyOrders(0, 20, 5));
    const job = countJob({ orders: countOrder }, 10);
    const options = { log: logOf('jobs'), group, topics, instance: 'a', until: 'latest', logger: false } as const;
    const error = await failure(run(job, options));
    expect(error.code).toBe('JOB_ACCESS');
    for (const what of [
      `Read on topic ${topics['orders']}`,
      `Read on topic ${topics['names']}`,
      `Write on topic ${topics['totals']}`,
      `Create, DescribeConfigs, Read, Write on topic ${group}-changelog`,
      `Read on group ${group}`,
      `Write on transactional id ${group}/*`,
    ])
      expect(error.message).toContain(what);
    await grant(error);
    await expect.poll(() => run(job, options), soon).toMatchObject({ reason: 'done', metrics: { records: 20 } });
    // With the same rights under another name: transactional ids are granted by their prefix.
    expect(await run(job, { ...options, instance: 'b' })).toMatchObject({ reason: 'done' });
  });

  test('what is granted is not asked for', async () => {
    const topics = { words: unique('words'), copies: unique('copies') };
    const group = unique('group');
    await admin.createTopics(Object.values(topics).map((name) => ({ name, partitions: 1 })));
    const options = { log: logOf('half'), group, topics, until: 'latest', logger: false } as const;
    const all = await failure(run(copyJob(), options));
    const some = all.message.split('\n').filter((line) => !line.includes(topics.copies));
    await grant({ ...all, message: some.join('\n') });
    const asked = async (): Promise<string> => (await failure(run(copyJob(), options))).message;
    await expect.poll(asked, soon).not.toContain(topics.words);
    const rest = await failure(run(copyJob(), options));
    expect(rest.message).toContain(`It lacks Write on topic ${topics.copies}. Whoever`);
    expect(rest.message.match(/kafka-acls\.sh/g)).toHaveLength(1);
    expect(rest.message).toContain('--allow-principal User:half --operation Write --topic');
  });

  test('topics that are to be created take Create', async () => {
    const topics = { words: unique('words'), copies: unique('copies') };
    const group = unique('group');
    const options = { log: logOf('jobs'), group, topics, until: 'latest', logger: false } as const;
    const creating = { ...options, createTopics: { partitions: 3 } };
    const error = await failure(run(copyJob(), creating));
    expect(error.message).toContain(`Read, Create on topic ${topics.words}`);
    expect(error.message).toContain(`Write, Create on topic ${topics.copies}`);
    await grant(error);
    await expect.poll(() => run(copyJob(), creating), soon).toMatchObject({ reason: 'done' });
    expect((await admin.topics(Object.values(topics))).get(topics.words)).toMatchObject({ partitions: 3 });
  });

  test('topics that a pattern finds are asked for as well, also those that come later', async () => {
    const [prefix, copies, group] = [unique('words-'), unique('copies'), unique('group')];
    const create = (name: string) => admin.createTopics([{ name, partitions: 1 }]);
    await create(`${prefix}-a`);
    await create(copies);
    const options = { log: logOf('patterns'), group, topics: { copies }, instance: 'a', logger: false } as const;
    const job = patternJob(new RegExp(`${prefix}-.*`), { discovery: 200 });
    // What may not even be seen is not there.
    const unseen = await failure(run(job, { ...options, until: 'latest' }));
    expect(unseen.message).not.toContain(`${prefix}-a`);
    await acl('Describe', prefix);
    await grant(unseen);
    const lacking = async (): Promise<string> => (await failure(run(job, { ...options, until: 'latest' }))).message;
    await expect.poll(lacking, soon).toContain(`It lacks Read on topic ${prefix}-a. Whoever`);
    const unread = await failure(run(job, { ...options, until: 'latest' }));
    expect(unread).toMatchObject({ code: 'JOB_ACCESS', topic: `${prefix}-a` });
    expect(unread.message).toContain(`--operation Read --resource-pattern-type prefixed --topic ${prefix}-`);
    await acl('Read', `${prefix}-a`);
    await expect.poll(() => run(job, { ...options, until: 'latest' }), soon).toMatchObject({ reason: 'done' });
    const lines: string[] = [];
    const running = start(job, { ...options, logger: captured(lines) });
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('tasks taken on');
    await create(`${prefix}-b`);
    await produceWords(`${prefix}-b`, ['early']);
    const withheld = (): string | undefined => lines.find((line) => line.includes('may not read'));
    await expect.poll(withheld, { timeout: 20_000 }).toContain(`It lacks Read on topic ${prefix}-b. Whoever`);
    await grant({ ...unread, message: withheld() ?? '' });
    await expect.poll(() => running.metrics().records, { timeout: 20_000 }).toBe(1);
    expect(await running.stop()).toMatchObject({ metrics: { restarts: 0 } });
  }, 60_000);

  test('nothing is changed by asking', async () => {
    const topics = await names();
    const group = unique('group');
    await failure(run(countJob({ orders: countOrder }, 10), { log: logOf('nobody'), group, topics, logger: false }));
    expect(await admin.topics([`${group}-changelog`])).toEqual(new Map());
    expect(await admin.openTransactions(`${group}/`)).toEqual([]);
  });
});

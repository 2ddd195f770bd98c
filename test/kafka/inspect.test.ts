import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { registryClient } from '@kgen/runtime/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Result, Sandbox } from '../cli/harness.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { unique } from '../support/kafka/requests.ts';
import { sharedKafka } from '../support/kafka/shared-broker.ts';
import { describeRegistry } from '../support/registry/server.ts';

const ID = { name: 'id', type: 'int' };
const NOTE = { name: 'note', type: 'string', default: '-' };
const AT = Date.UTC(2026, 10, 23);

function order(...fields: readonly object[]): { readonly schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }) };
}

function message(id: number, hex: string): Buffer {
  return Buffer.from(`00${id.toString(16).padStart(8, '0')}${hex}`, 'hex');
}

interface Place {
  readonly sandbox: Sandbox;
  readonly topic: string;
  readonly subject: string;
  readonly ids: readonly number[];
}

/** Appends records in a transaction: its marker follows them. */
async function produce(log: KafkaLog, topic: string, values: readonly (Buffer | null)[]): Promise<void> {
  const producer = await log.producer(unique('producer'));
  for (const value of values) {
    const key = Buffer.from('ann');
    const bytes = Buffer.concat([key, value ?? Buffer.alloc(0)]);
    const valued = value === null ? { valueStart: -1, valueEnd: -1 } : { valueStart: 3, valueEnd: bytes.length };
    const headers = [['trace', Buffer.from('abc')]] as const;
    await producer.append({ topic, partition: 0, timestamp: AT, bytes, keyStart: 0, keyEnd: 3, headers, ...valued });
  }
  await producer.commit();
  producer.close();
  // The broker answers a commit before its marker is there.
  const isDecided = async (): Promise<boolean> => {
    const [bounds] = await log.bounds([{ topic, partition: 0 }]);
    return bounds?.stableEnd === bounds?.end;
  };
  await expect.poll(isDecided, { timeout: 10_000 }).toBe(true);
}

const kafka = await sharedKafka();
if (!('address' in kafka)) await describeKafka('kgen inspect --topic', () => undefined);
else {
  await describeRegistry('kgen inspect --topic', (url) => {
    const client = registryClient({ url });
    const brokers = kafka.address;
    let log: KafkaLog;
    beforeAll(() => {
      log = kafkaLog({ brokers: brokers.split(',') });
    });
    afterAll(() => log?.close());

    /** A topic of the config, called otherwise in Kafka, whose subject has two versions. */
    async function place(): Promise<Place> {
      const topic = unique('orders');
      await log.createTopics([{ name: topic, partitions: 2 }]);
      const subject = `${topic}-value`;
      const ids = [await client.register(subject, order(ID)), await client.register(subject, order(ID, NOTE))];
      const sandbox = new Sandbox();
      sandbox.put(
        'kgen.config.mjs',
        `export default { out: 'generated', registry: { url: '${url}', subjects: ['${subject}'] }, topics: { orders: { name: '${topic}', key: 'utf8', value: { format: 'confluent' } } } };`,
      );
      expect(await sandbox.run(['pull'])).toMatchObject({ code: 0 });
      return { sandbox, topic, subject, ids };
    }

    function inspect({ sandbox }: Place, ...args: readonly string[]): Promise<Result> {
      return sandbox.run(['inspect', ...args], { env: { KAFKA_BROKERS: brokers } });
    }

    test('the record, who wrote it, and what it is now', async () => {
      const there = await place();
      const { topic, subject, ids } = there;
      const [one = 0, two = 0] = ids;
      await produce(log, topic, [message(one, '0e'), message(two, '0e0278'), null]);
      const first = await inspect(there, '--topic', 'orders', '--partition', '0', '--offset', '0');
      expect(first.stdout).toBe(`${topic}  partition 0, offset 0  2026-11-23T00:00:00.000Z
header  trace: "abc"
key  utf8, 3 bytes
"ann"
value  shop.Order, written as ${subject} version 1 (id ${one}), 6 bytes
{
  "id": 7
}
as shop.Order now:
{
  "id": 7,
  "note": "-"
}
`);
      expect(first.code).toBe(0);
      const second = await inspect(there, '--topic', topic, '--offset', '1');
      expect(second.stdout).toContain(`version 2 (id ${two})`);
      expect(second.stdout).toContain('the same as shop.Order now\n');
      expect(await inspect(there, '--topic', 'orders')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/partition 0, offset 2 [\s\S]*\nvalue {2}null\n$/),
      });
      const json = await inspect(there, '--topic', 'orders', '--offset', 'earliest', '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({
        topic,
        partition: 0,
        offset: 0,
        timestamp: '2026-11-23T00:00:00.000Z',
        headers: [{ name: 'trace', value: 'abc' }],
        key: { format: 'utf8', value: 'ann' },
        value: {
          format: 'confluent',
          type: 'shop.Order',
          writer: { id: one, places: [{ subject, version: 1 }] },
          written: { id: 7 },
          value: { id: 7, note: '-' },
        },
      });
    });

    test('bytes that are not what the topic holds', async () => {
      const there = await place();
      await produce(log, there.topic, [Buffer.from('{"id":7}'), message(there.ids[0] ?? 0, '')]);
      const json = await inspect(there, '--topic', 'orders', '--offset', '0');
      expect(json.code).toBe(1);
      expect(json.stdout).toContain('"0x7b226964223a377d"\nvalue\n  a Confluent message starts with a 0 byte');
      const short = await inspect(there, '--topic', 'orders', '--offset', '1');
      expect(short).toMatchObject({ code: 1, stdout: expect.stringContaining('the bytes end inside a value') });
    });

    test('what is not there', async () => {
      const there = await place();
      const said = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout } = await inspect(there, ...args);
        expect(code).toBe(1);
        return stdout;
      };
      expect(await said('--topic', 'orders')).toContain(
        'holds no committed records\n  → The others of the topic hold none either\n',
      );
      await produce(log, there.topic, [message(there.ids[0] ?? 0, '0e')]);
      await produce(log, there.topic, [message(there.ids[0] ?? 0, '0e')]);
      expect(await said('--topic', 'orders', '--partition', '1')).toContain(
        `partition 1 of '${there.topic}' holds no committed records\n  → Others hold some: 0 (offsets 0 to 3)\n`,
      );
      const marker = await said('--topic', 'orders', '--offset', '1');
      expect(marker).toContain("holds no record: it is a transaction's marker");
      expect(marker).toContain('→ The next one is 2');
      expect(await said('--topic', 'orders', '--offset', '99')).toContain(
        'is not written yet\n  → It holds offsets 0 to 3',
      );
      expect(await said('--topic', 'orders', '--partition', '7')).toContain('It has partitions 0 to 1');
      expect(await said('--topic', `${there.topic}x`)).toContain(`Did you mean '${there.topic}'?`);
      const gone = await there.sandbox.run(['inspect', '--topic', 'orders', '--brokers', '127.0.0.1:1']);
      expect(gone).toMatchObject({ code: 1, stdout: expect.stringContaining('Kafka at 127.0.0.1:1: ') });
    });

    test('a topic that no config knows: as far as its bytes tell', async () => {
      const there = await place();
      const topic = unique('others');
      await log.createTopics([{ name: topic, partitions: 1 }]);
      await produce(log, topic, [message(there.ids[0] ?? 0, '0e'), Buffer.from('text'), Buffer.from([0xff, 0])]);
      const values = await Promise.all(
        [0, 1, 2].map(async (offset) => {
          const { stdout } = await inspect(there, '--topic', topic, '--offset', String(offset), '--json');
          return JSON.parse(stdout).value;
        }),
      );
      expect(values).toMatchObject([
        { format: 'confluent', value: { id: 7, note: '-' } },
        { format: 'utf8', value: 'text' },
        { format: 'bytes', value: '0xff00' },
      ]);
    });
  });
}

test('wrong calls', async () => {
  const sandbox = new Sandbox();
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout } = await sandbox.run(['inspect', ...args], { env: { KAFKA_BROKERS: '' } });
    expect(code).toBe(2);
    return stdout;
  };
  expect(await refused('--topic', 'a')).toContain('no brokers are given');
  expect(await refused('--topic', 'a', '--partition', 'x', '-b', 'localhost:1')).toContain(
    "--partition\n  'x' is none",
  );
  expect(await refused('--topic', 'a', '--offset', '-1', '-b', 'localhost:1')).toContain("--offset\n  '-1' is none");
  expect(await refused('--topic', 'a', '--hex', '00')).toContain('a record of a topic is read as the config says');
  expect(await refused('--offset', '3')).toContain('Name the topic that the record lies in');
});

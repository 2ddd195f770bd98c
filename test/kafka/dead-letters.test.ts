import { type RawRecord, readDeadLetter } from '@kgen/runtime';
import { type KafkaLog, kafkaLog } from '@kgen/runtime/kafka';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../cli/harness.ts';
import { jobProject, KgenRun } from '../run/project.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { unique } from '../support/kafka/requests.ts';
import { failingJob, order } from '../task/failing-job.ts';
import { produceRecords } from './chaos/orders.ts';

const PARTITIONS = 3;

interface JavaRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

const bytes = (hex: string | null): Uint8Array | null => (hex === null ? null : Buffer.from(hex, 'hex'));

await describeKafka('records that fail', (brokers) => {
  let project: Sandbox;
  let log: KafkaLog;
  beforeAll(async () => {
    project = await jobProject();
    log = kafkaLog({ brokers });
  });
  afterAll(() => log?.close());

  const runs: KgenRun[] = [];
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((run) => run.kill()));
  });

  /** As Java's consumer of committed records sees a topic. */
  async function read(topic: string): Promise<readonly RawRecord[]> {
    const lines = await java('TopicReader', brokers.join(), topic, 'read_committed');
    return lines.map((line) => {
      const { partition, offset, timestamp, key, value, headers } = JSON.parse(line) as JavaRecord;
      const own = headers.map(([name, value]) => [name, bytes(value)] as const);
      const place = { topic, partition, offset: BigInt(offset), timestamp: BigInt(timestamp) };
      return { ...place, key: bytes(key), value: bytes(value), headers: own };
    });
  }

  test('are dead letters once, corrupt bytes among them, also where the job is killed again and again', async () => {
    const [group, lines, copies, dead] = ['run', 'lines', 'copies', 'dead'].map(unique) as [
      string,
      string,
      string,
      string,
    ];
    await log.createTopics([lines, copies, dead].map((name) => ({ name, partitions: PARTITIONS })));
    const corrupt = Buffer.from([0xc3, 0x28, 0x00]);
    // Brokers delete what is old.
    const now = BigInt(Date.now());
    const all = Array.from({ length: 6000 }, (_, i) => {
      const value = i % 10 === 3 ? corrupt : Buffer.from(i % 10 === 7 ? 'poison' : `line ${i}`);
      return { topic: lines, key: Buffer.from(`k${i % 50}`), value, timestamp: now + BigInt(i), headers: [] };
    });
    const produce = (from: number): Promise<void> =>
      produceRecords(log, { topic: lines, partitions: PARTITIONS }, all.slice(from, from + 2000) as never);
    const start = (...more: string[]): KgenRun => {
      const topics = ['--topics', `lines=${lines}`, `copies=${copies}`, `failed=${dead}`];
      const onError = ['--on-error', 'decode=dead-letter:failed', 'process=dead-letter:failed'];
      const flags = ['--brokers', brokers.join(), '--group', group, '--instance', 'one', '--checkpoint-interval', '3'];
      const run = new KgenRun(project, ['copy-lines', ...flags, ...topics, ...onError, ...more]);
      runs.push(run);
      return run;
    };
    const ends = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: lines, partition }));
    const committed = async (): Promise<number> =>
      (await log.committedOffsets(group, ends)).reduce((sum, { offset }) => sum + offset, 0);
    let seen = 0;
    const look = async (): Promise<number> => {
      seen = await committed();
      return seen;
    };
    for (let kills = 0; kills < 3; kills++) {
      const before = seen;
      await produce(kills * 2000);
      const run = start();
      await expect.poll(look, { timeout: 60_000, interval: 5 }).toBeGreaterThan(before);
      // Who asks for offsets afterwards waits until what it leaves open is ended: by its successor.
      await run.kill();
    }
    const last = start('--until', 'latest');
    expect(await last.ended, last.said).toBe(0);

    const letters = (await read(dead)).map(readDeadLetter);
    const places = letters.map(({ origin }) => `${origin?.partition}@${origin?.offset}`);
    expect(new Set(places).size).toBe(places.length);
    const sent = new Map((await read(lines)).map((record) => [`${record.partition}@${record.offset}`, record]));
    for (const { origin, key, value, headers, timestamp, place, code, job, input } of letters) {
      const original = sent.get(`${origin?.partition}@${origin?.offset}`);
      expect({ key, value, timestamp }).toEqual({
        key: original?.key,
        value: original?.value,
        timestamp: original?.timestamp,
      });
      const isCorrupt = value?.length === corrupt.length;
      expect([origin?.topic, place, code]).toEqual(
        isCorrupt ? [lines, 'decode', 'JOB_DECODE_FAILED'] : [lines, 'process', 'JOB_HANDLER_FAILED'],
      );
      expect([job, input, headers]).toEqual(['copy-lines', 'lines', []]);
    }
    expect(letters.filter(({ place }) => place === 'decode')).toHaveLength(600);
    expect(letters.filter(({ place }) => place === 'process')).toHaveLength(600);
    const copied = (await read(copies)).map(({ value }) => String(value).replace(/ \d+$/, ''));
    const expected = all.flatMap(({ value }) => (String(value).startsWith('line') ? [String(value)] : []));
    expect([...copied].sort()).toEqual(expected.sort());
  }, 120_000);

  test('fail the job for good where nothing is said of them: the cause first, the record, and what to do', async () => {
    const [group, lines, copies] = ['run', 'lines', 'copies'].map(unique) as [string, string, string];
    await log.createTopics([lines, copies].map((name) => ({ name, partitions: 1 })));
    const corrupt = {
      key: Buffer.from('a'),
      value: Buffer.from([0xff]),
      timestamp: BigInt(Date.now()),
      topic: lines,
      headers: [],
    };
    await produceRecords(log, { topic: lines, partitions: 1 }, [corrupt] as never);
    const flags = ['--brokers', brokers.join(), '--group', group, '--topics', `lines=${lines}`, `copies=${copies}`];
    const run = new KgenRun(project, ['copy-lines', ...flags], { LOG_FORMAT: 'text' });
    runs.push(run);
    expect(await run.ended, run.said).toBe(1);
    expect(run.said).toMatch(/it starts over from the last checkpoint/);
    expect(run.said).toContain(`${lines}-0 at offset 0: the record cannot be read: `);
    expect(run.said).toContain(
      'This record, of key "a", failed 3 times for the same reason: restarting does not help.',
    );
    expect(run.said).toContain(`kgen inspect --topic ${lines} --partition 0 --offset 0`);

    const missing = new KgenRun(project, ['copy-lines', ...flags, '--on-error', 'decode=dead-letter:not-there']);
    runs.push(missing);
    expect(await missing.ended, missing.said).toBe(1);
    expect(missing.said).toContain('there is no topic not-there');
  }, 60_000);

  test('have the headers as they were, twice or without a value; and a compacted topic for them is told about', async () => {
    const names = ['orders', 'names', 'totals', 'dead'] as const;
    const [orders, other, totals, dead] = names.map(unique) as [string, string, string, string];
    await log.createTopics([orders, other, totals].map((name) => ({ name, partitions: 1 })));
    await log.createTopics([{ name: dead, partitions: 1, settings: { 'cleanup.policy': 'compact' } }]);
    const topics = { orders, names: other, totals, dead };
    const headers = [
      ['h', Buffer.from('1')],
      ['h', null],
      ['kgen.place', Buffer.from('elsewhere')],
      ['h', Buffer.from('')],
    ] as const;
    const producer = await log.producer(unique('feed'));
    const value = Buffer.from('nonsense');
    const append = (keyStart: number): unknown =>
      producer.append({
        ...{ topic: orders, partition: 0, timestamp: Date.now(), bytes: value, headers },
        ...{ keyStart, keyEnd: keyStart + 3, valueStart: 0, valueEnd: value.length },
      });
    append(0);
    await producer.commit();
    const said: (string | undefined)[] = [];
    const ignore = (): void => undefined;
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_: object, text?: string) => void said.push(text),
    };
    const job = failingJob({ orders: () => undefined }, { onError: { decode: { deadLetter: 'dead' } } });
    const { run } = await import('@kgen/runtime');
    const options = { log, group: unique('g'), topics, until: 'latest', logger } as const;
    expect((await run(job, options)).metrics).toMatchObject({ deadLetters: 1, restarts: 0 });
    expect(said[0]).toContain(`topic ${dead} is compacted`);
    const [letter] = (await read(dead)).map(readDeadLetter);
    expect([letter?.place, String(letter?.key)]).toEqual(['decode', 'non']);
    expect(letter?.headers.map(([name, bytes]) => [name, bytes === null ? null : String(Buffer.from(bytes))])).toEqual([
      ['h', '1'],
      ['h', null],
      ['kgen.place', 'elsewhere'],
      ['h', ''],
    ]);
    append(-1);
    await producer.commit();
    producer.close();
    const failed = await run(job, { ...options, restart: { strategy: 'none' } }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      message: expect.stringContaining('Compacted topic cannot accept message without key'),
    });
  }, 60_000);

  test('an output that is larger than its topic allows, before the limit is known and after', async () => {
    const [group, orders, names, totals, dead] = ['g', 'orders', 'names', 'totals', 'dead'].map(unique) as [
      string,
      string,
      string,
      string,
      string,
    ];
    await log.createTopics([orders, names, dead].map((name) => ({ name, partitions: 1 })));
    await log.createTopics([{ name: totals, partitions: 1, settings: { 'max.message.bytes': '4000' } }]);
    const all = Array.from({ length: 40 }, (_, i) => ({ ...order(`c${i % 5}`, i), topic: orders }));
    await produceRecords(log, { topic: orders, partitions: 1 }, all as never);
    const job = failingJob(
      {
        orders({ amount }, ctx) {
          ctx.emit.totals({ customer: ctx.key, name: 'first', count: amount, sum: 0 });
          const name = amount % 10 === 0 ? 'x'.repeat(8000) : 'second';
          ctx.emit.totals({ customer: ctx.key, name, count: amount, sum: 0 });
        },
      },
      { onError: { produce: { deadLetter: 'dead' } } },
    );
    const { run } = await import('@kgen/runtime');
    const topics = { orders, names, totals, dead };
    const { metrics } = await run(job, { log, group, topics, until: 'latest', logger: false });
    expect(metrics).toMatchObject({ records: 36, deadLetters: 4, outputs: 72, restarts: 0 });
    const letters = (await read(dead)).map(readDeadLetter);
    expect(letters.map(({ place, value }) => [place, String(value)])).toEqual(
      [0, 10, 20, 30].map((i) => ['produce', `c${i % 5} ${i}`]),
    );
    expect(await read(totals)).toHaveLength(72);
  }, 60_000);
});

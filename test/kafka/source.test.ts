import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../../bench/random.ts';
import { undecidedTransactions } from '../../runtime/src/log/kafka/admin/undecided.ts';
import { KafkaSource, type KafkaSourceOptions } from '../../runtime/src/log/kafka/source/kafka-source.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { type FetchedPartition, isLogError, type TopicPartition } from '../../runtime/src/log/port.ts';
import { isRecordsLost } from '../../runtime/src/log/records-lost.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { administer, createPartitions, deleteTopic } from '../support/kafka/administration.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { java } from '../support/kafka/java.ts';
import { appendBatch, batchOf, RawProducer } from '../support/kafka/raw-producer.ts';
import { deleteBefore, newTopic, unique } from '../support/kafka/requests.ts';

const COMPRESSIONS = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const;

function valuesOf({ records }: FetchedPartition): string[] {
  const values: string[] = [];
  while (records.next()) values.push(records.bytes.toString('utf8', records.valueStart, records.valueEnd));
  return values;
}

await describeKafka('a source of Kafka', (brokers) => {
  let transport: KafkaTransport;
  const sources: KafkaSource[] = [];
  beforeAll(async () => {
    transport = await KafkaTransport.connect({ brokers }, systemClock);
  });
  afterEach(() => {
    for (const each of sources.splice(0)) each.close();
  });
  afterAll(() => transport.close());

  function source(options: KafkaSourceOptions = {}): KafkaSource {
    const made = new KafkaSource(unique('source'), transport, options);
    sources.push(made);
    return made;
  }

  async function plain(partition: TopicPartition, values: readonly string[]): Promise<void> {
    await appendBatch(transport, partition, await batchOf(values));
  }

  /** Polls until as many records came, and a while longer: more would be an error. */
  async function read(from: KafkaSource, count: number): Promise<string[]> {
    const seen: string[] = [];
    for (const deadline = Date.now() + 10_000; seen.length < count && Date.now() < deadline; )
      for (const fetched of await from.poll(1000)) seen.push(...valuesOf(fetched));
    return seen;
  }

  test('delivers what Java delivers of interleaved transactions, with any compression, wherever it starts', async () => {
    const topic = await newTopic(transport, 2);
    const r = random(11);
    const names = ['a', 'b', 'c', 'd'];
    const producers = await Promise.all(names.map((name) => new RawProducer(transport, unique(name)).init()));
    const open = producers.map(() => false);
    for (let i = 0; i < 160; i++) {
      const which = r.int(0, 3);
      const partition = { topic, partition: r.int(0, 1) };
      if (r.int(0, 4) === 0) await plain(partition, [`plain ${i}`]);
      else if (open[which] === true && r.int(0, 2) === 0) {
        await producers[which]?.end(r.int(0, 1) === 0);
        open[which] = false;
      } else {
        const values = Array.from({ length: r.int(1, 5) }, (_, n) => `${names[which]} ${i}.${n}`);
        await producers[which]?.append(partition, values, COMPRESSIONS[i % COMPRESSIONS.length]);
        open[which] = true;
      }
    }
    // One remains open: what lies behind it is not stable.
    for (const [i, producer] of producers.entries()) if (i > 0 && open[i] === true) await producer.end(i % 2 === 0);
    const asked = [0, 1].map((partition) => ({ topic, partition }));
    const undecided = async (): Promise<readonly string[]> =>
      (await undecidedTransactions(transport, asked, 5000)).map(({ producerId }) => String(producerId));
    const [first] = producers;
    await expect.poll(undecided).toSatisfy((ids: string[]) => ids.every((id) => id === String(first?.producerId)));
    const read = await java('TopicReader', brokers.join(), topic, 'read_committed', 'undecided');
    const lines = read.map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(50);
    for (const partition of [0, 1]) {
      const expected = lines
        .filter((line) => line.partition === partition)
        .map(({ offset, value }) => [offset, Buffer.from(value, 'hex').toString()]);
      const from = source({ partitionBytes: 1, answerBytes: 1 });
      for (const start of [0, 1, 7, Math.floor((expected.at(-1)?.[0] ?? 0) / 2)]) {
        from.assign([{ topic, partition, offset: start }]);
        const wanted = expected.filter(([offset]) => offset >= start);
        const seen: unknown[] = [];
        let position = start;
        while (position <= (expected.at(-1)?.[0] ?? 0))
          for (const fetched of await from.poll(5000)) {
            while (fetched.records.next()) {
              const { offset, bytes, valueStart, valueEnd } = fetched.records;
              seen.push([offset, bytes.toString('utf8', valueStart, valueEnd)]);
            }
            expect(fetched.nextOffset).toBeGreaterThan(position);
            position = fetched.nextOffset;
          }
        expect(seen).toEqual(wanted);
      }
    }
  });

  test('says of control records and aborted ones that the position moved', async () => {
    const topic = await newTopic(transport);
    const partition = { topic, partition: 0 };
    const producer = await new RawProducer(transport, unique('id')).init();
    await producer.append(partition, ['x', 'y']);
    await producer.end(false);
    const from = source();
    from.assign([{ ...partition, offset: 0 }]);
    const seen = await from.poll(5000);
    expect(seen.map(({ nextOffset, records }) => [nextOffset, records.next()])).toEqual([[3, false]]);
  });

  describe('its partitions', () => {
    test('that are resumed or added while a broker holds a request back do not wait for it', async () => {
      const topic = await newTopic(transport, 3);
      for (const partition of [0, 1, 2]) await plain({ topic, partition }, [`p${partition}`]);
      const from = source({ maxWait: 20_000 });
      from.assign([0, 1].map((partition) => ({ topic, partition, offset: partition === 0 ? 1 : 0 })));
      from.pause({ topic, partition: 1 });
      expect(await from.poll(200)).toEqual([]);
      const start = Date.now();
      from.resume({ topic, partition: 1 });
      expect(await read(from, 1)).toEqual(['p1']);
      from.assign([{ topic, partition: 2, offset: 0 }]);
      expect(await read(from, 1)).toEqual(['p2']);
      expect(Date.now() - start).toBeLessThan(15_000);
    });

    test('go on from where they are put, whatever was asked for or fetched before', async () => {
      const topic = await newTopic(transport);
      const partition = { topic, partition: 0 };
      await plain(partition, ['a', 'b', 'c']);
      const from = source();
      for (const [offset, expected] of [
        [0, ['a', 'b', 'c']],
        [2, ['c']],
        [1, ['b', 'c']],
      ] as const) {
        // The answer to the first is under way, or here and unread, when the second takes its place.
        from.assign([{ ...partition, offset: 0 }]);
        for (let turns = 0; turns < offset * 20; turns++) await new Promise((resolve) => setImmediate(resolve));
        from.assign([{ ...partition, offset }]);
        expect(await read(from, expected.length)).toEqual(expected);
      }
      from.assign([{ ...partition, offset: 0 }]);
      from.unassign([partition]);
      expect(await from.poll(300)).toEqual([]);
    });

    test('stay paused when they are moved; what was fetched before a pause comes after it', async () => {
      const topic = await newTopic(transport, 2);
      for (const partition of [0, 1]) await plain({ topic, partition }, [`p${partition}`]);
      const from = source();
      from.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })));
      await new Promise((resolve) => setTimeout(resolve, 200)); // both are fetched by now
      from.pause({ topic, partition: 0 });
      expect(await read(from, 1)).toEqual(['p1']);
      from.resume({ topic, partition: 0 });
      expect(await read(from, 1)).toEqual(['p0']);
      from.pause({ topic, partition: 0 });
      from.assign([{ topic, partition: 0, offset: 0 }]);
      expect(await from.poll(200)).toEqual([]);
      from.resume({ topic, partition: 0 });
      expect(await read(from, 1)).toEqual(['p0']);
    });

    test('have their turn, however much there is of others', async () => {
      const topic = await newTopic(transport, 3);
      const big = 'x'.repeat(40_000);
      for (let i = 0; i < 40; i++) await plain({ topic, partition: 0 }, [big]);
      for (let i = 0; i < 3; i++) for (const partition of [1, 2]) await plain({ topic, partition }, [`${i}`]);
      const from = source({ answerBytes: 100_000, partitionBytes: 100_000 });
      from.assign([0, 1, 2].map((partition) => ({ topic, partition, offset: 0 })));
      const polls: number[] = [];
      for (let i = 0; i < 12 && !(polls.includes(1) && polls.includes(2)); i++)
        for (const { partition } of await from.poll(5000)) polls.push(partition);
      expect(polls).toContain(1);
      expect(polls).toContain(2);
    });

    test('may come to be later: added to the topic, or with it', async () => {
      const topic = await newTopic(transport, 1);
      const late = unique('late');
      const from = source();
      from.assign([
        { topic, partition: 0, offset: 0 },
        { topic, partition: 1, offset: 0 },
        { topic: late, partition: 0, offset: 0 },
      ]);
      await plain({ topic, partition: 0 }, ['first']);
      expect(await read(from, 1)).toEqual(['first']);
      await administer(transport, createPartitions, { topic, partitions: 2 });
      await plain({ topic, partition: 1 }, ['second']);
      expect(await read(from, 1)).toEqual(['second']);
      await newTopic(transport, 1, {}, late);
      await plain({ topic: late, partition: 0 }, ['third']);
      expect(await read(from, 1)).toEqual(['third']);
    });
  });

  describe('its errors', () => {
    async function failure(from: KafkaSource): Promise<unknown> {
      try {
        for (let i = 0; i < 20; i++) await from.poll(1000);
      } catch (error) {
        return error;
      }
      return 'none';
    }

    test('name partition and bounds where an offset is out of range, until it is put elsewhere', async () => {
      const topic = await newTopic(transport);
      const partition = { topic, partition: 0 };
      await plain(partition, ['a', 'b']);
      await plain(partition, ['c', 'd']);
      await deleteBefore(transport, partition, 2);
      const from = source();
      for (const offset of [1, 5]) {
        from.assign([{ ...partition, offset }]);
        for (let again = 0; again < 2; again++) {
          const error = await failure(from);
          if (!isRecordsLost(error)) throw new Error(`not out of range: ${error}`);
          expect(error).toMatchObject({ kind: 'fatal', recordsLost: 'out-of-range', topic, partition: 0, offset });
          expect(error.message).toContain('has the offsets from 2 up to 4');
          expect(error.message).toContain(`${topic}-0`);
        }
      }
      from.assign([{ ...partition, offset: 3 }]);
      expect(await read(from, 1)).toEqual(['d']);
    });

    test('tell of a topic that was made anew under its name', async () => {
      const topic = await newTopic(transport);
      await plain({ topic, partition: 0 }, ['old']);
      const from = source({ maxWait: 100 });
      from.assign([{ topic, partition: 0, offset: 0 }]);
      expect(await read(from, 1)).toEqual(['old']);
      await administer(transport, deleteTopic, topic);
      const error = failure(from);
      await newTopic(transport, 1, {}, topic);
      await plain({ topic, partition: 0 }, ['new', 'new']);
      expect(await error).toSatisfy(isLogError);
      expect(String(await error)).toMatch(/made anew/);
    });
  });

  test('is woken, before and during a poll', async () => {
    const from = source();
    from.assign([{ topic: await newTopic(transport), partition: 0, offset: 0 }]);
    from.wake();
    expect(await from.poll(60_000)).toEqual([]);
    const woken = from.poll(60_000);
    from.wake();
    expect(await woken).toEqual([]);
  });

  test('leaves no timer and no socket behind when it is closed, also while it waits', async () => {
    const topic = await newTopic(transport, 2);
    await transport.leader({ topic, partition: 0 });
    const held = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => ['TCPSocketWrap', 'Timeout'].includes(name));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = held().length;
    const from = source({ maxWait: 20_000 });
    from.assign([{ topic, partition: 0, offset: 0 }]);
    await from.poll(100);
    from.assign([
      { topic, partition: 1, offset: 0 },
      { topic: unique('missing'), partition: 0, offset: 0 },
    ]);
    const polled = from.poll(60_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held().length).toBeGreaterThan(before);
    from.close();
    expect(await polled).toEqual([]);
    expect(await from.poll(60_000)).toEqual([]);
    for (let tries = 0; held().length > before && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(held().length).toBeLessThanOrEqual(before);
  });

  test('keeps little in memory where it is read slowly, also of partitions that are paused', async () => {
    const topic = await newTopic(transport, 8);
    const batch = await batchOf(Array.from({ length: 90 }, () => 'x'.repeat(10_000)));
    for (let i = 0; i < 4; i++)
      await Promise.all(
        Array.from({ length: 8 }, (_, partition) => appendBatch(transport, { topic, partition }, batch)),
      );
    const limits = { answerBytes: 2_000_000, partitionBytes: 1_000_000, totalBytes: 4_000_000 };
    let received = 0;
    const from = new KafkaSource(
      unique('slow'),
      counting(transport, (bytes) => (received += bytes)),
      limits,
    );
    sources.push(from);
    from.assign(Array.from({ length: 8 }, (_, partition) => ({ topic, partition, offset: 0 })));
    await expect.poll(() => received).toBeGreaterThan(500_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(received).toBeLessThan(3_500_000);
    // All but one are paused when they have been fetched: what is left of them is bounded, and given up beyond that.
    for (let partition = 1; partition < 8; partition++) from.pause({ topic, partition });
    let own = 0;
    while (own < 360) for (const fetched of await from.poll(5000)) own += valuesOf(fetched).length;
    for (let partition = 1; partition < 8; partition++) from.resume({ topic, partition });
    expect((await read(from, 7 * 360)).length).toBe(7 * 360);
  });

  test('asks seldom where nothing happens', async () => {
    const topic = await newTopic(transport, 4);
    let asked = 0;
    const from = new KafkaSource(
      unique('idle'),
      counting(transport, () => asked++),
      { maxWait: 500 },
    );
    sources.push(from);
    from.assign([0, 1, 2, 3].map((partition) => ({ topic, partition, offset: 0 })));
    await from.poll(800); // a new topic may not have its leaders yet
    asked = 0;
    for (const deadline = Date.now() + 1600; Date.now() < deadline; ) await from.poll(deadline - Date.now());
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(5);
  });
});

/** `seen` gets the bytes of each answer's records. */
function counting(transport: KafkaTransport, seen: (bytes: number) => void): KafkaTransport {
  return new Proxy(transport, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== 'send') return value.bind(target);
      return async (...given: Parameters<KafkaTransport['send']>) => {
        const answer = await target.send(...given);
        if (given[2].name === 'Fetch' && 'partitions' in answer && Array.isArray(answer.partitions))
          seen(answer.partitions.reduce((sum: number, { records }) => sum + records.length, 0));
        return answer;
      };
    },
  });
}

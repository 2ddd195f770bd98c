import { memoryLog } from '@kgen/runtime/memory';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryLogWith } from '../../runtime/src/log/memory/memory-log.ts';
import { shareTasks } from '../../runtime/src/log/share-tasks.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { describeLog } from './contract.ts';
import { append, joinGroup, readAll, until, values } from './harness.ts';

let names = 0;
const impatient = memoryLog({ transactionTimeout: 1000 });
const log = memoryLog();
describeLog('the embedded log', async () => ({
  log,
  unique: (name) => `${name}-${++names}`,
  impatient,
  seated: memoryLog({ sessionTimeout: 3000 }),
  compact: (topic) => log.compact(topic),
  deleteRecords: async (partition, before) => log.deleteRecords(partition, before),
}));

const utf8 = (text: string): Uint8Array => Buffer.from(text);

test('plain records are there at once, by key as Java would place them', async () => {
  const log = memoryLog({ topics: { t: 3 }, clock: virtualClock() });
  log.produce([
    { topic: 't', key: utf8('a'), value: utf8('1'), timestamp: 5n, headers: [['h', null]] },
    { topic: 't', key: utf8('b'), value: null },
    { topic: 't', key: null, value: utf8('2') },
    { topic: 't', key: null, value: utf8('3'), partition: 2 },
  ]);
  const records = [...log.records('t')].map(({ partition, offset, timestamp, key, value, headers }) => [
    partition,
    offset,
    timestamp,
    key && Buffer.from(key).toString(),
    value && Buffer.from(value).toString(),
    headers,
  ]);
  // By murmur2, of 3 partitions 'a' goes to 1, and 'b' to 2.
  expect(records).toEqual([
    [0, 0n, 1_000_000n, null, '2', []],
    [1, 0n, 5n, 'a', '1', [['h', null]]],
    [2, 0n, 1_000_000n, 'b', null, []],
    [2, 1n, 1_000_000n, null, '3', []],
  ]);
});

test('what readers get is a copy', () => {
  const log = memoryLog({ topics: { t: 1 } });
  const value = utf8('before');
  log.produce([{ topic: 't', key: null, value }]);
  value.fill(0);
  const [record] = log.records('t');
  record?.value?.fill(1);
  const [again] = log.records('t');
  expect(Buffer.from(again?.value ?? []).toString()).toBe('before');
});

test('a fetch does not run into what is appended to its last batch later', async () => {
  const log = memoryLog({ topics: { t: 1 } });
  log.produce([{ topic: 't', key: null, value: utf8('1') }]);
  const source = log.source();
  source.assign([{ topic: 't', partition: 0, offset: 0 }]);
  const [fetched] = await source.poll(0);
  log.produce([{ topic: 't', key: null, value: utf8('2') }]);
  let count = 0;
  while (fetched?.records.next()) count++;
  expect(count).toBe(1);
  expect(fetched?.nextOffset).toBe(1);
  expect(await values(log, 't', 0, 1)).toEqual(['2']);
});

test('unknown topics and partitions are fatal, and say so', async () => {
  const log = memoryLog({ topics: { t: 1 } });
  expect(() => log.produce([{ topic: 'u', key: null, value: null }])).toThrow('there is no topic u; create it first');
  expect(() => log.produce([{ topic: 't', key: null, value: null, partition: 1 }])).toThrow(
    'topic t has no partition 1',
  );
  expect(() => log.createTopic('x', 0)).toThrow('0 is not a number of partitions');
});

test('many records of many sizes come back as they were, whatever was aborted in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          commit: fc.boolean(),
          values: fc.array(
            fc.oneof(
              fc.string(),
              fc.integer({ min: 0, max: 200_000 }).map((n) => 'x'.repeat(n)),
            ),
            { maxLength: 8 },
          ),
        }),
        { maxLength: 8 },
      ),
      fc.integer({ min: 0, max: 40 }),
      async (transactions, from) => {
        const log = memoryLog({ topics: { t: 1 } });
        const producer = await log.producer('p');
        const expected: [number, string][] = [];
        let offset = 0;
        for (const { commit, values } of transactions) {
          for (const value of values) {
            append(producer, 't', 0, 'k', value);
            if (commit) expected.push([offset, value]);
            offset++;
          }
          if (values.length > 0) offset++;
          await (commit ? producer.commit() : producer.abort());
        }
        const { seen, position } = await readAll(log, 't', 0, Math.min(from, offset));
        expect(seen.map(({ offset, value }) => [offset, value])).toEqual(expected.filter(([at]) => at >= from));
        expect(position).toBe(offset);
      },
    ),
    { numRuns: 50 },
  );
});

test('a transaction that nobody ends is aborted in time, whoever asks, and its producer is fenced', async () => {
  const clock = virtualClock();
  const log = memoryLog({ clock, topics: { t: 1 }, transactionTimeout: 3000 });
  const member = await joinGroup(log, { group: 'g', instance: 'a', tasks: 1 });
  await until(() => member.tasks.size === 1);
  const begin = async (id: string): ReturnType<typeof log.producer> => {
    const producer = await log.producer(id);
    append(producer, 't', 0, 'k', id);
    if (!id.startsWith('late')) return producer;
    await producer.commitOffsets(member.member(), [{ topic: 't', partition: 0, offset: 1, metadata: '' }]);
    return producer;
  };
  const later = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => void clock.after(ms, resolve));
  };
  const asks: (() => Promise<unknown>)[] = [
    () => log.bounds([{ topic: 't', partition: 0 }]),
    () => log.openTransactions(''),
    () => log.undecided([{ topic: 't', partition: 0 }]),
    () => log.committedOffsets('g', [{ topic: 't', partition: 0 }]),
  ];
  for (const [i, ask] of asks.entries()) {
    const late = await begin(`late ${i}`);
    await later(1500);
    const timely = await begin(`timely ${i}`);
    expect((await log.openTransactions('')).length).toBe(2);
    await later(1600);
    await ask();
    await expect(late.commit()).rejects.toMatchObject({ kind: 'fenced' });
    await timely.commit();
    expect((await values(log, 't')).at(-1)).toBe(`timely ${i}`);
  }
});

test('a poll gives so much and no more; partitions that were left out come first the next time', async () => {
  const log = memoryLog({ topics: { t: 100 } });
  const value = Buffer.alloc(200_000);
  for (let partition = 0; partition < 100; partition++) {
    log.produce([1, 2, 3].map(() => ({ topic: 't', key: null, value, partition })));
  }
  const source = log.source();
  source.assign(Array.from({ length: 100 }, (_, partition) => ({ topic: 't', partition, offset: 0 })));
  const counts = new Map<number, number>();
  for (let polls = 0; polls < 5; polls++) {
    const fetched = await source.poll(0);
    expect(fetched.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(9 * 1024 * 1024);
    for (const { partition, records } of fetched) {
      while (records.next()) counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
  }
  expect(counts.size).toBe(100);
});

test('each transaction has an epoch of its own, and after the last one another producer id (KIP-890)', async () => {
  const log = memoryLogWith({ topics: { t: 1 } }, { lastEpoch: 2 });
  const producer = await log.producer('p');
  const seen: string[] = [];
  for (let i = 0; i < 7; i++) {
    seen.push(`${producer.producerId}:${producer.epoch}`);
    append(producer, 't', 0, 'k', `${i}`);
    await (i % 3 === 2 ? producer.abort() : producer.commit());
    // Nothing was done: nothing changes.
    await producer.commit();
  }
  expect(seen).toEqual(['1:0', '1:1', '1:2', '2:0', '2:1', '2:2', '3:0']);
  expect(await values(log, 't')).toEqual(['0', '1', '3', '4', '6']);
  const young = await log.producer('p');
  expect([young.producerId, young.epoch]).toEqual([3, 2]);
  await expect(producer.commit()).rejects.toMatchObject({ kind: 'fenced' });
});

test('who waits for what a transaction holds back waits no longer than that may last', async () => {
  const clock = virtualClock();
  const log = memoryLog({ clock, topics: { t: 1 }, transactionTimeout: 3000 });
  append(await log.producer('one'), 't', 0, 'k', 'v');
  const source = log.source();
  source.assign([{ topic: 't', partition: 0, offset: 0 }]);
  const since = clock.monotonic();
  const [fetched] = await source.poll(60_000);
  expect([fetched?.records.next(), fetched?.nextOffset]).toEqual([false, 2]);
  expect(clock.monotonic() - since).toBeLessThan(3100);
});

describe('a compacted topic', () => {
  const spec = { name: 't', partitions: 1, compacted: true, settings: { 'delete.retention.ms': '5000' } };

  test('keeps the last record of each key at its offset, and tombstones for a while', async () => {
    const clock = virtualClock();
    const log = memoryLog({ clock });
    await log.createTopics([spec]);
    const producer = await log.producer('p');
    const write = async (records: readonly (readonly [string, string | null])[], commit = true): Promise<void> => {
      for (const [key, value] of records) append(producer, 't', 0, key, value);
      await (commit ? producer.commit() : producer.abort());
    };
    await write([
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
    ]);
    await write([['b', 'aborted']], false);
    await write([
      ['c', '1'],
      ['b', null],
    ]);
    await write([['d', '1']]);
    const seen = async (from = 0): Promise<unknown> =>
      (await readAll(log, 't', 0, from)).seen.map(({ offset, key, value }) => [offset, key, value]);
    log.compact('t');
    const rest = [
      [2, 'a', '2'],
      [6, 'c', '1'],
      [7, 'b', null],
      [9, 'd', '1'],
    ];
    expect(await seen()).toEqual(rest);
    for (let from = 0; from <= 11; from++) expect(await seen(from)).toEqual(rest.filter(([at]) => Number(at) >= from));
    expect(await log.bounds([{ topic: 't', partition: 0 }])).toMatchObject([{ start: 0, stableEnd: 11, end: 11 }]);
    log.compact('t');
    expect(await seen()).toEqual(rest);
    await new Promise<void>((resolve) => void clock.after(5000, resolve));
    log.compact('t');
    expect(await seen()).toEqual(rest.filter(([, , value]) => value !== null));
    await write([['b', 'again']]);
    expect(await seen(8)).toEqual([
      [9, 'd', '1'],
      [11, 'b', 'again'],
    ]);
  });

  test('leaves gaps that readers of single batches get over', async () => {
    const log = memoryLogWith({}, { fetchBytes: 1 });
    await log.createTopics([spec]);
    const producer = await log.producer('p');
    for (const key of ['a', 'b', 'b', 'b', 'a', 'c']) {
      append(producer, 't', 0, key, 'x');
      await producer.commit();
    }
    log.compact('t');
    for (let from = 0; from < 12; from++) {
      const source = log.source();
      source.assign([{ topic: 't', partition: 0, offset: from }]);
      const seen: number[] = [];
      let position = from;
      for (let polls = 0; position < 12 && polls < 12; polls++) {
        const [fetched] = await source.poll(0);
        if (fetched === undefined) continue;
        while (fetched.records.next()) seen.push(fetched.records.offset);
        expect(fetched.nextOffset).toBeGreaterThan(position);
        position = fetched.nextOffset;
      }
      expect(seen).toEqual([6, 8, 10].filter((offset) => offset >= from));
    }
  });

  test('leaves undecided records alone, and cursors that were given out', async () => {
    const log = memoryLog();
    await log.createTopics([spec]);
    const producer = await log.producer('p');
    for (let i = 0; i < 3; i++) {
      append(producer, 't', 0, 'k', `${i}`);
      await producer.commit();
    }
    const source = log.source();
    source.assign([{ topic: 't', partition: 0, offset: 0 }]);
    const [fetched] = await source.poll(0);
    append(producer, 't', 0, 'k', 'open');
    log.compact('t');
    const records: string[] = [];
    while (fetched?.records.next()) {
      const { bytes, valueStart, valueEnd } = fetched.records;
      records.push(bytes.toString('utf8', valueStart, valueEnd));
    }
    expect(records).toEqual(['0', '1', '2']);
    expect(await values(log, 't')).toEqual(['2']);
    await producer.commit();
    log.compact('t');
    expect((await values(log, 't')).at(-1)).toBe('open');
  });

  test('is compacted by itself in the long run, and gives memory back', async () => {
    const log = memoryLog();
    await log.createTopics([spec, { name: 'plain', partitions: 1 }]);
    const producer = await log.producer('p');
    for (let i = 0; i < 80_000; i++) {
      append(producer, 't', 0, `k${i % 10}`, `${i}`);
      append(producer, 'plain', 0, `k${i % 10}`, `${i}`);
      if (i % 100 === 99) await producer.commit();
    }
    const left = await values(log, 't');
    expect(left.length).toBeLessThan(33_000);
    expect(left.slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => `${79_990 + i}`));
    expect((await values(log, 'plain')).length).toBe(80_000);
  });
});

test('a member that ends without leaving keeps its tasks until its session times out', async () => {
  const clock = virtualClock();
  const log = memoryLog({ clock, sessionTimeout: 6000 });
  const a = await joinGroup(log, { group: 'g', instance: 'a', tasks: 1 });
  await until(() => a.tasks.size === 1);
  const since = clock.monotonic();
  await a.end({ leave: false });
  const b = await joinGroup(log, { group: 'g', instance: 'b', tasks: 1 });
  await until(() => b.tasks.size === 1);
  expect(clock.monotonic() - since).toBeGreaterThan(5999);
  expect(a.told).toEqual(['assigned 0']);
});

test('a member that does not let its tasks go is expelled in time', async () => {
  const clock = virtualClock();
  const log = memoryLog({ clock, rebalanceTimeout: 3000 });
  const a = await joinGroup(log, { group: 'g', instance: 'a', tasks: 2 }, () => new Promise(() => undefined));
  await until(() => a.tasks.size === 2);
  const b = await joinGroup(log, { group: 'g', instance: 'b', tasks: 2 });
  await until(() => b.tasks.size === 2);
  expect(a.told).toEqual(['assigned 0 1', 'revoked 1', 'lost: expelled']);
});

test('tasks are shared evenly, and none is lost, taken twice or moved without need', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 20 }),
      fc.infiniteStream(fc.nat()),
      (members, tasks, random) => {
        const held: number[][] = Array.from({ length: members }, () => []);
        for (let task = 0; task < tasks; task++) {
          const owner = random.next().value % (members + 1);
          held[owner]?.push(task);
        }
        const shares = shareTasks(held, tasks);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, task) => task));
        const sizes = shares.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // Who holds no more than the smallest share keeps all of it.
        held.forEach((own, i) => {
          if (own.length <= Math.floor(tasks / members)) expect(shares[i]).toEqual(expect.arrayContaining(own));
        });
      },
    ),
    { numRuns: 300 },
  );
});

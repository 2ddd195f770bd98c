import { memoryLog } from '@kgen/runtime/memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareTasks } from '../../runtime/src/log/memory/share-tasks.ts';
import { virtualClock } from '../task/virtual-clock.ts';
import { describeLog } from './contract.ts';
import { append, joinGroup, readAll, until, values } from './harness.ts';

let names = 0;
describeLog('the embedded log', async () => ({ log: memoryLog(), unique: (name) => `${name}-${++names}` }));

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
  expect(a.told).toEqual(['assigned 0 1', 'revoked 1', 'lost']);
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

import { isLogError, type Log } from '@kgen/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeHeld } from './contract-held.ts';
import { describeLayouts } from './contract-layouts.ts';
import { describePositions, type ShrinkingLog } from './contract-positions.ts';
import { describeSeats } from './contract-seats.ts';
import { describeTime, type TimedLog } from './contract-time.ts';
import { append, joinGroup, nextRecord, readAll, record, turns, until, values } from './harness.ts';

type Isolation = NonNullable<Parameters<Log['source']>[0]>;

export interface LogUnderTest {
  readonly log: Log;
  /** Makes names that no other test has used. */
  readonly unique: (name: string) => string;
  /** Sends what was appended, where a log would keep it until the commit. */
  readonly sent?: (producer: Awaited<ReturnType<Log['producer']>>) => Promise<void>;
  /** Time enough for what must not happen. */
  readonly quiet?: () => Promise<void>;
  /** The same log, or one like it, which ends transactions after a few seconds that nobody ended. */
  readonly impatient: Log;
  /** The same log, or one like it, in which members that end without leaving keep their place for some seconds. */
  readonly seated?: Log;
  /** Compacts a topic, where that does not happen by itself. */
  readonly compact?: TimedLog['compact'];
  /** Deletes records, as retention does. */
  readonly deleteRecords: ShrinkingLog['deleteRecords'];
}

/** What every log must do. */
export function describeLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(name, () => {
    let log: Log;
    let unique: (name: string) => string;
    let sent: NonNullable<LogUnderTest['sent']>;
    let quiet: NonNullable<LogUnderTest['quiet']>;
    let opened: LogUnderTest;
    beforeAll(async () => {
      opened = await open();
      ({ log, unique, sent = async () => undefined, quiet = () => turns(10) } = opened);
    });

    describeTime({
      log: () => log,
      impatient: () => opened.impatient,
      unique: (name) => unique(name),
      sent: (producer) => sent(producer),
      compact: (topic) => opened.compact?.(topic),
    });

    describePositions({
      log: () => log,
      unique: (name) => unique(name),
      sent: (producer) => sent(producer),
      deleteRecords: (partition, before) => opened.deleteRecords(partition, before),
    });
    describeLayouts({ log: () => log, unique: (name) => unique(name) });
    describeHeld({ log: () => log, unique: (name) => unique(name), quiet: () => quiet() });

    describeSeats({ log: () => opened.seated ?? log, unique: (name) => unique(name), quiet: () => quiet() });

    /** A commit that is answered is decided, and seen soon. */
    async function decided(topic: string): Promise<void> {
      const isDecided = async (): Promise<boolean> =>
        (await log.bounds([{ topic, partition: 0 }])).every(({ stableEnd, end }) => stableEnd === end);
      await expect.poll(isDecided, { timeout: 10_000, interval: 5 }).toBe(true);
    }

    /** The values of a partition, when all that is decided is seen to be. */
    async function expectValues(
      expected: readonly string[],
      ...of: [topic: string, partition?: number, from?: number]
    ): Promise<void> {
      await expect.poll(() => values(log, ...of), { timeout: 10_000, interval: 5 }).toEqual(expected);
    }

    async function newTopic(partitions = 1): Promise<string> {
      const topic = unique('topic');
      await log.createTopics([{ name: topic, partitions }]);
      return topic;
    }

    async function kindOf(request: () => unknown): Promise<string> {
      try {
        await request();
      } catch (error) {
        if (isLogError(error)) return error.kind;
        throw error;
      }
      return 'no error';
    }

    describe('topics', () => {
      test('are found with their partitions and an id; missing ones are left out', async () => {
        const topic = await newTopic(3);
        const found = await log.topics([topic, unique('missing')]);
        expect([...found.keys()]).toEqual([topic]);
        expect(found.get(topic)?.partitions).toBe(3);
        expect(found.get(topic)?.id).not.toBe((await log.topics([await newTopic()])).values().next().value?.id);
        expect([...(await log.topics()).keys()]).toContain(topic);
      });

      test('may be created again, with the same number of partitions only', async () => {
        const topic = await newTopic(3);
        await log.createTopics([{ name: topic, partitions: 3 }]);
        expect(await kindOf(() => log.createTopics([{ name: topic, partitions: 4 }]))).toBe('fatal');
      });
    });

    describe('transactions', () => {
      test('are seen when they are committed, with key, value, headers and timestamp', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'v');
        append(producer, topic, 0, null, '');
        append(producer, topic, 0, '', null);
        await sent(producer);
        expect((await readAll(log, topic, 0)).seen).toEqual([]);
        await producer.commit();
        await decided(topic);
        const headers = [
          ['h', 'x'],
          ['none', null],
        ];
        expect((await readAll(log, topic, 0)).seen).toEqual([
          { offset: 0, key: 'k', value: 'v', timestamp: 1234, headers },
          { offset: 1, key: null, value: '', timestamp: 1234, headers },
          { offset: 2, key: '', value: null, timestamp: 1234, headers },
        ]);
      });

      test('are never seen when they are aborted; markers take offsets', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'aborted');
        await sent(producer);
        await producer.abort();
        append(producer, topic, 0, 'k', 'committed');
        await producer.commit();
        await decided(topic);
        const { seen, position } = await readAll(log, topic, 0);
        expect(seen.map(({ offset, value }) => [offset, value])).toEqual([[2, 'committed']]);
        expect(position).toBe(4);
        expect(await log.bounds([{ topic, partition: 0 }])).toEqual([
          { topic, partition: 0, start: 0, stableEnd: 4, end: 4 },
        ]);
      });

      test('that are open hold readers of their partitions back, also from what is committed behind them', async () => {
        const topic = await newTopic(2);
        const slow = await log.producer(unique('slow'));
        const fast = await log.producer(unique('fast'));
        append(fast, topic, 0, 'k', 'before');
        await fast.commit();
        await decided(topic);
        append(slow, topic, 0, 'k', 'slow');
        await sent(slow);
        append(fast, topic, 0, 'k', 'behind');
        append(fast, topic, 1, 'k', 'elsewhere');
        await fast.commit();
        await expectValues(['before'], topic);
        await expectValues(['elsewhere'], topic, 1);
        await expect
          .poll(() => log.bounds([{ topic, partition: 0 }]), { timeout: 10_000, interval: 5 })
          .toMatchObject([{ stableEnd: 2, end: 5 }]);
        await slow.commit();
        await expectValues(['before', 'slow', 'behind'], topic);
      });

      test('that hold readers back are told, with where they begin and whose they are', async () => {
        const topic = await newTopic(2);
        const [idA, idB] = [unique('a'), unique('b')];
        const [a, b] = await Promise.all([log.producer(idA), log.producer(idB)]);
        append(a, topic, 0, 'k', '1');
        await a.commit();
        await decided(topic);
        append(a, topic, 0, 'k', '2');
        await sent(a);
        append(b, topic, 0, 'k', '3');
        await sent(b);
        const holders = async (...partitions: readonly number[]): Promise<unknown[]> =>
          (await log.undecided(partitions.map((partition) => ({ topic, partition })))).map((each) => [
            each.transactionalId,
            each.producerId,
            each.partition,
            each.offset,
          ]);
        expect(await holders(0, 1)).toEqual([
          [idA, a.producerId, 0, 2],
          [idB, b.producerId, 0, 3],
        ]);
        expect(await holders(1)).toEqual([]);
        await a.abort();
        await expect.poll(() => holders(0), { timeout: 10_000, interval: 5 }).toEqual([[idB, b.producerId, 0, 3]]);
        await b.commit();
        await decided(topic);
        expect(await holders(0)).toEqual([]);
      });

      test('interleave: of those in one partition, each has its own fate', async () => {
        const topic = await newTopic();
        const one = await log.producer(unique('one'));
        const two = await log.producer(unique('two'));
        for (let i = 0; i < 4; i++) {
          append(one, topic, 0, 'k', `one ${i}`);
          await sent(one);
          append(two, topic, 0, 'k', `two ${i}`);
          await sent(two);
        }
        await two.commit();
        await one.abort();
        await expectValues(['two 0', 'two 1', 'two 2', 'two 3'], topic);
        await expectValues(['two 1', 'two 2', 'two 3'], topic, 0, 3);
      });

      test('may be committed or aborted when nothing was written', async () => {
        const producer = await log.producer(unique('id'));
        await producer.commit();
        await producer.abort();
        await producer.commit();
      });
    });

    describe('fencing', () => {
      test('a new producer of an id ends what the old one left open, and the old one can do nothing', async () => {
        const topic = await newTopic();
        const id = unique('id');
        const old = await log.producer(id);
        append(old, topic, 0, 'k', 'old');
        await sent(old);
        expect(await log.openTransactions(id)).toEqual([id]);
        const young = await log.producer(id);
        expect(young.producerId).toBe(old.producerId);
        expect(young.epoch).toBeGreaterThan(old.epoch);
        expect(await log.openTransactions(id)).toEqual([]);
        expect(await kindOf(() => old.commit())).toBe('fenced');
        expect(
          await kindOf(async () => {
            append(old, topic, 0, 'k', 'old again');
            await old.commit();
          }),
        ).toBe('fenced');
        append(young, topic, 0, 'k', 'young');
        await young.commit();
        await expectValues(['young'], topic);
      });
    });

    test('who is dead fences nobody', async () => {
      const id = unique('id');
      const topic = await newTopic();
      const alive = await log.producer(id);
      append(alive, topic, 0, 'k', 'v');
      const signal = AbortSignal.abort();
      expect(await kindOf(() => log.producer(id, { signal }))).toBe('fatal');
      await alive.commit();
      await expectValues(['v'], topic);
    });

    describe('sealed transactions', () => {
      test('take nothing more; what comes after goes into the next one, when they are committed', async () => {
        const topic = await newTopic();
        const group = unique('group');
        const member = await joinGroup(log, { group, instance: 'a', tasks: 1 });
        await until(() => member.tasks.size === 1);
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'first');
        producer.seal();
        append(producer, topic, 0, 'k', 'second');
        producer.seal();
        append(producer, topic, 0, 'k', 'second too');
        await producer.commitOffsets(member.member(), [{ topic, partition: 0, offset: 1, metadata: '' }]);
        await quiet();
        const [bounds] = await log.bounds([{ topic, partition: 0 }]);
        expect(bounds).toMatchObject({ stableEnd: 0, end: 1 });
        await producer.commit();
        await expectValues(['first'], topic);
        expect(await log.committedOffsets(group, [{ topic, partition: 0 }])).toMatchObject([{ offset: 1 }]);
        await producer.commit();
        await expectValues(['first', 'second', 'second too'], topic);
        await member.end({ leave: true });
      });

      test('that have nothing in them are nothing, and the next one is not held up', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        producer.seal();
        append(producer, topic, 0, 'k', 'v');
        await producer.commit();
        await producer.commit();
        await expectValues(['v'], topic);
        producer.seal();
        await producer.abort();
        append(producer, topic, 0, 'k', 'w');
        await producer.commit();
        await expectValues(['v', 'w'], topic);
      });

      test('are aborted together with what came after them', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'first');
        producer.seal();
        append(producer, topic, 0, 'k', 'second');
        await producer.abort();
        append(producer, topic, 0, 'k', 'again');
        await producer.commit();
        await decided(topic);
        await expectValues(['again'], topic);
      });

      test('let only so much wait for their end; who is asked to wait goes on when it is there', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'first');
        producer.seal();
        const bytes = Buffer.alloc(100_000);
        const place = { bytes, keyStart: -1, keyEnd: -1, valueStart: 0, valueEnd: bytes.length };
        const large = { topic, partition: 0, timestamp: 1, headers: [], ...place };
        let pressure: Promise<void> | undefined;
        let appended = 0;
        for (; pressure === undefined && appended < 1000; appended++) pressure = producer.append(large);
        // Less than 64 MiB.
        expect(appended).toBeLessThan(640);
        let goesOn = false;
        void pressure?.then(() => {
          goesOn = true;
        });
        await quiet();
        expect(goesOn).toBe(false);
        await producer.commit();
        await pressure;
        await producer.commit();
        expect((await log.bounds([{ topic, partition: 0 }]))[0]?.end).toBeGreaterThan(appended);
      });

      test('of which something failed are not committed: a commit says so, and wrote nothing (I5)', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const first = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => first.tasks.size === 2);
        const stale = first.member();
        const second = await joinGroup(log, { group, instance: 'b', tasks: 2 });
        await until(() => second.tasks.size === 1 && first.tasks.size === 1);
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'lost');
        producer.seal();
        append(producer, topic, 0, 'k', 'lost too');
        const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }];
        expect(await kindOf(() => producer.commitOffsets(stale, offsets))).toBe('abortable');
        expect(await kindOf(() => producer.append({ ...record('k', 'x'), topic, partition: 0 }))).toBe('abortable');
        expect(await kindOf(() => producer.commit())).toBe('abortable');
        await quiet();
        expect(await values(log, topic)).toEqual([]);
        await producer.abort();
        append(producer, topic, 0, 'k', 'done again');
        await producer.commitOffsets(first.member(), offsets);
        await producer.commit();
        await expectValues(['done again'], topic);
        expect(await log.committedOffsets(group, offsets)).toMatchObject([{ offset: 1 }]);
        await first.end({ leave: true });
        await second.end({ leave: true });
      });
    });

    describe('records outside of transactions', () => {
      test('are seen soon, with nothing to commit, and by readers of committed records', async () => {
        const topic = await newTopic();
        const producer = await log.idempotentProducer();
        append(producer, topic, 0, 'k', 'v');
        append(producer, topic, 0, null, 'w');
        await expectValues(['v', 'w'], topic);
        expect(await log.bounds([{ topic, partition: 0 }])).toMatchObject([{ stableEnd: 2, end: 2 }]);
        producer.close();
      });

      test('are there when they are flushed, in order, once', async () => {
        const topic = await newTopic(3);
        const producer = await log.idempotentProducer();
        for (let i = 0; i < 300; i++) append(producer, topic, i % 3, 'k', String(i));
        const flushed = producer.flush();
        append(producer, topic, 0, 'k', 'behind');
        await flushed;
        for (const partition of [0, 1, 2]) {
          const wanted = Array.from({ length: 100 }, (_, i) => String(3 * i + partition));
          expect((await values(log, topic, partition)).slice(0, 100)).toEqual(wanted);
        }
        await producer.flush();
        expect((await values(log, topic)).slice(100)).toEqual(['behind']);
        await producer.flush();
        producer.close();
      });

      test('are not held back by transactions of their partition for who reads before those', async () => {
        const topic = await newTopic();
        const plain = await log.idempotentProducer();
        const other = await log.producer(unique('id'));
        append(plain, topic, 0, 'k', 'before');
        await plain.flush();
        append(other, topic, 0, 'k', 'open');
        await sent(other);
        append(plain, topic, 0, 'k', 'behind');
        await plain.flush();
        await expectValues(['before'], topic);
        await other.abort();
        await expectValues(['before', 'behind'], topic);
      });

      test('of producers with ids of their own are nothing to each other', async () => {
        const topic = await newTopic();
        const [one, two] = [await log.idempotentProducer(), await log.idempotentProducer()];
        expect(one.producerId).not.toBe(two.producerId);
        append(one, topic, 0, 'k', '1');
        await one.flush();
        append(two, topic, 0, 'k', '2');
        await two.flush();
        one.close();
        expect(await kindOf(() => one.append({ ...record('k', 'x'), topic, partition: 0 }))).toBe('fatal');
        append(two, topic, 0, 'k', '3');
        await two.flush();
        await expectValues(['1', '2', '3'], topic);
      });

      test('have an end where nobody waits for their producer any more', async () => {
        const signal = AbortSignal.abort();
        expect(await kindOf(() => log.idempotentProducer({ signal }))).toBe('fatal');
      });
    });

    describe('sources that are told to read what is not committed', () => {
      test('give records of transactions that are undecided, and of those that were aborted, in order', async () => {
        const topic = await newTopic();
        const [one, two] = [await log.producer(unique('one')), await log.producer(unique('two'))];
        append(one, topic, 0, 'k', 'aborted');
        await sent(one);
        await one.abort();
        append(two, topic, 0, 'k', 'open');
        await sent(two);
        const behind = await log.idempotentProducer();
        append(behind, topic, 0, 'k', 'behind');
        await behind.flush();
        const read = async (isolation?: Isolation): Promise<(string | null)[]> => {
          const source = log.source(isolation);
          source.assign([{ topic, partition: 0, offset: 0 }]);
          const seen: (string | null)[] = [];
          for (let polls = 0; polls < 5; polls++) {
            for (const { records } of await source.poll(50)) {
              while (records.next()) seen.push(records.bytes.toString('utf8', records.valueStart, records.valueEnd));
            }
          }
          source.close();
          return seen;
        };
        await expect.poll(() => read('read_uncommitted'), { timeout: 10_000 }).toEqual(['aborted', 'open', 'behind']);
        expect(await read()).toEqual([]);
        await two.abort();
        await expect.poll(() => read('read_committed'), { timeout: 10_000 }).toEqual(['behind']);
        await expect.poll(() => read('read_uncommitted'), { timeout: 10_000 }).toEqual(['aborted', 'open', 'behind']);
      });
    });

    describe('offsets outside of transactions', () => {
      test('count at once, and the last ones count', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const member = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => member.tasks.size === 2);
        const both = [0, 1].map((partition) => ({ topic, partition }));
        await log.commitOffsets(member.member(), []);
        await log.commitOffsets(member.member(), [{ topic, partition: 1, offset: 5, metadata: 'five' }]);
        expect(await log.committedOffsets(group, both)).toEqual([{ topic, partition: 1, offset: 5, metadata: 'five' }]);
        await log.commitOffsets(member.member(), [
          { topic, partition: 0, offset: 1, metadata: '' },
          { topic, partition: 1, offset: 4, metadata: 'four' },
        ]);
        const [first, second] = await log.committedOffsets(group, both);
        expect([first?.offset, second?.offset, second?.metadata]).toEqual([1, 4, 'four']);
        await member.end({ leave: true });
      });

      test('are refused from an older generation (abort) and from who is no member (fenced)', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const first = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => first.tasks.size === 2);
        const stale = first.member();
        const second = await joinGroup(log, { group, instance: 'b', tasks: 2 });
        await until(() => second.tasks.size === 1 && first.tasks.size === 1);
        const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }];
        expect(await kindOf(() => log.commitOffsets(stale, offsets))).toBe('abortable');
        expect(await log.committedOffsets(group, offsets)).toEqual([]);
        await log.commitOffsets(first.member(), offsets);
        await first.end({ leave: true });
        expect(await kindOf(() => log.commitOffsets(first.member(), offsets))).toBe('fenced');
        expect(await log.committedOffsets(group, offsets)).toMatchObject([{ offset: 1 }]);
        await second.end({ leave: true });
      });
    });

    describe('offsets', () => {
      test('count when their transaction commits, and are left out where nothing was committed', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const member = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => member.tasks.size === 2);
        const producer = await log.producer(unique('id'));
        const both = [0, 1].map((partition) => ({ topic, partition }));
        await producer.commitOffsets(member.member(), [{ topic, partition: 1, offset: 5, metadata: 'five' }]);
        await producer.abort();
        expect(await log.committedOffsets(group, both)).toEqual([]);
        await producer.commitOffsets(member.member(), [{ topic, partition: 1, offset: 7, metadata: 'seven' }]);
        await producer.commit();
        const seven = [{ topic, partition: 1, offset: 7, metadata: 'seven' }];
        expect(await log.committedOffsets(group, both)).toEqual(seven);
        expect(await log.committedOffsets(group)).toEqual(seven);
        expect(await log.committedOffsets(group, [])).toEqual([]);
        expect(await log.committedOffsets(unique('other'), both)).toEqual([]);
        expect(await log.committedOffsets(unique('other'))).toEqual([]);
        await member.end({ leave: true });
      });

      test('are waited for while a transaction over them is undecided, and only over them', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const member = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => member.tasks.size === 2);
        const producer = await log.producer(unique('id'));
        await producer.commitOffsets(member.member(), [{ topic, partition: 0, offset: 3, metadata: '' }]);
        expect(await log.committedOffsets(group, [{ topic, partition: 1 }])).toEqual([]);
        let answer: unknown;
        const asked = log.committedOffsets(group, [{ topic, partition: 0 }]).then((offsets) => {
          answer = offsets;
        });
        await quiet();
        expect(answer).toBe(undefined);
        await producer.commit();
        await asked;
        expect(answer).toEqual([{ topic, partition: 0, offset: 3, metadata: '' }]);
        await member.end({ leave: true });
      });

      test('are refused from an older generation (abort) and from who is no member (fenced)', async () => {
        const topic = await newTopic(2);
        const group = unique('group');
        const first = await joinGroup(log, { group, instance: 'a', tasks: 2 });
        await until(() => first.tasks.size === 2);
        const stale = first.member();
        const second = await joinGroup(log, { group, instance: 'b', tasks: 2 });
        await until(() => second.tasks.size === 1 && first.tasks.size === 1);
        const producer = await log.producer(unique('id'));
        const offsets = [{ topic, partition: 0, offset: 1, metadata: '' }];
        expect(await kindOf(() => producer.commitOffsets(stale, offsets))).toBe('abortable');
        await producer.abort();
        await producer.commitOffsets(first.member(), offsets);
        await producer.commit();
        await first.end({ leave: true });
        expect(await kindOf(() => producer.commitOffsets(first.member(), offsets))).toBe('fenced');
        await second.end({ leave: true });
      });
    });

    describe('groups', () => {
      test('share tasks, and move no more of them than they must', async () => {
        const group = unique('group');
        const a = await joinGroup(log, { group, instance: 'a', tasks: 5 });
        await until(() => a.tasks.size === 5);
        const b = await joinGroup(log, { group, instance: 'b', tasks: 5 });
        await until(() => b.tasks.size === 2 && a.tasks.size === 3);
        expect([...(await log.instances(group))].sort()).toEqual(['a', 'b']);
        const kept = [...a.tasks];
        const c = await joinGroup(log, { group, instance: 'c', tasks: 5 });
        await until(() => c.tasks.size === 1);
        expect([...a.tasks, ...b.tasks, ...c.tasks].sort()).toEqual([0, 1, 2, 3, 4]);
        for (const task of a.tasks) expect(kept).toContain(task);
        const generation = a.member().generation;
        await b.end({ leave: true });
        await until(() => a.tasks.size + c.tasks.size === 5);
        expect(a.member().generation).toBeGreaterThan(generation);
        expect(await log.instances(group)).not.toContain('b');
        await a.end({ leave: true });
        await c.end({ leave: true });
      });

      test('give a task to another only when its owner has let it go', async () => {
        const group = unique('group');
        const letGo = Promise.withResolvers<void>();
        const a = await joinGroup(log, { group, instance: 'a', tasks: 2 }, () => letGo.promise);
        await until(() => a.tasks.size === 2);
        const b = await joinGroup(log, { group, instance: 'b', tasks: 2 });
        await until(() => a.told.some((told) => /^revoked [01]$/.test(told)));
        await quiet();
        expect(b.tasks.size).toBe(0);
        letGo.resolve();
        await until(() => b.tasks.size === 1);
        expect(a.tasks.size).toBe(1);
        await a.end({ leave: true });
        await b.end({ leave: true });
      });

      test('let a static member take the place of its predecessor at once, which is told so', async () => {
        const group = unique('group');
        const old = await joinGroup(log, { group, instance: 'one', static: true, tasks: 2 });
        await until(() => old.tasks.size === 2);
        const young = await joinGroup(log, { group, instance: 'one', static: true, tasks: 2 });
        await until(() => young.tasks.size === 2);
        await until(() => old.told.at(-1) === 'lost: replaced');
        const producer = await log.producer(unique('id'));
        const topic = await newTopic();
        const offsets = [{ topic, partition: 0, offset: 0, metadata: '' }];
        expect(await kindOf(() => producer.commitOffsets(old.member(), offsets))).toBe('fenced');
        await producer.abort();
        await young.end({ leave: true });
      });
    });

    describe('members that die', () => {
      test.for([0, 1, 3, 10, 40, 150])('as they join, after %s ms, say nothing to the group any more', async (ms) => {
        const group = unique('group');
        const death = new AbortController();
        const dying = joinGroup(log, { group, instance: 'one', static: true, tasks: 2, signal: death.signal });
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        death.abort();
        const young = await joinGroup(log, { group, instance: 'one', static: true, tasks: 2 });
        await until(() => young.tasks.size === 2);
        const dead = await dying;
        await quiet();
        expect([dead.told.filter((told) => !told.startsWith('assigned')), [...young.told]]).toEqual([
          [],
          ['assigned 0 1'],
        ]);
        await dead.end({ leave: true });
        await quiet();
        expect([...young.tasks]).toEqual([0, 1]);
        expect(await log.instances(group)).toEqual(['one']);
        await young.end({ leave: true });
      });

      test('before they join, are never seen', async () => {
        const group = unique('group');
        const dead = await joinGroup(log, { group, instance: 'one', tasks: 2, signal: AbortSignal.abort() });
        await quiet();
        expect([dead.told, await log.instances(group)]).toEqual([[], []]);
        await dead.end({ leave: true });
      });
    });

    describe('sources', () => {
      test('tell under which leader records were written, and logs where that ends', async () => {
        const topic = await newTopic();
        const producer = await log.producer(unique('id'));
        append(producer, topic, 0, 'k', 'v');
        await producer.commit();
        await decided(topic);
        const source = log.source();
        source.assign([{ topic, partition: 0, offset: 0 }]);
        let leaderEpoch = -1;
        for (let next = 0; next === 0; ) {
          const [fetched] = await source.poll(1000);
          ({ leaderEpoch, nextOffset: next } = fetched ?? { leaderEpoch, nextOffset: next });
        }
        source.close();
        expect(leaderEpoch).toBeGreaterThanOrEqual(0);
        const [bounds] = await log.bounds([{ topic, partition: 0 }]);
        expect(await log.epochEnds([{ topic, partition: 0, leaderEpoch }])).toEqual([bounds?.end]);
        expect(await log.epochEnds([])).toEqual([]);
      });

      test('wait for records, and are woken', async () => {
        const topic = await newTopic();
        const source = log.source();
        source.assign([{ topic, partition: 0, offset: 0 }]);
        expect(await source.poll(1)).toEqual([]);
        const woken = source.poll(60_000);
        source.wake();
        expect(await woken).toEqual([]);
        const producer = await log.producer(unique('id'));
        const fetched = source.poll(60_000);
        append(producer, topic, 0, 'k', 'v');
        await producer.commit();
        expect((await fetched).length).toBe(1);
        source.close();
      });

      test('go on from where they are, pause and resume', async () => {
        const topic = await newTopic(2);
        const producer = await log.producer(unique('id'));
        const source = log.source();
        source.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })));
        append(producer, topic, 0, 'k', 'a');
        append(producer, topic, 1, 'k', 'b');
        await producer.commit();
        source.pause({ topic, partition: 0 });
        expect(await nextRecord(source)).toEqual([1, 'b']);
        source.resume({ topic, partition: 0 });
        expect(await nextRecord(source)).toEqual([0, 'a']);
        source.unassign([{ topic, partition: 0 }]);
        append(producer, topic, 0, 'k', 'a');
        await producer.commit();
        await quiet();
        // Of the other one the marker of its transaction may be news.
        expect((await source.poll(1)).filter(({ partition }) => partition === 0)).toEqual([]);
        source.close();
      });
    });
  });
}

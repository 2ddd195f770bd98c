import { isLogError, type Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import type { RecordCursor } from '../../runtime/src/log/port.ts';
import { append, joinGroup, readAll, until, values } from './harness.ts';

type Producer = Awaited<ReturnType<Log['producer']>>;

/** A log, and what time does to it. */
export interface TimedLog {
  readonly log: () => Log;
  /** The same log, or one like it, which ends transactions after a few seconds that nobody ended. */
  readonly impatient: () => Log;
  readonly unique: (name: string) => string;
  /** Sends what was appended, where a log would keep it until the commit. */
  readonly sent: (producer: Producer) => Promise<void>;
  /** Compacts a topic, where that does not happen by itself. */
  readonly compact: (topic: string) => void;
}

type Times = Pick<RecordCursor, 'timestamp' | 'isAppendTime' | 'leaderEpoch'>;

const SOON = { timeout: 20_000, interval: 20 };

/** What every log must do in time, and with several transactions at once. */
export function describeTime({ log, impatient, unique, sent, compact }: TimedLog): void {
  async function newTopic(of: Log, partitions = 1): Promise<string> {
    const topic = unique('topic');
    await of.createTopics([{ name: topic, partitions }]);
    return topic;
  }

  describe('timestamps', () => {
    test("are the producers', or the log's own where the topic says so; and records know under which leader they were written", async () => {
      const own = await newTopic(log());
      const dated = unique('topic');
      const settings = { 'message.timestamp.type': 'LogAppendTime' };
      await log().createTopics([{ name: dated, partitions: 1, settings }]);
      const producer = await log().producer(unique('id'));
      for (const topic of [own, dated]) append(producer, topic, 0, 'k', 'v');
      await producer.commit();
      expect(await timesOf(own)).toEqual({ timestamp: 1234, isAppendTime: false, leaderEpoch: 0 });
      const { timestamp, ...others } = await timesOf(dated);
      expect(others).toEqual({ isAppendTime: true, leaderEpoch: 0 });
      expect(timestamp).toBeGreaterThan(1234);
    });

    async function timesOf(topic: string): Promise<Times> {
      const source = log().source();
      source.assign([{ topic, partition: 0, offset: 0 }]);
      try {
        for (;;) {
          for (const { records } of await source.poll(1000)) {
            if (!records.next()) continue;
            const { timestamp, isAppendTime, leaderEpoch } = records;
            return { timestamp, isAppendTime, leaderEpoch };
          }
        }
      } finally {
        source.close();
      }
    }
  });

  describe('transactions that nobody ends', () => {
    test('are aborted in time: readers go on, and the producer is fenced', async () => {
      const timed = impatient();
      const topic = await newTopic(timed);
      const id = unique('id');
      const group = unique('group');
      const member = await joinGroup(timed, { group, instance: 'a', tasks: 1 });
      await until(() => member.tasks.size === 1);
      const [late, other] = await Promise.all([timed.producer(id), timed.producer(unique('other'))]);
      append(late, topic, 0, 'k', 'late');
      await sent(late);
      await late.commitOffsets(member.member(), [{ topic, partition: 0, offset: 7, metadata: '' }]);
      append(other, topic, 0, 'k', 'behind');
      await other.commit();
      expect(await timed.openTransactions(id)).toEqual([id]);
      expect(await values(timed, topic)).toEqual([]);
      await expect.poll(() => values(timed, topic), SOON).toEqual(['behind']);
      expect(await timed.openTransactions(id)).toEqual([]);
      expect(await timed.committedOffsets(group, [{ topic, partition: 0 }])).toEqual([]);
      // Either way the incarnation is over; what became of the commit may be beyond what a log can tell.
      expect(['fenced', 'unknown-outcome']).toContain(await late.commit().then(() => 'committed', kindOf));
      const young = await timed.producer(id);
      append(young, topic, 0, 'k', 'young');
      await young.commit();
      await expect.poll(() => values(timed, topic), SOON).toEqual(['behind', 'young']);
      await member.end({ leave: true });
    });
  });

  describe('several transactions at once', () => {
    test('each count whole or not at all, in the order of their producer', async () => {
      const topic = await newTopic(log(), 3);
      const expected: string[][] = [[], [], []];
      const work = async (name: string): Promise<void> => {
        const producer = await log().producer(unique(name));
        for (let round = 0; round < 6; round++) {
          const commits = (round + name.length) % 3 !== 0;
          for (let partition = 0; partition < 3; partition++) {
            append(producer, topic, partition, name, `${name} ${round}`);
            if (commits) expected[partition]?.push(`${name} ${round}`);
          }
          if (round % 2 === 0) await sent(producer);
          await (commits ? producer.commit() : producer.abort());
        }
      };
      const names = ['a', 'bb', 'ccc', 'dddd'];
      await Promise.all(names.map(work));
      for (let partition = 0; partition < 3; partition++) {
        const wanted = expected[partition] ?? [];
        await expect.poll(async () => (await values(log(), topic, partition)).length, SOON).toBe(wanted.length);
        const seen = await values(log(), topic, partition);
        for (const name of names) {
          const own = (value: string | null): boolean => value?.startsWith(`${name} `) === true;
          expect(seen.filter(own)).toEqual(wanted.filter(own));
        }
      }
    });

    test('over the same offsets: all are waited for, and those count that were added last', async () => {
      const topic = await newTopic(log());
      const group = unique('group');
      const member = await joinGroup(log(), { group, instance: 'a', tasks: 1 });
      await until(() => member.tasks.size === 1);
      const [one, two] = [await log().producer(unique('one')), await log().producer(unique('two'))];
      await one.commitOffsets(member.member(), [{ topic, partition: 0, offset: 5, metadata: 'first' }]);
      await two.commitOffsets(member.member(), [{ topic, partition: 0, offset: 3, metadata: 'second' }]);
      await two.commit();
      let answered = false;
      const asked = log()
        .committedOffsets(group, [{ topic, partition: 0 }])
        .finally(() => {
          answered = true;
        });
      await log().topics([topic]);
      expect(answered).toBe(false);
      await one.commit();
      expect(await asked).toMatchObject([{ offset: 3, metadata: 'second' }]);
      await member.end({ leave: true });
    });

    test('of one id: the offsets of the one that a new producer ends never count', async () => {
      const topic = await newTopic(log());
      const [id, group] = [unique('id'), unique('group')];
      const member = await joinGroup(log(), { group, instance: 'a', tasks: 1 });
      await until(() => member.tasks.size === 1);
      const old = await log().producer(id);
      await old.commitOffsets(member.member(), [{ topic, partition: 0, offset: 5, metadata: '' }]);
      await log().producer(id);
      expect(await log().committedOffsets(group, [{ topic, partition: 0 }])).toEqual([]);
      await member.end({ leave: true });
    });
  });

  describe('compacted topics', () => {
    /** Writes until compaction has done what is awaited: brokers leave the newest segment alone. */
    async function untilCompacted(retention: number, done: (seen: readonly string[]) => boolean): Promise<string[]> {
      const name = unique('compacted');
      const settings = {
        'segment.ms': '100',
        'min.cleanable.dirty.ratio': '0.001',
        'delete.retention.ms': String(retention),
      };
      await log().createTopics([{ name, partitions: 1, compacted: true, settings }]);
      const producer = await log().producer(unique('id'));
      const write = async (...records: readonly (readonly [string, string | null])[]): Promise<void> => {
        for (const [key, value] of records) append(producer, name, 0, key, value);
        await producer.commit();
      };
      await write(['a', '1'], ['b', '1'], ['a', '2']);
      append(producer, name, 0, 'a', 'aborted');
      await sent(producer);
      await producer.abort();
      await write(['b', null], ['c', '1']);
      let seen: string[] = [];
      const look = async (): Promise<boolean> => {
        await write(['z', 'filler']);
        compact(name);
        const records = (await readAll(log(), name, 0)).seen.filter(({ key }) => key !== 'z');
        seen = records.map(({ offset, key, value }) => `${offset} ${key}=${value}`);
        return done(seen);
      };
      await expect.poll(look, { timeout: 25_000, interval: 150 }).toBe(true);
      return seen;
    }

    test('keep the last committed value of each key at its offset, and tombstones for a while', {
      timeout: 40_000,
    }, async () => {
      const seen = await untilCompacted(3_600_000, (seen) => seen.length === 3);
      expect(seen).toEqual(['2 a=2', '6 b=null', '7 c=1']);
    });

    test('lose tombstones in time', { timeout: 40_000 }, async () => {
      const seen = await untilCompacted(0, (seen) => seen.length === 2);
      expect(seen).toEqual(['2 a=2', '7 c=1']);
    });
  });
}

function kindOf(error: unknown): string {
  return isLogError(error) ? error.kind : String(error);
}

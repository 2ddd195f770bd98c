import type { Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { isRecordsLost } from '../../runtime/src/log/records-lost.ts';
import { nextRecord, record } from './harness.ts';

type Producer = Awaited<ReturnType<Log['producer']>>;

/** A log, and what takes records away from it. */
export interface ShrinkingLog {
  readonly log: () => Log;
  readonly unique: (name: string) => string;
  /** Sends what was appended, where a log would keep it until the commit. */
  readonly sent: (producer: Producer) => Promise<void>;
  /** Deletes what lies before an offset, as retention does. */
  readonly deleteRecords: (
    partition: { readonly topic: string; readonly partition: number },
    before: number,
  ) => Promise<void>;
}

const SOON = { timeout: 10_000, interval: 5 };

/** Where readers may begin in every log, and where they cannot go on. */
export function describePositions({ log, unique, sent, deleteRecords }: ShrinkingLog): void {
  async function newTopic(): Promise<string> {
    const topic = unique('topic');
    await log().createTopics([{ name: topic, partitions: 2 }]);
    return topic;
  }

  /** One transaction of records with these times. */
  async function commit(topic: string, times: readonly number[]): Promise<void> {
    const producer = await log().producer(unique('id'));
    for (const timestamp of times)
      void producer.append({ topic, partition: 0, ...record('k', String(timestamp)), timestamp });
    await producer.commit();
    const decided = async (): Promise<boolean> =>
      (await log().bounds([{ topic, partition: 0 }])).every(({ stableEnd, end }) => stableEnd === end);
    await expect.poll(decided, SOON).toBe(true);
  }

  describe('positions by time', () => {
    test('are those of the first record of that time or later, whatever comes behind it', async () => {
      const topic = await newTopic();
      const before = Date.now() - 10_000;
      await commit(topic, [before, before + 2000, before + 1000, before + 3000]);
      const at = (...times: number[]): Promise<readonly (number | undefined)[]> =>
        log().offsetsAt(times.map((time) => ({ topic, partition: 0, timestamp: before + time })));
      expect(await at(-1)).toEqual([0]);
      expect(await at(1)).toEqual([1]);
      expect(await at(2000)).toEqual([1]);
      expect(await at(2001)).toEqual([3]);
      expect(await at(Number.MAX_SAFE_INTEGER - before)).toEqual([undefined]);
      // Each partition by itself, in the order of the questions; one without records has none.
      const both = [1, 0].map((partition) => ({ topic, partition, timestamp: before + 3000 }));
      expect(await log().offsetsAt(both)).toEqual([undefined, 3]);
      expect(await log().offsetsAt([{ topic, partition: 0, timestamp: -5 }])).toEqual([0]);
    });

    test('are those of undecided records as well', async () => {
      const topic = await newTopic();
      const producer = await log().producer(unique('id'));
      const timestamp = Date.now();
      void producer.append({ topic, partition: 0, ...record('k', 'v'), timestamp });
      await sent(producer);
      expect(await log().offsetsAt([{ topic, partition: 0, timestamp }])).toEqual([0]);
      await producer.abort();
    });
  });

  describe('records that are deleted', () => {
    test('move the start; a reader below it is told, and others go on when it is elsewhere', async () => {
      const topic = await newTopic();
      const now = Date.now();
      await commit(topic, [now, now + 1, now + 2]);
      const partition = { topic, partition: 0 };
      const source = log().source();
      await deleteRecords(partition, 2);
      expect((await log().bounds([partition]))[0]).toEqual({ ...partition, start: 2, stableEnd: 4, end: 4 });
      expect(await log().offsetsAt([{ ...partition, timestamp: now }])).toEqual([2]);
      for (const offset of [1, 5]) {
        source.assign([{ ...partition, offset }]);
        for (let again = 0; again < 2; again++) {
          const error: unknown = await lost(source);
          expect(error).toMatchObject({ kind: 'fatal', recordsLost: 'out-of-range', ...partition, offset });
          expect(isRecordsLost(error)).toBe(true);
        }
      }
      source.assign([{ ...partition, offset: 2 }]);
      expect(await nextRecord(source)).toEqual([0, String(now + 2)]);
      source.close();
    });

    test('are lost with their topic: a reader of it is told when another one has its name', async () => {
      const topic = await newTopic();
      const partition = { topic, partition: 0 };
      await commit(topic, [1, 2]);
      const { id = '' } = (await log().topics([topic])).get(topic) ?? {};
      const before = log().source();
      before.assign([{ ...partition, offset: 0, id }]);
      expect(await nextRecord(before)).toEqual([0, '1']);
      await log().deleteTopics([{ name: topic, id }]);
      await expect.poll(async () => (await log().topics([topic])).size, SOON).toBe(0);
      await log().createTopics([{ name: topic, partitions: 2 }]);
      await commit(topic, [3, 4, 5]);
      const after = log().source();
      after.assign([{ ...partition, offset: 0, id }]);
      for (const source of [before, after])
        expect(await lost(source)).toMatchObject({ kind: 'fatal', recordsLost: 'recreated', ...partition });
      after.assign([{ ...partition, offset: 0 }]);
      expect(await nextRecord(after)).toEqual([0, '3']);
      before.close();
      after.close();
    });
  });
}

/** What the next polls throw. */
async function lost(source: ReturnType<Log['source']>): Promise<unknown> {
  for (let polls = 0; polls < 20; polls++) {
    try {
      await source.poll(1000);
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

import type { Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { append, joinGroup, until, values } from './harness.ts';

export interface HeldLog {
  readonly log: () => Log;
  readonly unique: (name: string) => string;
  readonly quiet: () => Promise<void>;
}

/** What every log must do with producers that write one after the other in the same partitions (I15). */
export function describeHeld({ log, unique, quiet }: HeldLog): void {
  describe('producers that are held', () => {
    async function world(): Promise<{ topic: string; producers: Awaited<ReturnType<Log['producer']>>[] }> {
      const topic = unique('topic');
      await log().createTopics([{ name: topic, partitions: 2 }]);
      const id = unique('id');
      return { topic, producers: await Promise.all([0, 1].map((n) => log().producer(`${id}/${n}`))) };
    }
    const end = async (topic: string): Promise<number | undefined> =>
      (await log().bounds([{ topic, partition: 0 }]))[0]?.end;
    const seen = (topic: string) => expect.poll(() => values(log(), topic), { timeout: 10_000, interval: 5 });

    test('write when they are released, behind what another has flushed', async () => {
      const { topic, producers } = await world();
      const [first, second] = producers as [(typeof producers)[number], (typeof producers)[number]];
      second.hold();
      append(second, topic, 0, 'k', 'third');
      append(first, topic, 0, 'k', 'first');
      append(first, topic, 0, 'k', 'second');
      first.seal();
      await first.flush();
      expect(await end(topic)).toBe(2);
      second.seal();
      await quiet();
      expect(await end(topic)).toBe(2);
      const flushed = second.flush();
      second.release();
      await flushed;
      expect(await end(topic)).toBe(3);
      await first.commit();
      await second.commit();
      await seen(topic).toEqual(['first', 'second', 'third']);
    });

    test('have offsets of their own: those count that were added last, when both are committed in their order', async () => {
      const { topic, producers } = await world();
      const [first, second] = producers as [(typeof producers)[number], (typeof producers)[number]];
      const group = unique('group');
      const member = await joinGroup(log(), { group, instance: 'a', tasks: 1 });
      await until(() => member.tasks.size === 1);
      const at = (offset: number) => [{ topic, partition: 0, offset, metadata: '' }];
      append(first, topic, 1, 'k', 'v');
      first.seal();
      second.hold();
      append(second, topic, 1, 'k', 'w');
      await first.commitOffsets(member.member(), at(5));
      second.release();
      second.seal();
      await second.commitOffsets(member.member(), at(7));
      await first.commit();
      await second.commit();
      expect(await log().committedOffsets(group, [{ topic, partition: 0 }])).toMatchObject([{ offset: 7 }]);
      await member.end({ leave: true });
    });

    test('forget what they held when they are aborted, and go on', async () => {
      const { topic, producers } = await world();
      const [, second] = producers as [(typeof producers)[number], (typeof producers)[number]];
      second.hold();
      append(second, topic, 0, 'k', 'lost');
      await second.abort();
      append(second, topic, 0, 'k', 'kept');
      await second.flush();
      expect(await end(topic)).toBe(1);
      second.hold();
      second.release();
      second.release();
      append(second, topic, 0, 'k', 'kept too');
      await second.commit();
      await seen(topic).toEqual(['kept', 'kept too']);
    });
  });
}

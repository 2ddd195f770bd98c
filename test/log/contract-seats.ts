import type { Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import { newSeat } from '../../runtime/src/log/port.ts';
import { joinGroup, until } from './harness.ts';

export interface SeatedLog {
  /** Members that end without leaving are members for a while. */
  readonly log: () => Log;
  readonly unique: (name: string) => string;
  readonly quiet: () => Promise<void>;
}

/** What every log must do with members under a configured name that come again within their process. */
export function describeSeats({ log, unique, quiet }: SeatedLog): void {
  describe('members that come again', () => {
    const named = { static: true, tasks: 2 } as const;

    test('go on where they were, in the same generation, and nobody else is asked for anything', async () => {
      const group = unique('group');
      const seat = newSeat();
      const a = await joinGroup(log(), { ...named, group, instance: 'a', seat });
      await until(() => a.tasks.size === 2);
      const b = await joinGroup(log(), { ...named, group, instance: 'b' });
      await until(() => a.tasks.size === 1 && b.tasks.size === 1);
      await until(() => a.told.at(-1)?.startsWith('assigned') === true);
      await quiet();
      const [told, { generation }] = [b.told.length, b.member()];
      await a.end({ leave: false });
      const again = await joinGroup(log(), { ...named, group, instance: 'a', seat });
      await until(() => again.tasks.size === 1);
      await quiet();
      expect([...again.tasks]).toEqual([...a.tasks]);
      expect([again.member().generation, b.member().generation]).toEqual([generation, generation]);
      expect(b.told.length).toBe(told);
      for (const member of [again, b]) await member.end({ leave: true });
    });

    test('are told that another has their name by now, which stays', async () => {
      const group = unique('group');
      const seat = newSeat();
      const old = await joinGroup(log(), { ...named, group, instance: 'one', seat });
      await until(() => old.tasks.size === 2);
      await old.end({ leave: false });
      const young = await joinGroup(log(), { ...named, group, instance: 'one', seat: newSeat() });
      await until(() => young.tasks.size === 2);
      const told: string[] = [];
      const listener = {
        revoked: async () => undefined,
        assigned: () => void told.push('assigned'),
        lost: (why: string) => void told.push(why),
      };
      // Some logs refuse the call as well.
      const again = { ...named, group, instance: 'one', layout: [], seat };
      await log()
        .join(again, listener)
        .catch(() => undefined);
      await until(() => told.length > 0);
      await quiet();
      expect(told).toEqual(['replaced']);
      expect(young.told).toEqual(['assigned 0 1']);
      await young.end({ leave: true });
    });

    test('are new where the group has forgotten them', async () => {
      const group = unique('group');
      const seat = newSeat();
      const old = await joinGroup(log(), { ...named, group, instance: 'one', seat });
      await until(() => old.tasks.size === 2);
      await old.end({ leave: true });
      const again = await joinGroup(log(), { ...named, group, instance: 'one', seat });
      await until(() => again.tasks.size === 2);
      expect(again.told).toEqual(['assigned 0 1']);
      // And known from then on.
      const other = await joinGroup(log(), { ...named, group, instance: 'one' });
      await until(() => other.tasks.size === 2);
      await until(() => again.told.at(-1) === 'lost: replaced');
      await other.end({ leave: true });
    });

    test('with other inputs are dealt with as the group is with those', async () => {
      const group = unique('group');
      const seat = newSeat();
      const before = await joinGroup(log(), { ...named, group, instance: 'one', seat });
      await until(() => before.tasks.size === 2);
      await before.end({ leave: false });
      const grown = await joinGroup(log(), { ...named, tasks: 3, group, instance: 'one', seat });
      await until(() => grown.tasks.size === 3);
      expect(grown.member().generation).toBeGreaterThan(before.member().generation);
      await grown.end({ leave: true });
    });
  });
}

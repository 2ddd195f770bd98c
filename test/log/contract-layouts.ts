import type { Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import type { Layout } from '../../runtime/src/log/port.ts';
import { joinGroup, until } from './harness.ts';

export interface LogWithLayouts {
  readonly log: () => Log;
  readonly unique: (what: string) => string;
}

function reads(partitions: number, ...more: readonly string[]): Layout {
  return ['in', ...more].map((topic) => ({ topic, partitions, global: false }));
}

/** Members that find topics and partitions which others have not found yet. */
export function describeLayouts({ log, unique }: LogWithLayouts): void {
  describe('members that find more to read', () => {
    test('begin with it together, when the last of them has found it, and share what it comes to', async () => {
      const group = unique('group');
      const a = await joinGroup(log(), { group, instance: 'a', tasks: 2 });
      await until(() => a.tasks.size === 2);
      const b = await joinGroup(log(), { group, instance: 'b', tasks: 2 });
      await until(() => a.tasks.size === 1 && b.tasks.size === 1);
      const generation = a.member().generation;
      a.know(reads(4, 'new'));
      await until(() => a.member().generation > generation && b.member().generation === a.member().generation);
      expect([a.follows(), b.follows()]).toEqual([reads(2), reads(2)]);
      expect([a.tasks.size, b.tasks.size]).toEqual([1, 1]);
      b.know(reads(4, 'new'));
      await until(() => a.tasks.size === 2 && b.tasks.size === 2);
      expect([a.follows(), b.follows()]).toEqual([reads(4, 'new'), reads(4, 'new')]);
      expect([...a.tasks, ...b.tasks].toSorted()).toEqual([0, 1, 2, 3]);
      await a.end({ leave: true });
      await b.end({ leave: true });
    });

    test('go on alone until one that joins has found it too', async () => {
      const group = unique('group');
      const a = await joinGroup(log(), { group, instance: 'a', tasks: 3 });
      await until(() => a.tasks.size === 3);
      const late = await joinGroup(log(), { group, instance: 'late', tasks: 2 });
      await until(() => late.follows().length > 0);
      expect(late.follows()).toEqual(reads(3));
      expect([a.tasks.size, late.tasks.size]).toEqual([3, 0]);
      late.know(reads(3));
      await until(() => a.tasks.size + late.tasks.size === 3 && late.tasks.size > 0);
      await a.end({ leave: true });
      await late.end({ leave: true });
    });

    test('all do without a topic that one of them says is gone', async () => {
      const group = unique('group');
      const a = await joinGroup(log(), { group, instance: 'a', tasks: 2 });
      const b = await joinGroup(log(), { group, instance: 'b', tasks: 2 });
      for (const each of [a, b]) each.know(reads(2, 'other'));
      await until(() => a.follows().length === 2 && b.follows().length === 2);
      b.know([...reads(2), { topic: 'other', partitions: 0, global: false }]);
      await until(() => a.follows().length === 1 && b.follows().length === 1);
      await until(() => a.tasks.size === 1 && b.tasks.size === 1);
      await a.end({ leave: true });
      await b.end({ leave: true });
    });
  });
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agree, covers, type Layout, type LayoutMember, shareAgreed, tasksOf } from '../../runtime/src/log/layout.ts';

/** `{ a: 4, rates: '2 global' }` */
function layout(topics: { readonly [topic: string]: number | string }): Layout {
  return Object.entries(topics).map(([topic, partitions]) => ({
    topic,
    partitions: Number.parseInt(String(partitions), 10),
    global: typeof partitions === 'string',
  }));
}

function member(knows: Layout, follows: Layout = [], generation = -1): LayoutMember {
  return { knows, follows, generation };
}

describe('members of a group', () => {
  const small = layout({ a: 2 });
  const large = layout({ a: 4, b: 2 });

  test('begin with what all of them know', () => {
    expect(agree([member(small), member(large)])).toEqual({ layout: small, informed: [true, true] });
    expect(agree([member(large), member(layout({ b: 3, c: 1 }))]).layout).toEqual(layout({ b: 2 }));
  });

  test('go on with what they follow until the last has found more, and then follow it together', () => {
    const before = [member(large, small, 7), member(small, small, 7)];
    expect(agree(before)).toEqual({ layout: small, informed: [true, true] });
    expect(agree([member(large, small, 7), member(large, small, 7)]).layout).toEqual(large);
  });

  test('are not set back by one that knows less: it has no tasks until it knows what the others follow', () => {
    const agreement = agree([member(small), member(large, large, 7), undefined]);
    expect(agreement).toEqual({ layout: large, informed: [false, true, false] });
    expect(shareAgreed(agreement, [[0], [1, 2], []])).toEqual([[], [0, 1, 2, 3], []]);
  });

  test('follow what was told last: one that missed generations does not count', () => {
    expect(agree([member(small, small, 3), member(large, large, 7)]).informed).toEqual([false, true]);
  });

  test('do not hold on to what the last that read it has taken with it', () => {
    // A job that reads another topic now: those that read the old one are gone.
    const renamed = layout({ c: 3 });
    expect(agree([member(renamed, small, 7)])).toEqual({ layout: renamed, informed: [true] });
  });

  test('all do without a topic that one of them says is gone', () => {
    const gone = layout({ a: 4, b: 0 });
    const rest = layout({ a: 4 });
    expect(agree([member(gone, large, 7), member(large, large, 7)])).toEqual({ layout: rest, informed: [true, true] });
    // Once nobody follows it, nobody need speak of it.
    expect(agree([member(rest, rest, 8), member(gone, rest, 8)]).layout).toEqual(rest);
  });

  test('have a task for each partition of the largest topic; global tables make none', () => {
    expect(tasksOf(layout({ a: 4, b: 2, rates: '9 global' }))).toBe(4);
    expect(tasksOf([])).toBe(0);
  });

  test('always have somebody who may have tasks, and nobody who lacks what he would read', () => {
    const layouts = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 3 })).map(layout);
    const members = fc.record({ knows: layouts, follows: layouts, generation: fc.integer({ min: -1, max: 2 }) });
    fc.assert(
      fc.property(fc.array(members, { minLength: 1, maxLength: 4 }), (all) => {
        const { layout: agreed, informed } = agree(all);
        expect(informed).toContain(true);
        for (const [i, { knows }] of all.entries()) if (informed[i]) expect(covers(knows, agreed)).toBe(true);
        expect(agreed.every(({ partitions }) => partitions > 0)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

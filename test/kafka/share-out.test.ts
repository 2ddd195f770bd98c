import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type MemberData,
  readMemberData,
  readShare,
  writeMemberData,
  writeShare,
} from '../../runtime/src/log/kafka/group/member-data.ts';
import { shareOut } from '../../runtime/src/log/kafka/group/share-out.ts';
import {
  readAssignment,
  readSubscription,
  writeSubscription,
} from '../../runtime/src/log/kafka/messages/consumer-protocol.ts';
import type { Layout } from '../../runtime/src/log/layout.ts';

/** Two topics of so many partitions. */
function topics(partitions: number): Layout {
  return ['t', 'u'].map((topic) => ({ topic, partitions, global: false }));
}

function joined(
  memberId: string,
  partitions: number,
  data: Partial<MemberData>,
): { readonly memberId: string; readonly metadata: Buffer } {
  const knows = data.knows ?? topics(partitions);
  return {
    memberId,
    metadata: writeMemberData({ instance: memberId, tasks: [], generation: 1, knows, follows: knows, ...data }),
  };
}

describe('what members tell each other', () => {
  test('is read as it was written; the partitions beside it are for the coordinator', () => {
    const data = { instance: 'ünit', tasks: [3, 1], generation: 7, knows: topics(5), follows: topics(4) };
    const said = writeMemberData(data);
    expect(readMemberData(said)).toEqual(data);
    expect(readSubscription(said).owned).toEqual([
      { topic: 't', partition: 3 },
      { topic: 't', partition: 1 },
      { topic: 'u', partition: 3 },
      { topic: 'u', partition: 1 },
    ]);
    const given = { tasks: [2], leaving: [1, 3], layout: topics(4) };
    const share = writeShare(given);
    expect(readShare(share)).toEqual(given);
    expect(readAssignment(share).partitions).toEqual([
      { topic: 't', partition: 2 },
      { topic: 'u', partition: 2 },
    ]);
    expect(readShare(Buffer.alloc(0))).toBe(undefined);
  });

  test('is nothing where it is another program that speaks, or noise', () => {
    expect(
      readMemberData(writeSubscription({ topics: ['t'], userData: Buffer.of(9, 9), owned: [], generation: 1 })),
    ).toBe(undefined);
    expect(readMemberData(Buffer.from('about me'))).toBe(undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void readMemberData(Buffer.from(bytes))),
      { numRuns: 500 },
    );
  });
});

describe('sharing tasks out', () => {
  test('a new member gets nothing before an owner has given it up, and then just that', () => {
    const layout = topics(4);
    const first = shareOut([joined('a', 4, { tasks: [0, 1, 2, 3] }), joined('b', 4, { generation: -1 })]);
    expect([...first]).toEqual([
      ['a', { tasks: [0, 1], leaving: [2, 3], layout }],
      ['b', { tasks: [], leaving: [], layout }],
    ]);
    const second = shareOut([joined('a', 4, { tasks: [0, 1] }), joined('b', 4, {})]);
    expect([...second]).toEqual([
      ['a', { tasks: [0, 1], leaving: [], layout }],
      ['b', { tasks: [2, 3], leaving: [], layout }],
    ]);
  });

  test('of two that claim a task it belongs to the one that was told last', () => {
    const layout = topics(2);
    const shares = shareOut([
      joined('zombie', 2, { tasks: [0, 1], generation: 4 }),
      joined('heir', 2, { tasks: [0, 1], generation: 9 }),
    ]);
    // The zombie sees that both are missing; what it is to have it gets when the heir has given it up.
    expect([...shares]).toEqual([
      ['heir', { tasks: [0], leaving: [1], layout }],
      ['zombie', { tasks: [], leaving: [], layout }],
    ]);
  });

  test('whatever is claimed: no task to two, none away from its owner, and done after giving up once', () => {
    const claims = fc.array(fc.tuple(fc.uniqueArray(fc.nat(9)), fc.integer({ min: -1, max: 5 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 10 }), (members, tasks) => {
        const all = members.map(([own, generation], i) => joined(`m${i}`, tasks, { tasks: own, generation }));
        const shares = shareOut(all);
        const given = [...shares.values()].flatMap((share) => share.tasks);
        expect(new Set(given).size).toBe(given.length);
        for (const task of given) {
          const claiming = members.flatMap(([own, generation], i) => (own.includes(task) ? [{ i, generation }] : []));
          const latest = Math.max(...claiming.map(({ generation }) => generation));
          const owners = claiming.filter(({ generation }) => generation === latest).map(({ i }) => `m${i}`);
          const [owner] = [...shares].find(([, share]) => share.tasks.includes(task)) ?? [''];
          if (owners.length > 0) expect(owners).toContain(owner);
        }
        const next = shareOut([...shares].map(([id, own]) => joined(id, tasks, { tasks: own.tasks, generation: 9 })));
        const sizes = [...next.values()].map((share) => share.tasks.length);
        expect([...next.values()].flatMap((share) => share.tasks).sort((a, b) => a - b)).toEqual(
          Array.from({ length: tasks }, (_, task) => task),
        );
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        for (const [id, own] of shares) expect(next.get(id)?.tasks).toEqual(expect.arrayContaining([...own.tasks]));
      }),
      { numRuns: 500 },
    );
  });
});

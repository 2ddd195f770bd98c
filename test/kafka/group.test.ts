import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { groupInstances } from '../../runtime/src/log/kafka/admin/instances.ts';
import { askCoordinator } from '../../runtime/src/log/kafka/ask-coordinator.ts';
import { answeredError, type KafkaError } from '../../runtime/src/log/kafka/errors.ts';
import { joinKafkaGroup } from '../../runtime/src/log/kafka/group/kafka-membership.ts';
import { instanceOf } from '../../runtime/src/log/kafka/group/member-data.ts';
import type { GroupOptions } from '../../runtime/src/log/kafka/group/options.ts';
import { writeSubscription } from '../../runtime/src/log/kafka/messages/consumer-protocol.ts';
import { joinGroup } from '../../runtime/src/log/kafka/messages/join-group.ts';
import { offsetCommit } from '../../runtime/src/log/kafka/messages/offset-commit.ts';
import { KafkaTransport } from '../../runtime/src/log/kafka/transport/transport.ts';
import { isLogError, type Membership } from '../../runtime/src/log/port.ts';
import { systemClock } from '../../runtime/src/time/clock.ts';
import { describeKafka } from '../support/kafka/describe-kafka.ts';
import { newTopic, unique } from '../support/kafka/requests.ts';

interface Member extends Membership {
  readonly transport: KafkaTransport;
  readonly tasks: Set<number>;
  /** What the listener was told, in order. */
  readonly told: string[];
}

const QUICK: GroupOptions = { sessionTimeout: 6000, rebalanceTimeout: 10_000, heartbeatInterval: 100 };

await describeKafka('members of a group', (brokers) => {
  let topic: string;
  let admin: KafkaTransport;
  const members: Member[] = [];
  beforeAll(async () => {
    admin = await KafkaTransport.connect({ brokers }, systemClock);
    topic = await newTopic(admin, 6);
  });
  afterAll(() => admin.close());
  afterEach(async () => {
    for (const member of members.splice(0)) {
      await member.end({ leave: true });
      await member.transport.close();
    }
  });

  async function join(
    group: string,
    instance: string,
    more: GroupOptions & {
      readonly static?: boolean;
      readonly tasks?: number;
      readonly onRevoked?: (tasks: readonly number[]) => Promise<void>;
    } = {},
  ): Promise<Member> {
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const tasks = new Set<number>();
    const told: string[] = [];
    const layout = [{ topic, partitions: more.tasks ?? 6, global: false }];
    const options = { group, instance, static: more.static ?? false, layout };
    const listener = {
      async revoked(gone: readonly number[]): Promise<void> {
        told.push(`revoked ${gone.join()}`.trim());
        await more.onRevoked?.(gone);
        for (const task of gone) tasks.delete(task);
      },
      assigned(added: readonly number[]): void {
        told.push(`assigned ${added.join()}`.trim());
        for (const task of added) tasks.add(task);
      },
      lost(why: string): void {
        told.push(`lost ${why}`);
        tasks.clear();
      },
    };
    const membership = await joinKafkaGroup(transport, options, listener, { ...QUICK, ...more });
    const member: Member = {
      transport,
      tasks,
      told,
      member: () => membership.member(),
      know: (layout) => membership.know(layout),
      end: (how) => membership.end(how),
    };
    members.push(member);
    return member;
  }

  const soon = { timeout: 15_000, interval: 20 };
  const sizes = (...list: readonly Member[]) => expect.poll(() => list.map(({ tasks }) => tasks.size), soon);
  /** All have been told of the same generation. */
  const settled = (...list: readonly Member[]) =>
    expect
      .poll(
        () => new Set(list.map(({ told, member }) => `${member().generation} ${told.at(-1)?.split(' ')[0]}`)).size,
        soon,
      )
      .toBe(1);
  const instances = async (group: string): Promise<readonly string[]> =>
    (await groupInstances(admin, group, instanceOf, 10_000)).toSorted();

  /** The code with which the coordinator answers this member's commit. */
  async function commit(member: Member, instanceId: string | null = null): Promise<number> {
    const offsets = [{ topic, partition: 0, offset: 1, leaderEpoch: -1, metadata: '' }];
    const { group, memberId, generation } = member.member();
    const node = await admin.coordinator('group', group);
    const request = { group, memberId, generation, instanceId, offsets };
    return (await admin.send(node, 'offsets', offsetCommit, request)).partitions[0]?.error ?? -1;
  }

  test('share tasks, give up before others take, keep what they may, and are known by name', async () => {
    const group = unique('group');
    const order: string[] = [];
    const a = await join(group, 'a', {
      async onRevoked(tasks) {
        if (tasks.length === 0) return;
        // Still a member of the generation that was assigned: a last checkpoint counts (I6).
        await new Promise((resolve) => setTimeout(resolve, 300));
        order.push(`a gave up ${tasks.join()}: commit ${await commit(a)}`);
      },
    });
    await sizes(a).toEqual([6]);
    expect(await commit(a)).toBe(0);
    const before = a.member().generation;
    const b = await join(group, 'b');
    await expect
      .poll(() => b.tasks.size, soon)
      .toBeGreaterThan(0)
      .then(() => order.push('b has tasks'));
    await sizes(a, b).toEqual([3, 3]);
    expect(order).toEqual(['a gave up 3,4,5: commit 0', 'b has tasks']);
    expect([...a.tasks, ...b.tasks].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(a.member().generation).toBeGreaterThan(before);
    expect(await instances(group)).toEqual(['a', 'b']);
    // Each new generation begins with giving up, perhaps nothing, and taking on, perhaps nothing.
    expect(a.told.slice(0, 3)).toEqual(['assigned 0,1,2,3,4,5', 'revoked', 'assigned']);
    await settled(a, b);
    for (const { told } of [a, b])
      for (const [i, what] of told.entries()) expect(what).toMatch(i % 2 === 0 ? /^assigned/ : /^revoked/);

    await b.end({ leave: true });
    await sizes(a).toEqual([6]);
    expect(await instances(group)).toEqual(['a']);
    expect(b.told.join()).not.toContain('lost');
  });

  test('three join at once: everything is shared, nothing twice', async () => {
    const group = unique('group');
    const all = await Promise.all(['a', 'b', 'c'].map((instance) => join(group, instance)));
    await sizes(...all).toEqual([2, 2, 2]);
    expect(all.flatMap(({ tasks }) => [...tasks]).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('heartbeats go on while tasks are given up, for as long as the rebalance may take', async () => {
    const group = unique('group');
    const letGo = Promise.withResolvers<void>();
    const a = await join(group, 'a', { sessionTimeout: 2000, onRevoked: () => letGo.promise });
    await sizes(a).toEqual([6]);
    const b = await join(group, 'b'); // accepted, though it waits for a
    await expect.poll(() => a.told, soon).toEqual(['assigned 0,1,2,3,4,5', 'revoked']);
    // I16: the coordinator tells no member's metadata now, and who they are is known nevertheless, without a second question.
    expect((await groupInstances(admin, group, instanceOf, 0)).toSorted()).toEqual(['a', 'b']);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect([a.tasks.size, b.tasks.size]).toEqual([6, 0]);
    letGo.resolve();
    await sizes(a, b).toEqual([3, 3]);
    expect(a.told).not.toContain('lost expelled');
  });

  test('who takes longer is expelled; its commits count no more', async () => {
    const group = unique('group');
    const a = await join(group, 'a', { rebalanceTimeout: 1000, onRevoked: () => new Promise(() => undefined) });
    await sizes(a).toEqual([6]);
    const b = await join(group, 'b', { rebalanceTimeout: 1000 });
    await sizes(b).toEqual([6]);
    await expect.poll(() => a.told.at(-1), soon).toBe('lost expelled');
    expect(await commit(a)).toBe(25);
    expect(await commit(b)).toBe(0);
  });

  test('a static member takes the place of its predecessor at once, others undisturbed', async () => {
    const group = unique('group');
    const a = await join(group, 'a', { static: true });
    const b = await join(group, 'b', { static: true });
    await sizes(a, b).toEqual([3, 3]);
    await settled(a, b);
    const [told, had] = [a.told.length, [...b.tasks].toSorted()];
    await b.end({ leave: false }); // as if killed
    const again = await join(group, 'b', { static: true });
    await sizes(a, again).toEqual([3, 3]);
    expect([...again.tasks].toSorted()).toEqual(had);
    expect(a.told.length).toBe(told);
    expect(await commit(b)).toBe(25);
    expect(await commit(b, 'b')).toBe(82);
    expect(await instances(group)).toEqual(['a', 'b']);
  });

  test('what a static member was giving up when it died is given to others when it is back', async () => {
    const group = unique('group');
    const asked = Promise.withResolvers<void>();
    const a = await join(group, 'a', {
      static: true,
      onRevoked(tasks) {
        if (tasks.length === 0) return Promise.resolve();
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    await sizes(a).toEqual([6]);
    const b = await join(group, 'b', { static: true });
    await asked.promise;
    await a.end({ leave: false }); // as if killed, in a generation that gives three of its tasks to nobody
    const again = await join(group, 'a', { static: true });
    await sizes(again, b).toEqual([3, 3]);
    expect([...again.tasks, ...b.tasks].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    await settled(again, b);
  });

  test('a static member that lives is told that it was replaced', async () => {
    const group = unique('group');
    const old = await join(group, 'one', { static: true });
    await sizes(old).toEqual([6]);
    const young = await join(group, 'one', { static: true });
    await sizes(young).toEqual([6]);
    await expect.poll(() => old.told.at(-1), soon).toBe('lost replaced');
    expect(await commit(young)).toBe(0);
  });

  test('a leader that is static and comes again leaves the shares as they are (KIP-814)', async () => {
    const group = unique('group');
    const a = await join(group, 'a', { static: true });
    await sizes(a).toEqual([6]); // it leads
    const b = await join(group, 'b');
    await sizes(a, b).toEqual([3, 3]);
    await settled(a, b);
    const told = b.told.length;
    await a.end({ leave: false });
    const again = await join(group, 'a', { static: true });
    await sizes(again, b).toEqual([3, 3]);
    expect(b.told.length).toBe(told);
    const c = await join(group, 'c');
    await sizes(again, b, c).toEqual([2, 2, 2]);
  });

  test('a killed member’s tasks are others’ when its session is over', async () => {
    const group = unique('group');
    const a = await join(group, 'a', { sessionTimeout: 2000 });
    const b = await join(group, 'b', { sessionTimeout: 2000 });
    await sizes(a, b).toEqual([3, 3]);
    await a.end({ leave: false });
    const start = performance.now();
    await sizes(b).toEqual([6]);
    // Not when the rebalance may take no longer, which is later.
    expect(performance.now() - start).toBeLessThan(9500);
    expect(a.told.at(-1)).not.toContain('lost');
  });

  test('joining fails at once where another kind of consumer is in the group', async () => {
    const group = unique('group');
    const stranger = { group, sessionTimeout: 6000, rebalanceTimeout: 1000, instanceId: 'stranger', memberId: '' };
    const metadata = writeSubscription({ topics: [topic], userData: Buffer.alloc(0), owned: [], generation: -1 });
    const request = { ...stranger, protocols: [{ name: 'range', metadata }], reason: null };
    const failure = ({ error }: { readonly error: number }): KafkaError | undefined =>
      error === 0 ? undefined : answeredError('JoinGroup', error, group);
    const to = { kind: 'group', key: group, channel: 'control' } as const;
    await askCoordinator(admin, { ...to, message: joinGroup, request, failure }, 10_000);
    const error = await join(group, 'a').catch((reason) => reason);
    expect(isLogError(error) && error.kind).toBe('fatal');
    expect(error.message).toMatch(/INCONSISTENT_GROUP_PROTOCOL.*another kind of consumer/);
  });

  test('ending while others are waited for neither hangs nor keeps them waiting', async () => {
    const group = unique('group');
    const letGo = Promise.withResolvers<void>();
    const a = await join(group, 'a', { onRevoked: () => letGo.promise });
    await sizes(a).toEqual([6]);
    const b = await join(group, 'b');
    const start = performance.now();
    await b.end({ leave: true });
    expect(performance.now() - start).toBeLessThan(9500);
    letGo.resolve();
    await expect.poll(() => a.told.length, soon).toBeGreaterThan(2);
    await sizes(a).toEqual([6]);
    expect(b.told).toEqual([]);
  });

  test('whose name another takes while it joins is told so, and does not take it back', async () => {
    const group = unique('group');
    const leave = Promise.withResolvers<void>();
    // The coordinator waits for this one, and lets nobody in meanwhile.
    const slow = await join(group, 'slow', { onRevoked: () => leave.promise });
    await sizes(slow).toEqual([6]);
    const told: string[] = [];
    const transport = await KafkaTransport.connect({ brokers }, systemClock);
    const layout = [{ topic, partitions: 6, global: false }];
    const options = { group, instance: 'one', static: true, layout };
    const listener = {
      revoked: async () => undefined,
      assigned: () => undefined,
      lost: (why: string): void => void told.push(`lost ${why}`),
    };
    const first = joinKafkaGroup(transport, options, listener, QUICK).catch(() => 0);
    await expect.poll(() => instances(group), soon).toContain('one');
    const second = await join(group, 'one', { static: true });
    await first;
    await expect.poll(() => told, soon).toEqual(['lost replaced']);
    leave.resolve();
    await sizes(slow, second).toEqual([3, 3]);
    await transport.close();
  });
});

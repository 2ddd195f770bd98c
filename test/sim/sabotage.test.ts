import type { Log } from '@kgen/runtime';
import { describe, expect, test } from 'vitest';
import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import { type Producer, withProducer } from '../task/wrapped-log.ts';
import type { ViolationName } from './check.ts';
import { CHANGELOG } from './job.ts';
import { type Sabotages, type SabotageWorld, simulate } from './simulate.ts';

// The simulation must notice when an invariant is left out. The numbers have gaps: what is not here has no part yet to be left out.

const SEEDS = 200;

type Membership = Awaited<ReturnType<Log['join']>>;

/** The members of the group, as the coordinator knows them. */
function withMembers(log: Log, members: Membership[]): Log {
  return {
    ...log,
    async join(options, listener) {
      const membership = await log.join(options, listener);
      members.push(membership);
      return membership;
    },
  };
}

/** Tasks are given up at once, while a checkpoint is under way that was sealed before, and its offsets go under the newest generation. */
function newestGeneration(log: Log): Log {
  const own = new Map<string, Membership>();
  const committing = new Set<string>();
  const joining: Log = {
    ...log,
    async join(options, listener) {
      const membership: Membership = await log.join(options, {
        assigned: (tasks, layout) => listener.assigned(tasks, layout),
        lost: (why) => listener.lost(why),
        async revoked(tasks) {
          const done = listener.revoked(tasks);
          if (!committing.has(membership.member().memberId)) await done;
        },
      });
      own.set(membership.member().memberId, membership);
      return membership;
    },
  };
  return withProducer(joining, (producer) => ({
    async commitOffsets(member, offsets) {
      committing.add(member.memberId);
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      committing.delete(member.memberId);
      await producer.commitOffsets(own.get(member.memberId)?.member() ?? member, offsets);
    },
  }));
}

/** State is serialised after the barrier. What was emitted since then is still held back: it is the state alone that is late. */
function serialiseLate(): Sabotages {
  const barriers = new Map<string, () => void>();
  return {
    stateless: false,
    serialiseLate: ({ producerId, epoch }) => barriers.get(`${producerId}:${epoch}`)?.(),
    log: (log) =>
      withProducer(log, (producer) => {
        let held: Parameters<Producer['append']>[0][] | undefined;
        barriers.set(`${producer.producerId}:${producer.epoch}`, () => {
          held = [];
        });
        return {
          append(record) {
            if (held === undefined || record.topic === 'sim-changelog') return producer.append(record);
            held.push({ ...record, bytes: Buffer.from(record.bytes) });
            return undefined;
          },
          async commit() {
            await producer.commit();
            const late = held ?? [];
            held = undefined;
            for (const record of late) void producer.append(record);
          },
          async abort() {
            held = undefined;
            await producer.abort();
          },
        };
      }),
  };
}

/** Transactions in which no position moved have no offsets: those of timers. */
function timersWithoutOffsets(log: Log): Log {
  return withProducer(log, (producer) => {
    const last = new Map<string, number>();
    return {
      async commitOffsets(member, offsets) {
        const moved = offsets.some(({ topic, partition, offset }) => last.get(`${topic}-${partition}`) !== offset);
        for (const { topic, partition, offset } of offsets) last.set(`${topic}-${partition}`, offset);
        if (moved) await producer.commitOffsets(member, offsets);
      },
    };
  });
}

/** Offsets that come before others are written after them, now and then. */
function slowOffsets(log: Log, { time, chance }: SabotageWorld): Log {
  return withProducer(log, (producer) => ({
    async commitOffsets(member, offsets) {
      if (chance.hits(0.3)) await time.wait(chance.between(2, 20));
      await producer.commitOffsets(member, offsets);
    },
  }));
}

const CHANGELOG_TIMER = [2, 3];

/** That a timer has fired is written at once, whatever becomes of the transaction. */
function earlyTombstones(log: HookedMemoryLog): Log {
  return withProducer(log, (producer) => ({
    append(record) {
      const { topic, partition, bytes, keyStart, keyEnd, valueStart } = record;
      const isTimer = topic === CHANGELOG && CHANGELOG_TIMER.every((byte, i) => bytes[keyStart + i] === byte);
      if (!isTimer || valueStart >= 0) return producer.append(record);
      log.produce([{ topic, partition, key: Buffer.from(bytes.subarray(keyStart, keyEnd)), value: null }]);
      return undefined;
    },
  }));
}

/** Checkpoint records as `change` leaves them. */
function checkpointRecords(log: Log, change: (record: Record<string, unknown>) => void): Log {
  return withProducer(log, (producer) => ({
    append(record) {
      const { topic, bytes, keyStart, valueStart, valueEnd } = record;
      if (topic !== CHANGELOG || bytes[keyStart] !== 0) return producer.append(record);
      const content = JSON.parse(bytes.toString('utf8', valueStart, valueEnd));
      change(content);
      const changed = Buffer.from(`\0${JSON.stringify(content)}`);
      const place = { keyStart: 0, keyEnd: 1, valueStart: 1, valueEnd: changed.length };
      return producer.append({ ...record, bytes: changed, ...place });
    },
  }));
}

/** State is written as outputs are, and offsets behind it. */
function plainChangelog(log: Log): Log {
  return {
    ...log,
    async producer() {
      const plain = await log.idempotentProducer();
      return {
        producerId: plain.producerId,
        epoch: plain.epoch,
        append: (record) => plain.append(record),
        seal: () => undefined,
        hold: () => undefined,
        release: () => undefined,
        flush: () => plain.flush(),
        commitOffsets: (member, offsets) => log.commitOffsets(member, offsets),
        commit: async () => undefined,
        abort: async () => undefined,
        close: () => undefined,
      };
    },
  };
}

function forgetWatermarks(record: Record<string, unknown>): void {
  delete record['watermark'];
  for (const input of record['inputs'] as Record<string, unknown>[]) delete input['watermark'];
}

const sabotages: readonly (readonly [what: string, violation: ViolationName, sabotage: Sabotages])[] = [
  [
    '1: offsets outside of the transaction',
    'lost',
    {
      stateless: true,
      log: (log) =>
        withProducer(log, (producer) => ({
          async commitOffsets(member, offsets) {
            const other = await log.producer(`${producer.producerId}-offsets`);
            await other.commitOffsets(member, offsets);
            await other.commit();
          },
        })),
    },
  ],
  [
    '2: transactions of timers without offsets (I11)',
    'doubled',
    {
      stateless: false,
      concurrentCheckpoints: 1,
      ignoreDisagreement: true,
      log: timersWithoutOffsets,
      often: ['slow answer'],
    },
  ],
  ['3: offsets under a newer generation than that of the barrier (I4)', 'doubled', { log: newestGeneration }],
  [
    '4: no generation',
    'doubled',
    {
      stateless: true,
      log(log) {
        const members: Membership[] = [];
        return withProducer(withMembers(log, members), (producer) => ({
          async commitOffsets(_member, offsets) {
            for (const anyone of members.toReversed()) {
              try {
                return await producer.commitOffsets(anyone.member(), offsets);
              } catch {}
            }
          },
        }));
      },
    },
  ],
  [
    '5: InitProducerId late, and no require_stable (I2)',
    'doubled',
    {
      stateless: true,
      log: (log) => ({
        ...log,
        producer: async (id) => lateProducer(() => log.producer(id)),
        openTransactions: async () => [],
        committedOffsets: async (group, partitions) => log.materialisedOffsets(group, partitions),
      }),
    },
  ],
  [
    '6: a retry after an unknown outcome, then the next transaction under the same epoch (I14)',
    'doubled',
    {
      stateless: true,
      protocol: 1,
      log: (log, { time, chance }) =>
        withProducer(log, (producer) => ({
          async commit() {
            // The first copy is delayed, and the second one applied.
            if (chance.hits(0.2))
              time.after(chance.between(2, 20), () => void producer.commit().catch(() => undefined));
            await producer.commit();
          },
        })),
    },
  ],
  [
    '7: all goes back from memory after an unanswered EndTxn (I5)',
    'doubled',
    { rewindAfterUnknownOutcome: true, stateless: true },
  ],
  [
    "8: the error of one partition's offset is ignored (I1)",
    'doubled',
    {
      stateless: true,
      log: (log, { chance }) =>
        withProducer(log, (producer) => ({
          commitOffsets: (member, offsets) =>
            producer.commitOffsets(member, offsets.length > 1 && chance.hits(0.2) ? offsets.slice(1) : offsets),
        })),
    },
  ],
  ['9: only one task goes back after an abort (I12)', 'lost', { rewindOneTask: true }],
  ['10: the changelog is serialised after the barrier (I17)', 'wrong-state', serialiseLate()],
  ['11: what a handler did before it failed is kept (I17)', 'doubled', { keepPartialEffects: 'at the end' }],
  [
    '11: what a handler did before it failed is kept where its record is passed over (I17)',
    'wrong-state',
    { keepPartialEffects: 'when passed over', stateless: false, features: ['poison'] },
  ],
  [
    '12: state is restored to the last stable offset of the moment (I3)',
    'wrong-state',
    {
      ignoreDisagreement: true,
      log: (log) => ({
        ...log,
        bounds: async (partitions) => (await log.bounds(partitions)).map((each) => ({ ...each, end: each.stableEnd })),
      }),
    },
  ],
  [
    '13: an offset that is undecided is read as none (I2)',
    'doubled',
    {
      stateless: true,
      log: (log, { time }) => ({
        ...log,
        async committedOffsets(group, partitions) {
          const decided = log.committedOffsets(group, partitions);
          return (await Promise.race([decided, time.wait(1)])) ?? [];
        },
      }),
    },
  ],
  [
    '14: offsets and checkpoint record are of different checkpoints, unnoticed (I13)',
    'doubled',
    {
      ignoreDisagreement: true,
      log: (log) => ({
        ...log,
        committedOffsets: async (group, partitions) => log.materialisedOffsets(group, partitions),
      }),
    },
  ],
  ['15: start positions are not committed (I20)', 'lost', { skipStartPositions: true, startFrom: 'latest' }],
  ['16: a task goes on with some of its partitions (I23)', 'doubled', { keepHalfTasks: true }],
  [
    '17: the end of a timer is written outside of its transaction (I9)',
    'lost',
    { stateless: false, log: earlyTombstones },
  ],
  [
    '18: watermarks are not restored (I9)',
    'wrong-state',
    {
      stateless: false,
      log: (log) => checkpointRecords(log, forgetWatermarks),
    },
  ],
  [
    '18: tables do not reach the positions of the checkpoint (I22)',
    'wrong-state',
    {
      stateless: false,
      features: ['table', 'global-table'],
      log: (log) => ({
        ...checkpointRecords(log, (record) => void Object.assign(record, { tables: [] })),
        // As of a broker that has just begun to lead, and knows of little.
        bounds: async (partitions) =>
          (await log.bounds(partitions)).map((each) => {
            const isTable = each.topic === 'prices' || each.topic === 'rates';
            return isTable ? { ...each, stableEnd: Math.min(each.stableEnd, 2) } : each;
          }),
      }),
    },
  ],
  ['19: aborted records are delivered', 'doubled', { deliverAborted: true, stateless: true }],
  [
    '21: offsets of a checkpoint before those of the one before it (I15)',
    'doubled',
    { disorder: 'offsets', concurrentCheckpoints: 3, stateless: true, log: slowOffsets },
  ],
  [
    '21: a checkpoint committed before the one before it (I15)',
    'lost',
    { disorder: 'commits', concurrentCheckpoints: 3 },
  ],
  ['22: the identity that EndTxn answers is ignored (KIP-890)', 'fenced-alive', { ignoreIdentity: true, protocol: 2 }],
  [
    '23: live instances are fenced by a guess (I16)',
    'fenced-alive',
    { log: (log) => ({ ...log, instances: async () => [] }) },
  ],
  ['24: offsets do not wait for outputs (I10)', 'lost', { guarantee: 'at-least-once', leaveOutputs: true }],
  [
    '24: the changelog is written outside of transactions (I10)',
    'wrong-state',
    { guarantee: 'at-least-once', stateless: false, log: plainChangelog },
  ],
  [
    '25: a checkpoint forgets inputs that were missing for a while (I20)',
    'failed',
    {
      stateless: false,
      features: ['late-topics'],
      often: ['unknown topic'],
      log: (log) => checkpointRecords(log, forgetAsleep),
    },
  ],
  [
    '26: nothing of the group is committed where offsets are in checkpoint records (I4, I11)',
    'doubled',
    {
      guarantee: 'at-least-once',
      commitOffsets: false,
      stateless: false,
      log: (log) => withProducer(log, () => ({ commitOffsets: async () => undefined })),
    },
  ],
];

function forgetAsleep(record: Record<string, unknown>): void {
  const inputs = record['inputs'] as readonly { readonly asleep?: true }[];
  Object.assign(record, { inputs: inputs.filter(({ asleep }) => asleep !== true) });
}

describe(`the simulation notices within ${SEEDS} seeds`, () => {
  test.each(sabotages)('%s', { timeout: 60_000 }, async (_what, name, sabotage) => {
    const seen: string[] = [];
    for (let seed = 1; seed <= SEEDS && !seen.includes(name); seed++) {
      const { violation } = await simulate(seed, sabotage);
      if (violation !== undefined) seen.push(violation.name);
    }
    expect(seen).toContain(name);
  });
});

/** Initialised when it is used first. */
function lateProducer(initialise: () => Promise<Producer>): Producer {
  let producer: Promise<Producer> | undefined;
  const held: (() => Promise<void>)[] = [];
  const use = async (): Promise<Producer> => {
    producer ??= initialise();
    const made = await producer;
    for (const append of held.splice(0)) await append();
    return made;
  };
  return {
    producerId: 0,
    epoch: 0,
    append(record) {
      const own = { ...record, bytes: Buffer.from(record.bytes) };
      held.push(async () => void (await (await (producer as Promise<Producer>)).append(own)));
      return undefined;
    },
    seal() {
      held.push(async () => void (await (producer as Promise<Producer>)).seal());
    },
    hold() {
      held.push(async () => void (await (producer as Promise<Producer>)).hold());
    },
    release() {
      held.push(async () => void (await (producer as Promise<Producer>)).release());
    },
    flush: async () => (await use()).flush(),
    commitOffsets: async (member, offsets) => (await use()).commitOffsets(member, offsets),
    commit: async () => (await use()).commit(),
    abort: async () => (await use()).abort(),
    close: () => undefined,
  };
}

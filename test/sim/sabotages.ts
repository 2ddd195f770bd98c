import { withProducer } from '../task/wrapped-log.ts';
import type { ViolationName } from './check.ts';
import {
  checkpointRecords,
  earlyTombstones,
  firstCheckpoints,
  forgetAsleep,
  forgetWatermarks,
  hastyImport,
  lateProducer,
  type Membership,
  newestGeneration,
  ownLayout,
  plainChangelog,
  serialiseLate,
  slowOffsets,
  timersWithoutOffsets,
  withMembers,
} from './sabotaged-logs.ts';
import type { Sabotages } from './simulate.ts';

// What the simulation must notice, each invariant left out on purpose. The numbers have gaps: what is not here has no part yet to be left out.

/** Instances that stand still until others have their tasks, and find timers due when they go on, and no records. */
const DUE_TIMERS_OF_ZOMBIES: Sabotages = {
  features: ['timers'],
  noOtherFeatures: true,
  instances: 3,
  lulls: true,
  often: ['idle zombie'],
};

/** Each with the violation that is the sign of it. */
export const SABOTAGES: readonly (readonly [what: string, violation: ViolationName, sabotage: Sabotages])[] = [
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
      ...DUE_TIMERS_OF_ZOMBIES,
      log: timersWithoutOffsets,
    },
  ],
  ['3: offsets under a newer generation than that of the barrier (I4)', 'doubled', { log: newestGeneration }],
  [
    '4: no generation',
    'doubled',
    {
      stateless: true,
      instances: 3,
      often: ['idle zombie'],
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
        committedOffsets: async (group, partitions) =>
          partitions === undefined ? log.committedOffsets(group) : log.materialisedOffsets(group, partitions),
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
      stateless: false,
      ignoreDisagreement: true,
      often: ['late markers'],
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
        committedOffsets: async (group, partitions) =>
          partitions === undefined ? log.committedOffsets(group) : log.materialisedOffsets(group, partitions),
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
    { guarantee: 'at-least-once', stateless: false, ignoreDisagreement: true, log: plainChangelog },
  ],
  [
    '25: a checkpoint forgets inputs that were missing for a while (I20)',
    'failed',
    {
      stateless: false,
      features: ['late-topics', 'value'],
      noOtherFeatures: true,
      often: ['unknown topic', 'stop and start'],
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
      ...DUE_TIMERS_OF_ZOMBIES,
      log: (log) => withProducer(log, () => ({ commitOffsets: async () => undefined })),
    },
  ],
  [
    '27: instances read what they have found themselves, and not what the group agrees on; checkpoints forget the rest (I20, I23)',
    'failed',
    {
      stateless: false,
      features: ['late-topics', 'value'],
      noOtherFeatures: true,
      instances: 3,
      // Either alone is harmless, or nearly so: a checkpoint keeps the positions of topics that an instance does not know.
      log: (log, world) => ownLayout(checkpointRecords(log, forgetAsleep), world),
    },
  ],
  [
    '28: a savepoint has positions of one checkpoint, and state of another (I21)',
    'wrong-state',
    { savepoint: true, stateless: false, features: ['value'], saverLog: firstCheckpoints },
  ],
  [
    '29: an import commits positions before all state is there (I21)',
    'wrong-state',
    { savepoint: true, stateless: false, features: ['value'], log: hastyImport },
  ],
  [
    '30: an import that was cut off is not seen as one (I21)',
    'failed',
    {
      savepoint: true,
      stateless: false,
      features: ['late-topics', 'value'],
      log: (log) => ({
        ...log,
        committedOffsets: async (group, partitions) =>
          partitions === undefined ? [] : log.committedOffsets(group, partitions),
      }),
    },
  ],
];

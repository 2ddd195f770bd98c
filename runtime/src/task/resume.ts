import type { CommittedOffset, Log, PartitionBounds, TopicPartition } from '../log/port.ts';
import { NO_WATERMARK } from '../time/watermarks.ts';
import { type CheckpointRecord, parseOffsetMetadata } from './checkpoint-record.ts';
import { JobError } from './job-error.ts';
import type { Lane } from './lane.ts';
import type { PlannedTopic } from './plan.ts';
import type { Task } from './task.ts';

/** Where an input begins that was never read: the first record there is, or only those to come. */
export type StartFrom = 'earliest' | 'latest';

/**
 * Sets the positions at which a restored task goes on, having proved that state and offsets are of one checkpoint (I13).
 * Returns true where the task has no checkpoint yet: then one is due before the first record (I20).
 * @throws JobError with code `JOB_STATE_MISMATCH` that names both
 */
export async function resumeTask(
  task: Task,
  topics: readonly PlannedTopic[],
  restored: { readonly record: CheckpointRecord | undefined; readonly offsets: readonly CommittedOffset[] },
  world: { readonly log: Log; readonly startFrom: StartFrom; readonly stateful: boolean },
): Promise<boolean> {
  const { record } = restored;
  const offsets = new Map(restored.offsets.map((offset) => [offset.topic, offset]));
  if (record !== undefined) checkKeys(task, record);
  if (world.stateful) agree(task, topics, record, restored.offsets);
  if (record !== undefined && offsets.size === 0) {
    const advice = 'the group was deleted or its offsets expired. The task goes on from the record';
    task.log.warn(
      { checkpoint: record.checkpoint },
      `the changelog has a checkpoint record, and the group no offsets: ${advice}`,
    );
  }
  const before = task.lanes.map(({ topic }) => {
    return offsets.get(topic) ?? record?.inputs.find((position) => position.topic === topic);
  });
  const [bounds, ends] = await Promise.all([
    world.log.bounds(task.lanes.map(({ topic, partition }) => ({ topic, partition }))),
    epochEnds(task, before, world.log),
  ]);
  const known = record !== undefined || offsets.size > 0;
  task.lanes.forEach((lane, i) => {
    const start = bounds[i] ?? missingBounds(lane);
    // A partition that a task with a checkpoint does not know is new, and starts at its beginning (I20).
    const fresh = known || world.startFrom === 'earliest' ? start.start : start.stableEnd;
    lane.resume(before[i]?.offset ?? fresh);
    lane.leaderEpoch = before[i]?.leaderEpoch ?? -1;
    checkRange(lane.position, start);
    checkEpoch(lane, ends.get(lane));
  });
  const { watermark = NO_WATERMARK, inputs = [] } = record ?? {};
  const lanes = task.lanes.map((lane) => inputs.find(({ topic }) => topic === lane.topic)?.watermark);
  task.watermark.restore(watermark, lanes);
  const [first] = restored.offsets;
  const identity = first === undefined ? undefined : parseOffsetMetadata(first.metadata);
  task.checkpoint = record?.checkpoint ?? identity?.checkpoint ?? -1;
  return !known;
}

/** Keys of state must be encoded as they were: nothing in the changelog would tell the old from the new. */
function checkKeys(task: Task, { keys }: CheckpointRecord): void {
  if (keys === undefined) return;
  if (keys.job !== task.keys.job) {
    throw mismatch(task, `its keys were in format ${keys.job}, and are in format ${task.keys.job} now`);
  }
  for (const [state, now] of Object.entries(task.keys.maps)) {
    const before = Object.hasOwn(keys.maps, state) ? keys.maps[state] : undefined;
    if (before !== undefined && before !== now) {
      throw mismatch(task, `the keys of state ${state} are of another schema than before (${now}, not ${before})`);
    }
  }
}

/** Offsets and checkpoint record must be of one checkpoint, and of these very topics (I13, I19). */
function agree(
  task: Task,
  topics: readonly PlannedTopic[],
  record: CheckpointRecord | undefined,
  offsets: readonly CommittedOffset[],
): void {
  for (const position of record?.inputs ?? []) {
    const topic = topics.find(({ name }) => name === position.topic);
    if (topic !== undefined && topic.id !== position.id) {
      throw mismatch(task, `topic ${topic.name} was deleted and made anew since checkpoint ${record?.checkpoint}`);
    }
  }
  for (const { topic, partition, offset, metadata } of offsets) {
    const identity = parseOffsetMetadata(metadata);
    const place = `the offset of ${topic}-${partition}`;
    if (identity === undefined)
      throw mismatch(task, `${place} was committed by something else (metadata '${metadata}')`);
    if (record === undefined) {
      if (!identity.state) continue;
      throw mismatch(
        task,
        `${place} is of checkpoint ${identity.checkpoint}, but the changelog has no checkpoint record`,
      );
    }
    const recorded = record.inputs.find((position) => position.topic === topic);
    const same =
      identity.state &&
      identity.checkpoint === record.checkpoint &&
      identity.producerId === record.producerId &&
      identity.epoch === record.epoch &&
      recorded?.offset === offset;
    if (same) continue;
    const there = `${offset} of checkpoint ${identity.checkpoint} (producer ${identity.producerId}, epoch ${identity.epoch})`;
    const here = `${recorded?.offset} of checkpoint ${record.checkpoint} (producer ${record.producerId}, epoch ${record.epoch})`;
    throw mismatch(task, `${place} is ${there}, and the checkpoint record says ${here}`);
  }
}

function mismatch(task: Task, what: string): JobError {
  const advice =
    'State and offsets would not belong together. Restore what was lost, or start over: under another group, or with changelog and group deleted';
  return new JobError('JOB_STATE_MISMATCH', `task ${task.number} cannot go on: ${what}. ${advice}`);
}

function checkRange(position: number, { topic, partition, start, end }: PartitionBounds): void {
  if (position >= start && position <= end) return;
  const what = position < start ? `records up to ${start} are gone` : `the log ends at ${end}`;
  const advice = 'Records were lost, or the topic was made anew. Start over under another group, or set its offsets';
  const message = `${topic}-${partition}: the next record is ${position}, but ${what}. ${advice}`;
  throw new JobError('JOB_STATE_MISMATCH', message, { topic, partition, offset: BigInt(position) });
}

/** Where what a task has read of each lane ends today; those are left out of which it is not known. */
async function epochEnds(
  { lanes }: Task,
  before: readonly ({ readonly leaderEpoch?: number | undefined } | undefined)[],
  log: Log,
): Promise<ReadonlyMap<Lane, number | undefined>> {
  const known = lanes.flatMap((lane, i) => {
    const leaderEpoch = before[i]?.leaderEpoch ?? -1;
    return leaderEpoch < 0 ? [] : [{ lane, position: { topic: lane.topic, partition: lane.partition, leaderEpoch } }];
  });
  if (known.length === 0) return new Map();
  const ends = await log.epochEnds(known.map(({ position }) => position));
  return new Map(known.map(({ lane }, i) => [lane, ends[i]]));
}

/** I19: a leader that lacked records may have been elected since, and others have come in their place. */
function checkEpoch({ topic, partition, position, leaderEpoch }: Lane, end: number | undefined): void {
  if (end === undefined || position <= end) return;
  const what = `${topic}-${partition} was truncated at offset ${end}, after records up to ${position} had been read`;
  const why = `no more is left of what was written up to leader epoch ${leaderEpoch}`;
  const advice =
    'An unclean election does that. State and outputs have records that are lost: start over under another group';
  const message = `${what}: ${why}. ${advice}`;
  throw new JobError('JOB_STATE_MISMATCH', message, { topic, partition, offset: BigInt(end) });
}

function missingBounds({ topic, partition }: TopicPartition): PartitionBounds {
  return { topic, partition, start: 0, stableEnd: 0, end: 0 };
}

import type { CommittedOffset, Log, PartitionBounds } from '../../log/port.ts';
import type { Clock } from '../../time/clock.ts';
import { NO_WATERMARK } from '../../time/watermarks.ts';
import {
  type CheckpointRecord,
  type InputPosition,
  parseImportMetadata,
  parseOffsetMetadata,
} from '../checkpoint/checkpoint-record.ts';
import { whyGone } from '../guards/retention.ts';
import { JobError } from '../job-error.ts';
import type { Lane } from '../lane.ts';
import type { Counters } from '../metrics.ts';
import type { PlannedTopic } from '../plan/plan.ts';
import type { Task } from '../task.ts';
import { lossOf, settleLoss } from './lost-records.ts';
import { groupStart, startPositions } from './start-from.ts';
import type { TopicsRead } from './topics-read.ts';

export interface ResumeWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly group: string;
  readonly counters: Counters;
  readonly stateful: boolean;
  /** By this run, in incarnations before. */
  readonly topicsRead: TopicsRead;
}

/**
 * Sets the positions at which a restored task goes on, having proved that state and offsets are of one checkpoint (I13).
 * Returns true where these are to be committed before the first record: of a task without a checkpoint, or of an input that its
 * checkpoint does not know (I20); and where records are lost and the job is to go on without them.
 * @throws JobError with code `JOB_STATE_MISMATCH` that names both; `JOB_RECORDS_LOST`; `JOB_NO_OFFSETS`
 */
export async function resumeTask(
  task: Task,
  topics: readonly PlannedTopic[],
  restored: { readonly record: CheckpointRecord | undefined; readonly offsets: readonly CommittedOffset[] },
  world: ResumeWorld,
): Promise<boolean> {
  const { record } = restored;
  const { log } = world;
  const importing = restored.offsets.flatMap(({ metadata }) => parseImportMetadata(metadata) ?? []);
  if (importing[0] !== undefined) throw unfinishedImport(importing[0]);
  const offsets = new Map(restored.offsets.map((offset) => [offset.topic, offset]));
  const own = restored.offsets.flatMap(({ metadata }) => parseOffsetMetadata(metadata) ?? []);
  const known = record !== undefined || own.length > 0;
  if (record !== undefined) checkKeys(task, record);
  if (record !== undefined && world.stateful) checkChangelog(task, record);
  const begun = new Set(known ? laterInputs(task, record, offsets) : task.lanes);
  checkForeign(task.number, begun, offsets, world.group);
  const ofOthers = new Set(Array.from(begun, ({ topic }) => topic));
  const ours = restored.offsets.filter(({ topic }) => !ofOthers.has(topic));
  if (known && world.stateful) agree(task, record, ours);
  if (record !== undefined && offsets.size === 0) {
    const advice = 'the group was deleted or its offsets expired. The task goes on from the record';
    task.log.warn(
      { checkpoint: record.checkpoint },
      `the changelog has a checkpoint record, and the group no offsets: ${advice}`,
    );
  }
  const before = task.lanes.map((lane): CommittedOffset | InputPosition | undefined => {
    const committed = offsets.get(lane.topic);
    if (begun.has(lane)) return groupStart(lane, committed);
    return committed ?? record?.inputs.find(({ topic }) => topic === lane.topic);
  });
  const [bounds, ends] = await Promise.all([
    log.bounds(task.lanes.map(({ topic, partition }) => ({ topic, partition }))),
    epochEnds(task, before, log),
  ]);
  const anew = new Set(task.lanes.filter((lane, i) => isAnew(lane, before[i], topics, world.topicsRead)));
  const fresh = await freshPositions(task, { before, anew, bounds }, world);
  const overtaken = task.lanes.filter((_, i) => (before[i]?.offset ?? Infinity) < (bounds[i]?.start ?? 0));
  const since = own.find(({ at }) => at !== undefined)?.at;
  const down = { since, now: world.clock.now() };
  const causes = await whyGone(
    log,
    overtaken.map(({ topic }) => topic),
    down,
  );
  let moved = false;
  task.lanes.forEach((lane, i) => {
    const { topic, partition } = lane;
    const now = bounds[i] ?? { topic, partition, start: 0, stableEnd: 0, end: 0 };
    // A partition that a job with a checkpoint does not know is new, and starts at its beginning (I20).
    lane.resume(before[i]?.offset ?? fresh.get(lane) ?? now.start);
    lane.leaderEpoch = before[i]?.leaderEpoch ?? -1;
    const facts = { bounds: now, epochEnd: ends.get(lane), anew: anew.has(lane), because: causes.get(topic) };
    const loss = lossOf(lane, facts);
    if (loss !== undefined) {
      settleLoss(lane, loss, now, { counters: world.counters, jobLog: task.log });
      if (facts.anew) lane.leaderEpoch = -1;
      moved = true;
    }
  });
  const { watermark = NO_WATERMARK, inputs = [] } = record ?? {};
  const lanes = task.lanes.map((lane) => inputs.find(({ topic }) => topic === lane.topic)?.watermark);
  task.watermark.restore(watermark, lanes);
  task.asleep = inputs.filter(({ topic }) => task.lanes.every((lane) => lane.topic !== topic));
  task.checkpoint = record?.checkpoint ?? own.reduce((last, { checkpoint }) => Math.max(last, checkpoint), -1);
  if (!world.stateful) task.origin = own.find(({ origin }) => origin !== undefined)?.origin;
  return !known || begun.size > 0 || moved || fresh.size > 0;
}

/** Where lanes begin of which there is neither a checkpoint nor, where that counts, an offset of the group: also of an input that is new to the job. */
async function freshPositions(
  { lanes }: Task,
  found: {
    readonly before: readonly unknown[];
    readonly anew: ReadonlySet<Lane>;
    readonly bounds: readonly PartitionBounds[];
  },
  world: ResumeWorld,
): Promise<ReadonlyMap<Lane, number>> {
  const { before, anew, bounds } = found;
  // Partitions beyond those at first have come since the job began: they are read from their beginning (I20).
  const isFresh = (lane: Lane, i: number): boolean =>
    before[i] === undefined && lane.partition < lane.first && !anew.has(lane);
  const places = lanes.flatMap((lane, i) => (isFresh(lane, i) ? [i] : []));
  const fresh = places.flatMap((i) => lanes[i] ?? []);
  const positions = await startPositions(
    fresh,
    places.flatMap((i) => bounds[i] ?? []),
    world,
  );
  return new Map(fresh.map((lane, i) => [lane, positions[i] ?? 0]));
}

/** I19: by the id of the topic that the position is of, where it is known; without a position, by the one that was read before. */
function isAnew(
  lane: Lane,
  before: CommittedOffset | InputPosition | undefined,
  topics: readonly PlannedTopic[],
  topicsRead: TopicsRead,
): boolean {
  // Partitions that have come to the other topic since hold what nobody has read (I20).
  if (before === undefined) return !(lane.first > 0 && lane.partition >= lane.first) && topicsRead.isAnother(lane);
  const id = 'id' in before ? before.id : parseOffsetMetadata(before.metadata)?.topicId;
  return id !== undefined && topics.some((topic) => topic.name === before.topic && topic.id !== id);
}

/** Lanes of inputs that a task with state does not know yet, and that others of the group have read: no state is of them. */
function laterInputs(
  { lanes }: Task,
  record: CheckpointRecord | undefined,
  offsets: ReadonlyMap<string, CommittedOffset>,
): readonly Lane[] {
  return lanes.filter(({ topic }) => {
    const committed = offsets.get(topic);
    if (record === undefined || committed === undefined) return false;
    return parseOffsetMetadata(committed.metadata) === undefined && record.inputs.every((each) => each.topic !== topic);
  });
}

/** Offsets that others have committed count where an input is told so: else nobody has said whether they do. */
function checkForeign(
  task: number,
  lanes: Iterable<Lane>,
  offsets: ReadonlyMap<string, CommittedOffset>,
  group: string,
): void {
  for (const { topic, partition, input } of lanes) {
    const committed = offsets.get(topic);
    if (committed === undefined || input.start.group) continue;
    const place = `the offset of ${topic}-${partition}`;
    const what = `${place} was committed by something else (metadata '${committed.metadata}')`;
    const advice =
      `It is no checkpoint of this job. startFrom: 'group' begins with the offsets of group ${group}; ` +
      'to begin elsewhere, use another group, or delete them';
    throw new JobError('JOB_STATE_MISMATCH', `task ${task} cannot start: ${what}. ${advice}`);
  }
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

/** State that did not change since the changelog was made anew is not in it (I13). */
function checkChangelog(task: Task, { changelog, checkpoint }: CheckpointRecord): void {
  // A job that has no changelog now has nothing in a former one but positions.
  if (changelog === undefined || task.changelogId === undefined || changelog === task.changelogId) return;
  const what = `its changelog was deleted and made anew while the job ran: checkpoint ${checkpoint} was made with state that is not there`;
  throw mismatch(task, what);
}

/** Offsets and checkpoint record must be of one checkpoint (I13). */
function agree(task: Task, record: CheckpointRecord | undefined, offsets: readonly CommittedOffset[]): void {
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
    // It was not read since, and is committed no more: the record alone goes on.
    if (recorded?.asleep === true && identity.state && recorded.offset === offset) continue;
    // That of the changelog is no position: it says which checkpoint it is.
    const isPosition = task.lanes.some((lane) => lane.topic === topic);
    const same =
      identity.state &&
      identity.checkpoint === record.checkpoint &&
      identity.producerId === record.producerId &&
      identity.epoch === record.epoch &&
      (!isPosition || recorded?.offset === offset);
    if (same) continue;
    const there = `${offset} of checkpoint ${identity.checkpoint} (producer ${identity.producerId}, epoch ${identity.epoch})`;
    const here = `${recorded?.offset} of checkpoint ${record.checkpoint} (producer ${record.producerId}, epoch ${record.epoch})`;
    throw mismatch(task, `${place} is ${there}, and the checkpoint record says ${here}`);
  }
}

/** State is there in part only: whoever imports it comes to an end, or begins again. */
function unfinishedImport(savepoint: string): JobError {
  const advice =
    'Wait for the instance that imports it, or start one with that savepoint again (--from): it begins anew';
  return new JobError('JOB_SAVEPOINT', `the import of savepoint ${savepoint} is not finished. ${advice}`);
}

function mismatch(task: Task, what: string): JobError {
  const advice =
    'State and offsets would not belong together. Restore what was lost, or start over: under another group, or with changelog and group deleted';
  return new JobError('JOB_STATE_MISMATCH', `task ${task.number} cannot go on: ${what}. ${advice}`);
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

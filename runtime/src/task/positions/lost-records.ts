import { type Log, LogError, type PartitionBounds, type Source } from '../../log/port.ts';
import type { RecordsLostError } from '../../log/records-lost.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { JobError } from '../job-error.ts';
import type { Lane } from '../lane.ts';
import type { Counters } from '../metrics.ts';
import { TableReader } from '../opening/table-reader.ts';
import type { Pace } from '../pace.ts';
import type { Roster } from '../roster.ts';

export interface Loss {
  readonly what: string;
  /** The first offset that has not been read. */
  readonly earliest: number;
}

/** How a partition is, where a lane wants to go on. */
export interface LaneFacts {
  readonly bounds: PartitionBounds;
  /** Where what was written up to the lane's leader epoch ends today; undefined where that is not known. */
  readonly epochEnd: number | undefined;
  /** True where the topic is another one than that which was read. */
  readonly anew: boolean;
  /** Why records before its start may be gone: the end of a sentence. */
  readonly because?: string | undefined;
}

/** What a lane cannot go on for, at its present position (I19). */
export function lossOf({ topic, partition, position, leaderEpoch }: Lane, facts: LaneFacts): Loss | undefined {
  const { start, end } = facts.bounds;
  const { epochEnd, anew, because = '' } = facts;
  if (anew) return { what: `topic ${topic} was deleted and made anew since the last checkpoint`, earliest: start };
  const next = `${topic}-${partition}: the next record is ${position}, but`;
  if (position < start) return { what: `${next} records up to ${start} are gone${because}`, earliest: start };
  if (epochEnd !== undefined && position > epochEnd) {
    // A leader that lacked records may have been elected since, and others have come in their place.
    const what = `${topic}-${partition} was truncated at offset ${epochEnd}, after records up to ${position} had been read`;
    const why = `no more is left of what was written up to leader epoch ${leaderEpoch}, as an unclean election does it`;
    return { what: `${what}: ${why}`, earliest: Math.max(start, epochEnd) };
  }
  if (position > end) return { what: `${next} the log ends at ${end}`, earliest: start };
  return undefined;
}

/** Puts a lane where its input says. @throws JobError with code `JOB_RECORDS_LOST` where it says to fail */
export function settleLoss(lane: Lane, loss: Loss, bounds: PartitionBounds, world: LossWorld): void {
  const { topic, partition, position } = lane;
  const to = placeAfter(lane, loss, bounds);
  lane.resume(to);
  tell(world, loss, { topic, partition, from: position, to });
}

interface LossWorld {
  readonly counters: Counters;
  readonly jobLog: JobLog;
}

export interface RunningLossWorld extends LossWorld {
  readonly log: Log;
  readonly source: Source;
  readonly roster: Roster;
  readonly pace: Pace;
  /** Throws when the job is to end. */
  readonly alive: () => void;
}

/**
 * A source has lost its place. Where retention has overtaken the lane, it goes on as its input says, and that is committed soon;
 * where records that were read are gone, or the topic is another one, it is for the start of an incarnation to say what to do.
 * @throws JobError with code `JOB_RECORDS_LOST`; LogError, `retriable`
 */
export async function goOnAfterLoss(error: RecordsLostError, world: RunningLossWorld): Promise<void> {
  const { log, source, roster, pace, alive } = world;
  const { topic, partition, offset } = error;
  const target = roster.target(topic, partition);
  if (target === undefined) return;
  const isTable = target instanceof TableReader;
  if (!isTable && target.input.onOutOfRange === 'fail') throw lost(target, error.message, offset);
  const [bounds] = await log.bounds([{ topic, partition }]);
  alive();
  if (roster.target(topic, partition) !== target) return;
  if (isTable || bounds === undefined || error.recordsLost !== 'out-of-range' || offset >= bounds.start)
    throw new LogError('retriable', error.message, { cause: error });
  const loss = {
    what: `${topic}-${partition}: records from ${offset} up to ${bounds.start} are gone`,
    earliest: bounds.start,
  };
  const to = placeAfter(target, loss, bounds);
  // Calls under way are of records before.
  target.passed(to);
  target.task.moved = true;
  pace.checkpointAt = Number.NEGATIVE_INFINITY;
  // In a bounded run it may be beyond its end by that.
  if (to >= target.end) roster.finish(target);
  else source.assign([{ topic, id: target.topicId, partition, offset: to }]);
  tell(world, loss, { topic, partition, from: offset, to });
}

function placeAfter(lane: Lane, { what, earliest }: Loss, { stableEnd, end }: PartitionBounds): number {
  const { onOutOfRange, isolation } = lane.input;
  if (onOutOfRange === 'fail') throw lost(lane, what, lane.position);
  return onOutOfRange === 'earliest' ? earliest : isolation === 'read_committed' ? stableEnd : end;
}

function lost({ topic, partition, input }: Lane, what: string, offset: number): JobError {
  const advice =
    `Records are lost. Set onOutOfRange of input ${input.name} to 'earliest' or 'latest' to go on without them, ` +
    'or start over under another group';
  return new JobError('JOB_RECORDS_LOST', `${what}. ${advice}`, { topic, partition, offset: BigInt(offset) });
}

function tell(
  { counters, jobLog }: LossWorld,
  { what }: Loss,
  place: { readonly topic: string; readonly partition: number; readonly from: number; readonly to: number },
): void {
  counters.outOfRange++;
  jobLog.warn(place, `${what}: the job goes on at ${place.to}, as onOutOfRange says`);
}

import { type CommittedOffset, isLogError, type Log, LogError, type TopicPartition } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import { type CheckpointRecord, parseOffsetMetadata } from '../checkpoint/checkpoint-record.ts';
import { warnOfRetention } from '../guards/retention.ts';
import type { Counters } from '../metrics.ts';
import type { JobPlan } from '../plan/plan.ts';
import { findFirstPartitions } from '../positions/first-partitions.ts';
import { resumeTask } from '../positions/resume.ts';
import type { StartNotice } from '../positions/start-notice.ts';
import type { TopicsRead } from '../positions/topics-read.ts';
import { type Ends, endKey } from '../positions/until.ts';
import type { Sabotage } from '../sabotage.ts';
import type { Task } from '../task.ts';
import { type CatchUpTarget, catchUp } from './catch-up.ts';
import { endDeadOwners, endingDeadOwners } from './dead-owners.ts';
import { formerFences, newestOf } from './fence.ts';
import { formerRecords, isOutlived } from './former-records.ts';
import { restore } from './restore.ts';
import type { TableReader } from './table-reader.ts';

export interface OpenWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly plan: JobPlan;
  /** Of a bounded run. */
  readonly ends: Ends | undefined;
  readonly startNotice: StartNotice;
  readonly topicsRead: TopicsRead;
  readonly counters: Counters;
  readonly jobLog: JobLog;
  /** Throws when the job is to end. */
  readonly alive: () => void;
  readonly sabotage: Sabotage;
}

/**
 * Makes newly assigned tasks ready for their first record, in the order that I2 asks for: owners that are gone are ended,
 * then the offsets are fetched, then state is restored, then tables catch up. This member has joined, and its producer
 * is initialised. Returns the tasks whose positions are to be committed first.
 */
export async function openTasks(
  world: OpenWorld,
  tasks: readonly Task[],
  globals: readonly TableReader[],
): Promise<Task[]> {
  const { log, plan, alive } = world;
  await endDeadOwners(world);
  alive();
  const partitions = tasks.flatMap((task) => task.lanes.map(({ topic, partition }) => ({ topic, partition })));
  const { changelog } = plan;
  const numbers = new Set(tasks.map(({ number }) => number));
  const fences =
    changelog === undefined
      ? formerFences(plan).filter(({ partition }) => numbers.has(partition))
      : tasks.map(({ number }) => ({ topic: changelog, partition: number }));
  const places = [...partitions, ...fences];
  const committed = await endingDeadOwners(world, log.committedOffsets(plan.group, places));
  const offsets = newestOf(committed, changelog ?? plan.formerChangelog?.name);
  const restored = restoreAll(world, tasks, offsets);
  const { records, fresh } = await restored.catch(async (error) => {
    alive();
    if (!isLogError(error)) await unlessOthersWentOn(world, places, committed);
    throw error;
  });
  const tables = [...tasks.flatMap((task) => task.tables.filter(({ input }) => !input.global)), ...globals];
  await catchUpTables(world, tables, [...records.values()]);
  for (const lane of tasks.flatMap(({ lanes }) => lanes)) {
    if (world.ends !== undefined) lane.end = world.ends.get(endKey(lane.topicId, lane.partition)) ?? 0;
  }
  world.startNotice.opened(tasks);
  await lookAtRetention(world, tasks, offsets);
  return fresh;
}

/** State and positions, of one checkpoint. `fresh` are tasks whose positions are to be committed first. */
async function restoreAll(
  world: OpenWorld,
  tasks: readonly Task[],
  offsets: readonly CommittedOffset[],
): Promise<{ readonly records: ReadonlyMap<Task, CheckpointRecord>; readonly fresh: Task[] }> {
  const hasChangelog = world.plan.changelog !== undefined;
  const records = await (hasChangelog ? restore : formerRecords)(world, tasks, offsets);
  for (const task of tasks) if (isOutlived(task, offsetsOf(task, offsets))) records.delete(task);
  const known = tasks.filter((task) => records.has(task) || offsets.some((offset) => isOfTask(offset, task)));
  await findFirstPartitions(world, tasks, new Set(known), { offsets, records });
  const fresh: Task[] = [];
  for (const task of tasks) {
    const own = offsetsOf(task, offsets);
    if (await resume(world, task, records.get(task), own)) fresh.push(task);
    world.alive();
  }
  return { records, fresh };
}

/** By the newest of the checkpoints: those of tasks that had nothing to do are older. */
async function lookAtRetention(
  { log, clock, jobLog, alive }: OpenWorld,
  tasks: readonly Task[],
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const times = offsets.flatMap(({ metadata }) => parseOffsetMetadata(metadata)?.at ?? []);
  const since = times.length === 0 ? undefined : Math.max(...times);
  const lanes = tasks.flatMap((task) => task.lanes);
  await warnOfRetention(log, lanes, { since, now: clock.now() }, jobLog);
  alive();
}

function offsetsOf({ number }: Task, offsets: readonly CommittedOffset[]): readonly CommittedOffset[] {
  return offsets.filter(({ partition }) => partition === number);
}

/** True where this job has committed it for the task. */
function isOfTask({ partition, metadata }: CommittedOffset, { number }: Task): boolean {
  return partition === number && parseOffsetMetadata(metadata) !== undefined;
}

function resume(
  { log, clock, plan, counters, sabotage, topicsRead }: OpenWorld,
  task: Task,
  record: CheckpointRecord | undefined,
  offsets: readonly CommittedOffset[],
): Promise<boolean> {
  const topics = plan.streams.flatMap((input) => input.topics);
  const former = plan.formerChangelog?.name;
  const hasRecord = plan.changelog !== undefined || offsets.some(({ topic }) => topic === former);
  const stateful = hasRecord && sabotage.ignoreDisagreement !== true;
  const world = { log, clock, group: plan.group, counters, stateful, topicsRead };
  return resumeTask(task, topics, { record, offsets }, world);
}

/**
 * A member that stood still may have been expelled, and not know yet: whoever has the task now has committed since, and
 * offsets of then and a changelog of now say nothing; it may have been compacted, and its checkpoint record be a later one.
 */
async function unlessOthersWentOn(
  { log, plan, alive }: OpenWorld,
  places: readonly TopicPartition[],
  before: readonly CommittedOffset[],
): Promise<void> {
  const now = await log.committedOffsets(plan.group, places);
  alive();
  const isSame = ({ topic, partition, offset, metadata }: CommittedOffset): boolean => {
    const other = before.find((each) => each.topic === topic && each.partition === partition);
    return other?.offset === offset && other.metadata === metadata;
  };
  if (!now.every(isSame)) throw new LogError('fenced', 'another instance has committed since the task was assigned');
}

/**
 * Tables are read from their start, to the last stable offset (a stranger's open transaction must not stop the start, I3)
 * and at least to where they were at the checkpoint, so that a join never sees the past (I22).
 */
async function catchUpTables(
  world: OpenWorld,
  tables: readonly TableReader[],
  records: readonly CheckpointRecord[],
): Promise<void> {
  const { log, clock, counters, alive } = world;
  const before = new Map<string, number>();
  for (const { topic, id, partition, offset } of records.flatMap((record) => record.tables)) {
    const key = `${id}-${topic}-${partition}`;
    before.set(key, Math.max(offset, before.get(key) ?? 0));
  }
  const readers = new Map<string, TableReader[]>();
  const targets: CatchUpTarget[] = [];
  for (const table of tables) {
    const { isStarted } = table;
    const bounds = await log.bounds(table.partitions());
    alive();
    table.positions().forEach(({ topic, id, partition, offset }, i) => {
      const { start = 0, stableEnd = 0 } = bounds[i] ?? {};
      if (!isStarted) table.startAt({ topic, partition }, start);
      const key = `${topic}-${partition}`;
      const shared = readers.get(key);
      if (shared === undefined) readers.set(key, [table]);
      else shared.push(table);
      const atCheckpoint = before.get(`${id}-${key}`) ?? 0;
      // A global table that is read already may be behind where it was in the instance that the task comes from.
      const [from, to] = isStarted
        ? [Math.max(start, offset), atCheckpoint]
        : [start, Math.max(stableEnd, atCheckpoint)];
      targets.push({ topic, partition, from, to });
    });
  }
  await catchUp({ log, clock, alive, onStalled: () => endDeadOwners(world) }, targets, async (fetched) => {
    counters.bytesRead += fetched.bytes;
    for (const table of readers.get(`${fetched.topic}-${fetched.partition}`) ?? []) {
      const applied = table.records;
      for (let pending = table.apply(fetched); pending !== undefined; pending = table.apply(fetched)) {
        await pending;
        alive();
      }
      counters.tableRecords += table.records - applied;
    }
  });
}

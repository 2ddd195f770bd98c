import type { CommittedOffset, Log, TopicPartition } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { ChangelogReader } from '../../state/changelog-reader.ts';
import type { Clock } from '../../time/clock.ts';
import { type CheckpointRecord, parseCheckpointRecord } from '../checkpoint/checkpoint-record.ts';
import { JobError, reasonOf } from '../job-error.ts';
import type { Counters } from '../metrics.ts';
import type { JobPlan } from '../plan/plan.ts';
import type { Sabotage } from '../sabotage.ts';
import type { Task } from '../task.ts';
import { type CatchUpTarget, catchUp } from './catch-up.ts';
import { endDeadOwners } from './dead-owners.ts';
import { localCopyRestored, openLocalCopies } from './local-restore.ts';
import { RestoreProgress } from './restore-progress.ts';

export interface RestoreWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly plan: JobPlan;
  readonly counters: Counters;
  readonly jobLog: JobLog;
  /** Throws when the job is to end. */
  readonly alive: () => void;
  readonly sabotage: Sabotage;
}

/**
 * I3: up to the end that the changelog has now, after the offset fetch, whatever of it is undecided still: the markers of
 * one transaction reach partitions at different times.
 */
export async function restore(
  world: RestoreWorld,
  tasks: readonly Task[],
  committed: readonly CommittedOffset[],
): Promise<Map<Task, CheckpointRecord>> {
  const { log, clock, plan, counters, jobLog, alive } = world;
  const { changelog } = plan;
  const records = new Map<Task, CheckpointRecord>();
  if (changelog === undefined) return records;
  const id = (await log.topics([changelog])).get(changelog)?.id;
  for (const task of tasks) task.changelogId = id;
  const readers = new Map(tasks.map((task) => [task.number, changelogReader(task)]));
  const bounds = await log.bounds(tasks.map(({ number }) => ({ topic: changelog, partition: number })));
  alive();
  await openLocalCopies(world, tasks, { id: id ?? '', bounds }, committed);
  const targets = bounds.map(({ topic, partition, start, end }, i): CatchUpTarget => {
    return { topic, partition, from: Math.max(start, tasks[i]?.local?.position ?? 0), to: end };
  });
  const offsets = targets.reduce((sum, { from, to }) => sum + to - from, 0);
  const progress = new RestoreProgress(clock, jobLog, { tasks: tasks.length, offsets });
  const positions = new Map(targets.map(({ partition, from }) => [partition, from]));
  await catchUp({ log, clock, alive, onStalled: () => endDeadOwners(world) }, targets, (fetched) => {
    const { partition, records, bytes, nextOffset } = fetched;
    guardChangelog(fetched, () => readers.get(partition)?.read(records));
    counters.bytesRead += bytes;
    progress.add(nextOffset - (positions.get(partition) ?? nextOffset), bytes);
    positions.set(partition, nextOffset);
    return undefined;
  });
  let restored = 0;
  for (const task of tasks) {
    const reader = readers.get(task.number);
    if (reader === undefined) continue;
    guardChangelog({ topic: changelog, partition: task.number }, () => {
      reader.finish();
      const last = reader.checkpoint ?? task.local?.checkpoint();
      if (last !== undefined) records.set(task, parseCheckpointRecord(last));
    });
    if (reader.records > 0 && !records.has(task)) throw unfinished({ topic: changelog, partition: task.number });
    const { from = 0, to = 0 } = targets.find(({ partition }) => partition === task.number) ?? {};
    const start = bounds.find(({ partition }) => partition === task.number)?.start ?? 0;
    const position = Math.max(to, positions.get(task.number) ?? 0);
    const trusted = world.sabotage.localStoreAhead === true;
    localCopyRestored(task, records.get(task), committed, { position, wholly: from === start, clock, trusted });
    restored += reader.records;
    const { unknown } = task.timers?.memory ?? {};
    if (unknown !== undefined && unknown.size > 0) {
      task.log.warn({ timers: [...unknown] }, 'timers are set that the job does not declare: they are left alone');
    }
    if (reader.unknown.size > 0) {
      task.log.warn(
        { states: [...reader.unknown] },
        'the changelog has states that the job does not declare: they are left alone',
      );
    }
  }
  counters.restoredRecords += restored;
  progress.end(restored);
  return records;
}

/** I21: a checkpoint ends with its record; only the import of a savepoint takes several transactions. */
function unfinished({ topic, partition }: TopicPartition): JobError {
  const what = `changelog ${topic}-${partition} has state, and no checkpoint record: the import of a savepoint was not finished`;
  const advice = 'Start the job from that savepoint again (--from), which begins anew, or delete group and changelog';
  return new JobError('JOB_SAVEPOINT', `${what}. ${advice}`, { topic, partition });
}

function changelogReader({ kept, memory, local }: Task): ChangelogReader {
  return new ChangelogReader(kept, memory.schemas, local && ((record) => local.restore(record)));
}

/** @throws JobError with code `JOB_CHANGELOG` */
export function guardChangelog({ topic, partition }: TopicPartition, read: () => void): void {
  try {
    read();
  } catch (cause) {
    const advice =
      'Did another program write to it, or did a state change in a way that its values cannot follow? Give the job another group to start over';
    const message = `changelog ${topic}-${partition} cannot be read: ${reasonOf(cause)}. ${advice}`;
    throw new JobError('JOB_CHANGELOG', message, { topic, partition, cause });
  }
}

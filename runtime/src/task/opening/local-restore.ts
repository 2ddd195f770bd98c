import { type CommittedOffset, type Log, LogError, type PartitionBounds } from '../../log/port.ts';
import { loadResident } from '../../state/local/load-resident.ts';
import type { Clock } from '../../time/clock.ts';
import {
  type CheckpointIdentity,
  type CheckpointRecord,
  type InputPosition,
  parseOffsetMetadata,
} from '../checkpoint/checkpoint-record.ts';
import type { JobPlan } from '../plan/plan.ts';
import type { Sabotage } from '../sabotage.ts';
import type { Task } from '../task.ts';

export interface LocalRestoreWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly plan: JobPlan;
  readonly alive: () => void;
  readonly sabotage: Sabotage;
}

/**
 * Looks into the stores on this machine: those that can be gone on from keep what they have, and of the changelog its tail
 * is enough; others are emptied (I24). Of the changelog: its topic's id, and the bounds of the tasks' partitions, in their order.
 */
export async function openLocalCopies(
  { log, clock, plan, alive, sabotage }: LocalRestoreWorld,
  tasks: readonly Task[],
  { id, bounds }: { readonly id: string; readonly bounds: readonly PartitionBounds[] },
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const { changelog } = plan;
  if (changelog === undefined || tasks.every(({ local }) => local === undefined)) return;
  const { tombstones } = await log.topicSettings(changelog);
  alive();
  tasks.forEach((task, i) => {
    const { start, end } = bounds[i] ?? { start: 0, end: 0 };
    const committed = committedIdentity(task, offsets);
    const facts = { changelog: id, start, end, committed, now: clock.now(), tombstones };
    const why = task.local?.open(facts, sabotage.localStoreAhead === true);
    if (why !== undefined && why !== 'empty') {
      task.log.info({ reason: why }, `state on this machine is ${why}: it is restored from the changelog`);
    }
    if (why !== undefined || task.local === undefined) return;
    task.local.learnSchemas(task.memory.schemas);
    for (const state of task.kept) {
      if (!task.states.includes(state)) loadResident(task.local.store, state, task.memory.schemas);
    }
  });
}

export interface RestoredCopy {
  readonly position: number;
  /** The changelog was read from its start. */
  readonly wholly: boolean;
  readonly clock: Clock;
  /** Whatever it says. */
  readonly trusted: boolean;
}

/**
 * A task's changelog is read up to `position`, and `record` is the last checkpoint of what there is now.
 * @throws LogError, `retriable`, where a store that looked right proved wrong: it is empty now, and the next start reads all
 */
export function localCopyRestored(
  task: Task,
  record: CheckpointRecord | undefined,
  offsets: readonly CommittedOffset[],
  { position, wholly, clock, trusted }: RestoredCopy,
): void {
  const { local } = task;
  if (local === undefined) return;
  const asleep = record?.inputs.filter((input) => input.asleep === true);
  const committed = committedIdentity(task, offsets, asleep);
  const agrees =
    trusted ||
    committed === undefined ||
    (record?.checkpoint === committed.checkpoint &&
      record.producerId === committed.producerId &&
      record.epoch === committed.epoch);
  if (agrees) {
    local.restored(record && { ...record, state: true }, position, clock.now());
    return;
  }
  local.wipe();
  // Read from its start, the changelog itself does not agree with the offsets: who resumes the task says so.
  if (wholly) return;
  const found = `checkpoint ${record?.checkpoint}, and the offsets are of ${committed.checkpoint}`;
  throw new LogError('retriable', `state of task ${task.number} on this machine came to ${found}: it is restored anew`);
}

/** The newest that is committed for a task: an input that was not read for a while has that of an earlier checkpoint. */
function committedIdentity(
  { number }: Task,
  offsets: readonly CommittedOffset[],
  asleep: readonly InputPosition[] = [],
): CheckpointIdentity | undefined {
  const own = offsets.filter(({ topic, partition }) => {
    return partition === number && asleep.every((input) => input.topic !== topic);
  });
  return own
    .flatMap(({ metadata }) => parseOffsetMetadata(metadata) ?? [])
    .reduce<CheckpointIdentity | undefined>(
      (newest, each) => (newest === undefined || each.checkpoint > newest.checkpoint ? each : newest),
      undefined,
    );
}

import type { CommittedOffset } from '../../log/port.ts';
import { ChangelogReader } from '../../state/changelog-reader.ts';
import { WriterSchemas } from '../../state/writer-schemas.ts';
import { type CheckpointRecord, parseCheckpointRecord, parseOffsetMetadata } from '../checkpoint/checkpoint-record.ts';
import type { Task } from '../task.ts';
import { catchUp } from './catch-up.ts';
import { endDeadOwners } from './dead-owners.ts';
import { guardChangelog, type RestoreWorld } from './restore.ts';

// Whether a job without state has a changelog is a matter of `commitOffsets`, which may change from one run to the next. Its positions
// are those of the later checkpoint, in whichever place.

/** Checkpoint records that offsets refer to, of a job that has no changelog any more: the offsets of its inputs are older. */
export async function formerRecords(
  world: RestoreWorld,
  tasks: readonly Task[],
  offsets: readonly CommittedOffset[],
): Promise<Map<Task, CheckpointRecord>> {
  const { log, clock, plan, counters, alive } = world;
  const records = new Map<Task, CheckpointRecord>();
  const topic = plan.formerChangelog?.name;
  const behind = offsets.filter((each) => each.topic === topic);
  if (behind.length === 0) return records;
  const readers = new Map(behind.map(({ partition }) => [partition, new ChangelogReader([], new WriterSchemas())]));
  const bounds = await log.bounds(behind);
  alive();
  const targets = bounds.map(({ topic, partition, start, end }) => ({ topic, partition, from: start, to: end }));
  await catchUp({ log, clock, alive, onStalled: () => endDeadOwners(world) }, targets, (fetched) => {
    guardChangelog(fetched, () => readers.get(fetched.partition)?.read(fetched.records));
    counters.bytesRead += fetched.bytes;
    return undefined;
  });
  for (const task of tasks) {
    const last = readers.get(task.number)?.checkpoint;
    if (last === undefined || topic === undefined) continue;
    guardChangelog({ topic, partition: task.number }, () => {
      // No state is keyed by them now.
      records.set(task, { ...parseCheckpointRecord(last), keys: undefined });
    });
  }
  return records;
}

/** True where offsets that were committed since are all that counts: a task that keeps nothing was without a changelog then. */
export function isOutlived({ kept }: Task, offsets: readonly CommittedOffset[]): boolean {
  return kept.length === 0 && offsets.some(({ metadata }) => parseOffsetMetadata(metadata)?.state === false);
}

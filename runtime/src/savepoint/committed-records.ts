import type { CommittedOffset, Log } from '../log/port.ts';
import { type CheckpointRecord, parseOffsetMetadata } from '../task/checkpoint/checkpoint-record.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { reads } from './reads.ts';

/**
 * What a job without state has in place of checkpoint records: the offsets of its group, by task. Also those of topics and
 * partitions that brokers do not tell of here yet: they would be read from their beginning by who starts from the savepoint.
 */
export async function committedRecords(plan: JobPlan, log: Log): Promise<readonly (CheckpointRecord | undefined)[]> {
  const { streams, tasks, group } = plan;
  const topics = streams.flatMap((input) => input.topics);
  const ids = new Map(topics.map(({ name, id }) => [name, id]));
  // Waits for first offsets as well.
  await log.committedOffsets(
    group,
    topics.flatMap(({ name: topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    ),
  );
  const offsets = (await log.committedOffsets(group)).filter(({ topic, metadata }) => {
    return ids.has(topic) || (reads(plan, topic) && parseOffsetMetadata(metadata) !== undefined);
  });
  const partitions = Math.max(tasks, ...offsets.map(({ partition }) => partition + 1));
  return Array.from({ length: partitions }, (_, task) => {
    const own = offsets.filter(({ partition }) => partition === task);
    return own.length === 0 ? undefined : recordOf(own, ids);
  });
}

function recordOf(offsets: readonly CommittedOffset[], ids: ReadonlyMap<string, string>): CheckpointRecord {
  const [first] = offsets;
  const identity = first === undefined ? undefined : parseOffsetMetadata(first.metadata);
  const inputs = offsets.map(({ topic, partition, offset, leaderEpoch, metadata }) => {
    // As it was when it was read (I19).
    const id = parseOffsetMetadata(metadata)?.topicId ?? ids.get(topic) ?? '';
    return { topic, id, partition, offset, leaderEpoch };
  });
  const { checkpoint = 0, producerId = -1, epoch = -1 } = identity ?? {};
  return { version: 1, checkpoint, producerId, epoch, inputs, tables: [] };
}

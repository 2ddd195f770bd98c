import type { CommittedOffset, TopicPartition } from '../../log/port.ts';
import type { Clock } from '../../time/clock.ts';
import { type CheckpointRecord, parseOffsetMetadata } from '../checkpoint/checkpoint-record.ts';
import { type DeadOwnersWorld, endingDeadOwners } from '../opening/dead-owners.ts';
import { isKeyed, type JobPlan, type PlannedInput } from '../plan/plan.ts';
import { partitionsChanged } from '../plan/replan.ts';
import type { Task } from '../task.ts';

interface Checkpointed {
  readonly offsets: readonly CommittedOffset[];
  readonly records: ReadonlyMap<Task, CheckpointRecord>;
}

export type FirstPartitionsWorld = DeadOwnersWorld & { readonly plan: JobPlan; readonly clock: Clock };

/**
 * I20: tells of each lane how many partitions its topic had when the job first read it. Those beyond have come since, and are
 * read from their beginning, wherever the job was told to start; so are all of a topic that is newer than the job, or than its
 * wait for the first one. Offsets carry that number: a task without any asks for those of others.
 *
 * An input that the job has been given since is none of these: it begins as it is told. It has names, and none of them is known.
 * What matches a pattern, and is not known, may have come in place of topics that are gone.
 *
 * `known` are tasks that have a checkpoint, `offsets` and `records` those of `tasks`.
 * @throws JobError with code `JOB_PARTITIONS_CHANGED` where a job without a changelog joins tables by key (I18)
 */
export async function findFirstPartitions(
  world: FirstPartitionsWorld,
  tasks: readonly Task[],
  known: ReadonlySet<Task>,
  { offsets, records }: Checkpointed,
): Promise<void> {
  const { plan, log, alive } = world;
  let first = firstOf(offsets);
  let hasRun = known.size > 0 || plan.allCame;
  const read = new Set([...records.values()].flatMap(({ inputs }) => inputs.map(({ topic }) => topic)));
  for (const topic of topicsOf(offsets)) read.add(topic);
  const mayBeNew = ({ topic: { pattern }, topics }: PlannedInput): boolean =>
    pattern === undefined && !topics.some(({ name }) => read.has(name));
  const asks = tasks.some((task) =>
    task.lanes.some(({ topic, input }) => !first.has(topic) && (!known.has(task) || mayBeNew(input))),
  );
  const others = asks ? partitionsOfOthers(world, tasks) : [];
  if (others.length > 0) {
    const theirs = await endingDeadOwners(world, log.committedOffsets(plan.group, others));
    alive();
    const found = firstOf(theirs);
    hasRun ||= found.size > 0;
    first = new Map([...found, ...first]);
    for (const topic of topicsOf(theirs)) read.add(topic);
  }
  const topics = plan.streams.flatMap((input) => input.topics);
  for (const lane of tasks.flatMap((task) => task.lanes)) {
    const now = topics.find(({ name }) => name === lane.topic)?.partitions ?? 0;
    lane.first = first.get(lane.topic) ?? (hasRun && !mayBeNew(lane.input) ? 0 : now);
    if (isKeyed(plan) && lane.first > 0 && lane.first !== now)
      throw partitionsChanged([{ topic: lane.topic, now }], lane.first);
  }
}

/** Topics that the job has committed offsets of. */
function topicsOf(offsets: readonly CommittedOffset[]): readonly string[] {
  return offsets.flatMap(({ topic, metadata }) => (parseOffsetMetadata(metadata) === undefined ? [] : [topic]));
}

/** By topic. Of two that differ, the lower: those that found more had not begun when the others did. */
function firstOf(offsets: readonly CommittedOffset[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { topic, metadata } of offsets) {
    const partitions = parseOffsetMetadata(metadata)?.first;
    if (partitions !== undefined) first.set(topic, Math.min(partitions, first.get(topic) ?? partitions));
  }
  return first;
}

function partitionsOfOthers({ plan }: FirstPartitionsWorld, tasks: readonly Task[]): TopicPartition[] {
  const own = new Set(tasks.map(({ number }) => number));
  return plan.streams.flatMap(({ topics }) =>
    topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })).filter(
        ({ partition }) => !own.has(partition),
      ),
    ),
  );
}

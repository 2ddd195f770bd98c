import type { Log } from '../../log/port.ts';
import { JobError } from '../job-error.ts';
import type { JobPlan } from '../plan/plan.ts';
import type { Until } from './positions.ts';
import { offsetsByPartition, partitionKey } from './start-rule.ts';

/** Of each partition that is read, the first offset that is not: by {@link endKey}. Of a topic made anew, nothing is read (I19). */
export type Ends = ReadonlyMap<string, number>;

/**
 * Settled once, when the run begins: it has the same ends whatever tasks it is given later. Partitions that come to be later
 * hold nothing that is to be read.
 * @throws JobError with code `JOB_OPTIONS` where offsets are not named of every partition
 */
export async function findEnds(
  until: Until,
  { streams }: JobPlan,
  { log, rename }: { readonly log: Log; readonly rename: (topic: string) => string },
): Promise<Ends> {
  const partitions = streams.flatMap(({ topics }) =>
    topics.flatMap(({ name, id, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, id, partition })),
    ),
  );
  const endsAt = (end: (index: number) => number | undefined): Ends =>
    new Map(partitions.map(({ id, partition }, i) => [endKey(id, partition), end(i) ?? 0]));
  const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition));
  if (typeof until === 'object' && 'offsets' in until) {
    const ends = offsetsByPartition(until.offsets, rename);
    const missing = keys.find((key) => !ends.has(key));
    const unknown = [...ends.keys()].find((key) => !keys.includes(key));
    if (missing === undefined && unknown === undefined) return endsAt((i) => ends.get(keys[i] ?? ''));
    const what = missing === undefined ? `the job reads no ${unknown}` : `it says nothing of ${missing}`;
    throw new JobError('JOB_OPTIONS', `option until: ${what}. Name each partition of each stream input once`);
  }
  // Asked for first: a record of that time that comes meanwhile is found.
  const bounds = await log.bounds(partitions);
  const times =
    until === 'latest'
      ? []
      : await log.offsetsAt(partitions.map((each) => ({ ...each, timestamp: Number(until.timestamp) })));
  // What is undecided is waited for: a commit is answered before its markers are written.
  return endsAt((i) => times[i] ?? bounds[i]?.end);
}

export function endKey(topicId: string, partition: number): string {
  return `${topicId}-${partition}`;
}

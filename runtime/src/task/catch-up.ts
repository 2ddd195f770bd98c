import type { FetchedPartition, Log, TopicPartition } from '../log/port.ts';
import type { Clock } from '../time/clock.ts';
import { JobError } from './job-error.ts';

/** A partition to be read to some offset before anything else happens. */
export interface CatchUpTarget extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

/** A poll that brings nothing is repeated after this long, in milliseconds. */
const POLL_WAIT = 500;
/** Longer than the longest transaction a broker lets anyone hold open by default, in milliseconds. */
const BLOCKED_AFTER = 15 * 60_000 + 30_000;

/**
 * Reads partitions up to given offsets, all at once.
 * @param alive is called after each wait; it throws when the job is to end
 * @throws JobError with code `JOB_BLOCKED` when a transaction holds a partition back for longer than any may last (I16)
 */
export async function catchUp(
  log: Log,
  clock: Clock,
  targets: readonly CatchUpTarget[],
  apply: (fetched: FetchedPartition) => void,
  alive: () => void,
): Promise<void> {
  const behind = targets.filter(({ from, to }) => from < to);
  if (behind.length === 0) return;
  const source = log.source();
  try {
    source.assign(behind.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    const left = new Map(behind.map((target) => [`${target.topic}-${target.partition}`, target]));
    let progress = clock.monotonic();
    while (left.size > 0) {
      const fetched = await source.poll(POLL_WAIT);
      alive();
      for (const part of fetched) {
        apply(part);
        progress = clock.monotonic();
        const key = `${part.topic}-${part.partition}`;
        if (part.nextOffset < (left.get(key)?.to ?? 0)) continue;
        left.delete(key);
        source.unassign([part]);
      }
      if (clock.monotonic() - progress > BLOCKED_AFTER) throw blocked([...left.keys()]);
      await clock.turn();
      alive();
    }
  } finally {
    source.close();
  }
}

function blocked(partitions: readonly string[]): JobError {
  const advice = 'Find it with kafka-transactions.sh --list and describe-producers, and end it with --abort';
  return new JobError('JOB_BLOCKED', `a transaction left open holds back ${partitions.join(', ')}. ${advice}`);
}

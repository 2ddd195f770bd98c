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

export interface CatchUpWorld {
  readonly log: Log;
  readonly clock: Clock;
  /** Called after each wait; throws when the job is to end. */
  readonly alive: () => void;
  /** Called when nothing came: who holds the partitions back may be gone (I16). */
  readonly onStalled: () => Promise<void>;
}

/**
 * Reads partitions up to given offsets, all at once.
 * @throws JobError with code `JOB_BLOCKED` when a transaction holds a partition back for longer than any may last (I16)
 */
export async function catchUp(
  { log, clock, alive, onStalled }: CatchUpWorld,
  targets: readonly CatchUpTarget[],
  apply: (fetched: FetchedPartition) => void,
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
      if (fetched.length === 0) await onStalled();
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

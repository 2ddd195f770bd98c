import type { FetchedPartition, Log, Source, SourcePosition, TopicPartition } from '../../log/port.ts';
import { isRecordsLost } from '../../log/records-lost.ts';
import type { JobPlan } from '../plan/plan.ts';

/**
 * The source of a job's inputs: where some of them are read whatever is undecided, one of each kind as if they were one.
 * `known` gives all that is known of their topics by now: some may come.
 */
export function jobSource(
  log: Log,
  { streams }: Pick<JobPlan, 'streams'>,
  known: () => Pick<JobPlan, 'streams'>,
): Source {
  if (streams.every(({ isolation }) => isolation === 'read_committed')) return log.source();
  const isUncommitted = ({ topic }: TopicPartition): boolean =>
    known().streams.some(
      ({ isolation, topics }) => isolation === 'read_uncommitted' && topics.some(({ name }) => name === topic),
    );
  return new SourceOfBoth(log.source(), log.source('read_uncommitted'), isUncommitted);
}

class SourceOfBoth implements Source {
  readonly #committed: Source;
  readonly #uncommitted: Source;
  readonly #isUncommitted: (partition: TopicPartition) => boolean;

  constructor(committed: Source, uncommitted: Source, isUncommitted: (partition: TopicPartition) => boolean) {
    this.#committed = committed;
    this.#uncommitted = uncommitted;
    this.#isUncommitted = isUncommitted;
  }

  assign(partitions: readonly SourcePosition[]): void {
    this.#committed.assign(partitions.filter((each) => !this.#isUncommitted(each)));
    this.#uncommitted.assign(partitions.filter((each) => this.#isUncommitted(each)));
  }

  unassign(partitions: readonly TopicPartition[]): void {
    // Of both: a topic that is gone is not known any more.
    this.#committed.unassign(partitions);
    this.#uncommitted.unassign(partitions);
  }

  pause(partition: TopicPartition): void {
    this.#of(partition).pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#of(partition).resume(partition);
  }

  /** Waits for both: the one that has nothing is woken when the other one has something, or fails. */
  async poll(maxWaitMs: number): Promise<readonly FetchedPartition[]> {
    const waiting = new Set([this.#committed, this.#uncommitted]);
    const polls = [...waiting].map(async (source) => {
      let found: readonly FetchedPartition[] | undefined;
      try {
        found = await source.poll(maxWaitMs);
        return found;
      } finally {
        waiting.delete(source);
        if (found === undefined || found.length > 0) for (const other of waiting) other.wake();
      }
    });
    const [committed, uncommitted] = await Promise.allSettled(polls);
    const fetched = [committed, uncommitted].flatMap((result) => (result?.status === 'fulfilled' ? result.value : []));
    for (const result of [committed, uncommitted]) {
      if (result?.status !== 'rejected') continue;
      // It is said again at the next poll. The job may go on then, and what the other one has does not come again.
      if (fetched.length === 0 || !isRecordsLost(result.reason)) throw result.reason;
    }
    return fetched;
  }

  wake(): void {
    this.#committed.wake();
    this.#uncommitted.wake();
  }

  close(): void {
    this.#committed.close();
    this.#uncommitted.close();
  }

  #of(partition: TopicPartition): Source {
    return this.#isUncommitted(partition) ? this.#uncommitted : this.#committed;
  }
}

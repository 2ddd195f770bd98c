import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { TopicPartition } from '../../runtime/src/log/port.ts';
import { ChangelogState } from './changelog-state.ts';

/**
 * How far the group has come. A commit outside of transactions that arrives late sets its offsets back, until the next one: what
 * was committed once was done.
 */
export class Reached {
  readonly #log: HookedMemoryLog;
  readonly #group: string;
  readonly #changelog: string | undefined;
  readonly #furthest = new Map<string, number>();

  /** With `changelog` by its checkpoint records, else by the group's offsets. */
  constructor(log: HookedMemoryLog, group: string, changelog: string | undefined) {
    this.#log = log;
    this.#group = group;
    this.#changelog = changelog;
  }

  /** The log, with its commits heard of. */
  listening(): HookedMemoryLog {
    const log = this.#log;
    return {
      ...log,
      commitOffsets: async (member, offsets) => {
        await log.commitOffsets(member, offsets);
        for (const { topic, partition, offset } of offsets) {
          const place = `${topic}-${partition}`;
          this.#furthest.set(place, Math.max(offset, this.#furthest.get(place) ?? 0));
        }
      },
    };
  }

  /** By topic and partition. */
  async now(): Promise<(at: TopicPartition) => number> {
    if (this.#changelog === undefined) return (at) => this.#committed(at);
    if (!(await this.#log.topics([this.#changelog])).has(this.#changelog)) return () => 0;
    const { checkpoints } = ChangelogState.read(this.#log, this.#changelog);
    return ({ topic, partition }) =>
      checkpoints.get(partition)?.inputs.find((input) => input.topic === topic)?.offset ?? 0;
  }

  #committed({ topic, partition }: TopicPartition): number {
    const [committed] = this.#log.materialisedOffsets(this.#group, [{ topic, partition }]);
    // While a savepoint is imported, its positions stand for nothing yet.
    if (committed?.metadata.startsWith('kgen:import:') === true) return 0;
    return Math.max(committed?.offset ?? 0, this.#furthest.get(`${topic}-${partition}`) ?? 0);
  }
}

import type { HookedMemoryLog } from '../../runtime/src/log/memory/memory-log.ts';
import type { TopicPartition } from '../../runtime/src/log/port.ts';
import { GROUP } from './job.ts';

/**
 * How far the group has come. A commit outside of transactions that arrives late sets its offsets back, until the next one: what
 * was committed once was done.
 */
export class Reached {
  readonly #log: HookedMemoryLog;
  readonly #furthest = new Map<string, number>();

  constructor(log: HookedMemoryLog) {
    this.#log = log;
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

  in({ topic, partition }: TopicPartition): number {
    const [committed] = this.#log.materialisedOffsets(GROUP, [{ topic, partition }]);
    return Math.max(committed?.offset ?? 0, this.#furthest.get(`${topic}-${partition}`) ?? 0);
  }
}

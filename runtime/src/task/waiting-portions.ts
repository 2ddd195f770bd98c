import type { FetchedPartition, RecordCursor, Source, TopicPartition } from '../log/port.ts';
import type { Lane } from './lane.ts';
import type { TableReader } from './opening/table-reader.ts';

/** Records that were fetched of one partition, and who takes them. */
export interface Portion {
  readonly part: FetchedPartition;
  readonly target: Lane | TableReader;
  /** Those of `part`; in a bounded run up to its end. */
  readonly records: RecordCursor;
}

interface Waiting {
  readonly portion: Portion;
  isReady: boolean;
}

/**
 * Portions whose next record waits for its schema. Their partitions are paused, so that nothing overtakes them, and all others
 * go on. Nothing of them is processed meanwhile: a checkpoint has the position of the record that waits.
 */
export class WaitingPortions {
  readonly #source: Source;
  #waiting: Waiting[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  /** `settled` never rejects. */
  add(portion: Portion, settled: Promise<void>): void {
    const waiting: Waiting = { portion, isReady: false };
    this.#waiting.push(waiting);
    this.#source.pause(portion.part);
    void settled.then(() => {
      waiting.isReady = true;
      this.#source.wake();
    });
  }

  /** Those that go on now. */
  take(): readonly Portion[] {
    if (this.#waiting.length === 0) return [];
    const ready = this.#waiting.filter(({ isReady }) => isReady).map(({ portion }) => portion);
    this.#waiting = this.#waiting.filter(({ isReady }) => !isReady);
    for (const { part } of ready) this.#source.resume(part);
    return ready;
  }

  /** Their records are not wanted any more, or come again. */
  drop(partitions: readonly TopicPartition[]): void {
    const isDropped = ({ portion: { part } }: Waiting): boolean => {
      return partitions.some(({ topic, partition }) => topic === part.topic && partition === part.partition);
    };
    for (const { portion } of this.#waiting.filter(isDropped)) this.#source.resume(portion.part);
    this.#waiting = this.#waiting.filter((waiting) => !isDropped(waiting));
  }

  clear(): void {
    this.drop(this.#waiting.map(({ portion }) => portion.part));
  }
}

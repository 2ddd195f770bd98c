import type { LogError, SourcePosition, TopicPartition } from '../../port.ts';
import type { FetchedRecords } from '../../record-batch/read-batches.ts';

/**
 * - `wanted`: in the next request to its leader.
 * - `asked`: in a request under way.
 * - `waiting`: for a leader, for a pause to be over, for what decompresses its records.
 * - `unread`: records are here that no `poll` has taken; no more are fetched until then.
 * - `failed`: `poll` throws this until the partition is assigned anew.
 */
export type PositionState =
  | { readonly kind: 'wanted' | 'asked' | 'waiting' }
  | { readonly kind: 'unread'; readonly node: number; readonly fetched: FetchedRecords; readonly copied: boolean }
  | { readonly kind: 'failed'; readonly error: LogError };

/** One assignment of a partition. A later one is another object: answers to requests for this one are then nobody's. */
export class Position implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** The next to fetch. */
  offset: number;
  paused: boolean;
  state: PositionState = { kind: 'wanted' };
  /** Of the topic as it was first found: another one of the same name has other records (I19). */
  topicId: string | undefined;
  /** Of the last batch before `offset`; -1 where none was read. */
  lastEpoch = -1;
  /** Failures in a row. */
  failures = 0;
  /** When the topic was first found missing, by the monotonic clock. */
  missingSince: number | undefined;

  constructor({ topic, partition, offset, id }: SourcePosition, paused: boolean) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.topicId = id;
    this.paused = paused;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`;
}

/** By partition. Those from which records were taken last come last: they are the last to be asked for. */
export class Positions {
  readonly #all = new Map<string, Position>();

  assign(position: Position): void {
    this.#all.set(keyOf(position), position);
  }

  get(partition: TopicPartition): Position | undefined {
    return this.#all.get(keyOf(partition));
  }

  delete(partition: TopicPartition): void {
    this.#all.delete(keyOf(partition));
  }

  clear(): void {
    this.#all.clear();
  }

  toLast(position: Position): void {
    this.delete(position);
    this.assign(position);
  }

  /** False where the partition was assigned anew, or unassigned. */
  holds(position: Position): boolean {
    return this.get(position) === position;
  }

  [Symbol.iterator](): IterableIterator<Position> {
    return this.#all.values();
  }
}

import type { Clock } from '../../time/clock.ts';
import {
  type FetchedPartition,
  type Isolation,
  LogError,
  type Source,
  type SourcePosition,
  type TopicPartition,
} from '../port.ts';
import { RecordsLostError } from '../records-lost.ts';
import type { Coordinator } from './coordinator.ts';
import type { Fetch, Partition } from './partition.ts';
import type { Store } from './store.ts';

/** How much of one partition a poll gives, give or take a batch. */
const PARTITION_BYTES = 256 * 1024;
/** How much a poll gives of all partitions together, give or take the last of them. */
const FETCH_BYTES = 8 * 1024 * 1024;

interface Position {
  readonly partition: Partition;
  offset: number;
  paused: boolean;
  /** Of the topic; undefined where nobody has said. */
  readonly id: string | undefined;
}

export interface MemorySourceOptions {
  readonly partitionBytes?: number | undefined;
  readonly isolation?: Isolation | undefined;
}

export class MemorySource implements Source {
  readonly #store: Store;
  readonly #coordinator: Coordinator;
  readonly #clock: Clock;
  readonly #partitionBytes: number;
  readonly #isolation: Isolation;
  /** By topic and partition. */
  readonly #positions = new Map<string, Position>();
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(store: Store, coordinator: Coordinator, clock: Clock, options: MemorySourceOptions = {}) {
    this.#partitionBytes = options.partitionBytes ?? PARTITION_BYTES;
    this.#isolation = options.isolation ?? 'read_committed';
    this.#store = store;
    this.#coordinator = coordinator;
    this.#clock = clock;
  }

  assign(partitions: readonly SourcePosition[]): void {
    for (const given of partitions) {
      const partition = this.#store.partition(given);
      const paused = this.#positions.get(keyOf(given))?.paused ?? false;
      this.#positions.set(keyOf(given), { partition, offset: given.offset, paused, id: given.id });
    }
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#positions.delete(keyOf(partition));
  }

  pause(partition: TopicPartition): void {
    const position = this.#positions.get(keyOf(partition));
    if (position !== undefined) position.paused = true;
  }

  resume(partition: TopicPartition): void {
    const position = this.#positions.get(keyOf(partition));
    if (position !== undefined) position.paused = false;
  }

  async poll(maxWaitMs: number): Promise<readonly FetchedPartition[]> {
    const ready = this.#fetch();
    if (ready.length > 0 || maxWaitMs <= 0 || this.#woken) {
      this.#woken = false;
      return ready;
    }
    // A change may be one of other partitions: the caller is told when its own have something.
    const deadline = this.#clock.monotonic() + maxWaitMs;
    for (;;) {
      await this.#change(Math.min(deadline - this.#clock.monotonic(), this.#coordinator.untilTimeOut));
      const fetched = this.#fetch();
      if (fetched.length > 0 || this.#woken || this.#clock.monotonic() >= deadline) {
        this.#woken = false;
        return fetched;
      }
    }
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  close(): void {
    this.#positions.clear();
    this.wake();
  }

  #fetch(): FetchedPartition[] {
    this.#coordinator.timeOut();
    const found: { readonly position: Position; readonly records: Fetch }[] = [];
    let left = FETCH_BYTES;
    for (const position of this.#positions.values()) {
      if (position.paused) continue;
      this.#checkTopic(position);
      const records = position.partition.fetch(position.offset, this.#partitionBytes, this.#isolation);
      if (records === undefined) continue;
      found.push({ position, records });
      left -= records.bytes;
      if (left <= 0) break;
    }
    // Where one has failed, nobody gets here: what others have comes again.
    const fetched = found.map(({ position, records: { cursor, nextOffset, bytes } }): FetchedPartition => {
      position.offset = nextOffset;
      const { topic, partition } = position.partition;
      return { topic, partition, records: cursor, nextOffset, leaderEpoch: 0, bytes };
    });
    const served = found.map(({ position }) => position);
    if (left <= 0) this.#moveBehind(served);
    return fetched;
  }

  /** Those that were left out come first the next time. */
  #moveBehind(served: readonly Position[]): void {
    for (const position of served) {
      const key = keyOf(position.partition);
      this.#positions.delete(key);
      this.#positions.set(key, position);
    }
  }

  /** I19: another topic of the same name has other records. */
  #checkTopic({ partition, offset, id }: Position): void {
    const found = this.#store.find(partition);
    if (found === partition && (id === undefined || this.#store.isTopic(partition.topic, id))) return;
    const { topic } = partition;
    if (found === undefined) throw new LogError('fatal', `Topic ${topic} does not exist`);
    const what = `Topic ${topic} was deleted and made anew: the records of the old one are lost`;
    throw new RecordsLostError('recreated', partition, offset, what);
  }

  #change(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        callOff();
        ignoreChange();
        this.#wake = undefined;
        resolve();
      };
      const callOff = this.#clock.after(maxWaitMs, done);
      const ignoreChange = this.#store.onChange(done);
      this.#wake = done;
    });
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`;
}

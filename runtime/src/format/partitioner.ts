/** What a partitioner may look at. */
export interface PartitionInput<V> {
  readonly topic: string;
  /** The encoded key. */
  readonly key: Uint8Array | null;
  readonly value: V | null;
  /** Number of partitions of the topic, at least 1. */
  readonly partitions: number;
  /** The task that emits: the partition number of its inputs; 0 outside of jobs. */
  readonly task: number;
}

/** Chooses a partition, 0 ≤ p < `partitions`. */
export type Partitioner<V> = (input: PartitionInput<V>) => number;

/**
 * What a partitioner may look at. Partitioners remember nothing: what changes from record to record comes in with
 * `sequence`, which the producer counts. So a topic object is shared by all tasks of a process, and a replay of a task
 * makes the same choices.
 */
export interface PartitionInput<V> {
  /** Kafka's name of the topic. */
  readonly topic: string;
  /** The encoded key. */
  readonly key: Uint8Array | null;
  readonly value: V | null;
  /** Number of partitions of the topic, at least 1. */
  readonly partitions: number;
  /** The task that emits: the partition number of its inputs; 0 outside of jobs. */
  readonly task: number;
  /** How many records this producer has sent to this topic before; the task's own count in jobs, 0 after a restart. */
  readonly sequence: number;
  /**
   * How many batches of records this producer has filled that this partitioner chose for in this topic: it counts on after each
   * 256 KiB, and with each checkpoint. Default 0.
   */
  readonly batch?: number | undefined;
}

/** Chooses a partition, 0 ≤ p < `partitions`. */
export type Partitioner<V> = (input: PartitionInput<V>) => number;

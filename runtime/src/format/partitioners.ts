import { encodeWith } from './encode.ts';
import type { Format } from './format.ts';
import { murmur2Partition } from './murmur2.ts';
import type { Partitioner, PartitionInput } from './partitioner.ts';
import type { AnyTopic } from './topic.ts';
import { TopicError } from './topic-error.ts';

/**
 * What Java's producer does: murmur2 of the encoded key. Records without a key go round all partitions one by one;
 * Java's producer instead stays with one partition until its batch is full.
 */
export function murmur2(input: PartitionInput<unknown>): number {
  return input.key === null ? roundRobin(input) : murmur2Partition(input.key, input.partitions);
}

/** One partition after the other, each producer for itself, starting at its task's number. */
export function roundRobin({ task, sequence, partitions }: PartitionInput<unknown>): number {
  return (task + sequence) % partitions;
}

/**
 * Stays with one partition until a batch of it is full, or sent with a checkpoint; then goes on to the next (KIP-480). Few large
 * batches instead of many small ones, whatever the keys are.
 */
export function sticky({ task, batch = 0, partitions }: PartitionInput<unknown>): number {
  return (task + batch) % partitions;
}

/** Each task writes one partition: its own number, modulo the topic's partitions. */
export function fixed({ task, partitions }: PartitionInput<unknown>): number {
  return task % partitions;
}

/**
 * Murmur2 of one field of the value, encoded by `format`; round-robin where the field is null.
 * A tombstone has no field, and would land in another partition than its record: it is refused with a TopicError.
 */
export function byField<V, F>(field: (value: V) => F | null, format: Format<F>): Partitioner<V> {
  return (input) => {
    if (input.value === null) {
      throw new TopicError(
        'partition-field',
        input.topic,
        'a record without a value has no field to be partitioned by. Use partitioner murmur2 where there are tombstones',
      );
    }
    const part = field(input.value);
    return part === null ? roundRobin(input) : murmur2Partition(encodeWith(format, part), input.partitions);
  };
}

/**
 * The partition that the topic's partitioner chooses.
 * @throws TopicError where it is not one of the topic's partitions
 */
export function choosePartition<V>(
  topic: Pick<AnyTopic, 'partitioner'> | { readonly partitioner: Partitioner<V> },
  input: PartitionInput<V>,
): number {
  const partition = topic.partitioner(input);
  if (isPartition(partition, input.partitions)) return partition;
  const last = input.partitions - 1;
  throw new TopicError(
    'partition',
    input.topic,
    `the partitioner chose ${describe(partition)}; it must return an integer from 0 to ${last}`,
  );
}

/** A partition that was given for one record. @throws TopicError where it is not one of the topic's */
export function givenPartition(topic: string, partition: number, partitions: number): number {
  if (isPartition(partition, partitions)) return partition;
  const last = partitions - 1;
  const reason = `the option \`partition\` is ${describe(partition)}; the topic has partitions 0 to ${last}`;
  throw new TopicError('partition', topic, reason);
}

function isPartition(partition: number, partitions: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitions;
}

function describe(partition: unknown): string {
  if (partition === undefined || partition === null) return String(partition);
  if (partition instanceof Promise) return 'a promise';
  if (typeof partition === 'number' || typeof partition === 'bigint') return String(partition);
  return typeof partition === 'object' ? 'an object' : `a ${typeof partition}`;
}

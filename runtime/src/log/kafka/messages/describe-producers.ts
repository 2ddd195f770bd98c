import type { TopicPartition } from '../../port.ts';
import { readByTopic, writePartitions } from './by-topic.ts';
import type { Answer, Message } from './message.ts';

export interface ActiveProducer {
  readonly producerId: number;
  readonly epoch: number;
  /** Where its open transaction begins; -1 where it has none. */
  readonly openFrom: number;
}

export interface PartitionProducers extends TopicPartition {
  readonly error: number;
  readonly message: string | null;
  readonly producers: readonly ActiveProducer[];
}

/** Who has written to a partition lately, and whose transaction holds its readers back (KIP-664, I16). Asked of its leader. */
export const describeProducers: Message<
  { readonly partitions: readonly TopicPartition[] },
  Answer & { readonly partitions: readonly PartitionProducers[] }
> = {
  name: 'DescribeProducers',
  key: 61,
  versions: { min: 0, max: 0 },
  repeatable: true,
  write(writer, { partitions }) {
    writePartitions(writer, partitions);
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readByTopic(
      reader,
      (each, topic) => {
        const partition = each.int32();
        const failure = { error: each.int16(), message: each.nullableString() };
        const producers = each.array((inner) => {
          const identity = { producerId: inner.int64(), epoch: inner.int32() };
          inner.raw(16); // last sequence and timestamp, epoch of the coordinator
          const openFrom = inner.int64();
          inner.tags();
          return { ...identity, openFrom };
        }, 37);
        each.tags();
        return { topic, partition, ...failure, producers };
      },
      9,
    );
    reader.tags();
    return { throttle, partitions };
  },
};

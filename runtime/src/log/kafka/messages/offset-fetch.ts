import type { TopicPartition } from '../../port.ts';
import { readByTopic, writePartitions } from './by-topic.ts';
import type { Answer, Message } from './message.ts';

export interface FetchedOffset extends TopicPartition {
  /** Unless it is 0, the offset says nothing: -1 beside an error does not mean that nothing was committed (I2). */
  readonly error: number;
  /** -1 where nothing was committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface OffsetFetchResponse extends Answer {
  readonly error: number;
  readonly partitions: readonly FetchedOffset[];
}

/** Asked of the group's coordinator. */
export const offsetFetch: Message<
  {
    readonly group: string;
    /** Null for all that there are. */
    readonly partitions: readonly TopicPartition[] | null;
    /** An error where a transaction over the offset is undecided (KIP-447). */
    readonly requireStable: boolean;
  },
  OffsetFetchResponse
> = {
  name: 'OffsetFetch',
  key: 9,
  versions: { min: 7, max: 7 },
  repeatable: true,
  write(writer, { group, partitions, requireStable }) {
    writer.string(group);
    if (partitions === null) writer.array(partitions, () => undefined);
    else writePartitions(writer, partitions);
    writer.boolean(requireStable).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readByTopic(
      reader,
      (each, topic) => {
        const position = { partition: each.int32(), offset: each.int64(), leaderEpoch: each.int32() };
        const rest = { metadata: each.string(), error: each.int16() };
        each.tags();
        return { topic, ...position, ...rest };
      },
      20,
    );
    const error = reader.int16();
    reader.tags();
    return { throttle, error, partitions };
  },
};

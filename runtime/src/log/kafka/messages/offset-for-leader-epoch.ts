import type { TopicPartition } from '../../port.ts';
import { readByTopic, writeByTopic } from './by-topic.ts';
import type { Answer, Message } from './message.ts';

export interface EpochEnd extends TopicPartition {
  readonly error: number;
  /** The largest epoch up to the one asked for that the leader has; -1 where it has none. */
  readonly leaderEpoch: number;
  /** Where that epoch ends; -1 where it is unknown. A position beyond it was truncated away (I19). */
  readonly endOffset: number;
}

/** Asked of the partitions' leader (KIP-320). */
export const offsetForLeaderEpoch: Message<
  {
    readonly partitions: readonly (TopicPartition & {
      /** The epoch of the position. */
      readonly leaderEpoch: number;
      /** What is known of the leader itself, to be told when that is stale; -1 to not ask. */
      readonly currentLeaderEpoch: number;
    })[];
  },
  Answer & { readonly partitions: readonly EpochEnd[] }
> = {
  name: 'OffsetForLeaderEpoch',
  key: 23,
  versions: { min: 4, max: 4 },
  repeatable: true,
  write(writer, { partitions }) {
    writer.int32(-1);
    writeByTopic(writer, partitions, (each, { partition, currentLeaderEpoch, leaderEpoch }) => {
      each.int32(partition).int32(currentLeaderEpoch).int32(leaderEpoch).noTags();
    });
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readByTopic(
      reader,
      (each, topic) => {
        const error = each.int16();
        const found = { partition: each.int32(), leaderEpoch: each.int32(), endOffset: each.int64() };
        each.tags();
        return { topic, error, ...found };
      },
      19,
    );
    reader.tags();
    return { throttle, partitions };
  },
};

import type { TopicPartition } from '../../port.ts';
import { readByTopic, writeByTopic } from './by-topic.ts';
import type { Answer, Message } from './message.ts';

/** Which records count: with `read-committed`, the end is the last stable offset; else the high watermark. */
export type Isolation = 'read-uncommitted' | 'read-committed';

/** In place of a timestamp. */
export const LATEST = -1;
/** In place of a timestamp. */
export const EARLIEST = -2;

export interface ListOffsetsRequest {
  readonly isolation: Isolation;
  /** The first offset at or after `timestamp` (milliseconds since 1970), or one of the ends. */
  readonly partitions: readonly (TopicPartition & { readonly timestamp: number; readonly leaderEpoch?: number })[];
}

export interface ListedOffset extends TopicPartition {
  readonly error: number;
  /** -1 where no record is that young. */
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** Asked of the partitions' leader. */
export const listOffsets: Message<ListOffsetsRequest, Answer & { readonly partitions: readonly ListedOffset[] }> = {
  name: 'ListOffsets',
  key: 2,
  versions: { min: 7, max: 7 },
  repeatable: true,
  write(writer, { isolation, partitions }) {
    writer.int32(-1).int8(isolation === 'read-committed' ? 1 : 0);
    writeByTopic(writer, partitions, (each, { partition, timestamp, leaderEpoch }) => {
      each
        .int32(partition)
        .int32(leaderEpoch ?? -1)
        .int64(timestamp)
        .noTags();
    });
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readByTopic(
      reader,
      (each, topic) => {
        const partition = each.int32();
        const error = each.int16();
        each.raw(8); // the record's timestamp: anything that its writer pleased
        const found = { offset: each.int64(), leaderEpoch: each.int32() };
        each.tags();
        return { topic, partition, error, ...found };
      },
      27,
    );
    reader.tags();
    return { throttle, partitions };
  },
};

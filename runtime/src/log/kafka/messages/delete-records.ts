import type { TopicPartition } from '../../port.ts';
import { readByTopic, writeByTopic } from './by-topic.ts';
import type { Answer, Message } from './message.ts';

/** Asked of the partitions' leader. Offset -1 is the high watermark. `timeout` in milliseconds. */
export const deleteRecords: Message<
  { readonly partitions: readonly (TopicPartition & { readonly before: number })[]; readonly timeout: number },
  Answer & {
    readonly partitions: readonly (TopicPartition & { readonly error: number; readonly lowWatermark: number })[];
  }
> = {
  name: 'DeleteRecords',
  key: 21,
  versions: { min: 2, max: 2 },
  repeatable: true,
  write(writer, { partitions, timeout }) {
    writeByTopic(writer, partitions, (each, { partition, before }) => each.int32(partition).int64(before).noTags());
    writer.int32(timeout).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readByTopic(
      reader,
      (each, topic) => {
        const result = { partition: each.int32(), lowWatermark: each.int64(), error: each.int16() };
        each.tags();
        return { topic, ...result };
      },
      15,
    );
    reader.tags();
    return { throttle, partitions };
  },
};

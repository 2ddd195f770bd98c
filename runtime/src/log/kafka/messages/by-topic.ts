import type { TopicPartition } from '../../port.ts';
import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

// Requests and answers group partitions by topic. Callers see flat lists.

/** A structure for each group of items: its key, the items, no tagged fields. */
export function writeGrouped<T>(
  writer: WireWriter,
  items: readonly T[],
  keyOf: (item: T) => string,
  writeKey: (writer: WireWriter, key: string) => void,
  writeItem: (writer: WireWriter, item: T) => void,
): void {
  writer.array([...Map.groupBy(items, keyOf)], (each, [key, group]) => {
    writeKey(each, key);
    each.array(group, writeItem).noTags();
  });
}

export function writeByTopic<T extends { readonly topic: string }>(
  writer: WireWriter,
  partitions: readonly T[],
  write: (writer: WireWriter, partition: T) => void,
): void {
  writeGrouped(
    writer,
    partitions,
    ({ topic }) => topic,
    (each, topic) => each.string(topic),
    write,
  );
}

/** Partition numbers alone. */
export function writePartitions(writer: WireWriter, partitions: readonly TopicPartition[]): void {
  writeByTopic(writer, partitions, (each, { partition }) => each.int32(partition));
}

/** `least`: how many bytes a partition takes at the least. */
export function readByTopic<T>(reader: WireReader, read: (reader: WireReader, topic: string) => T, least = 1): T[] {
  const all: T[] = [];
  reader.array((each) => {
    const topic = each.string();
    for (const item of each.array((inner) => read(inner, topic), least)) all.push(item);
    each.tags();
  }, 3);
  return all;
}

/** A partition's number and error code, and nothing more. */
export interface PartitionResult extends TopicPartition {
  readonly error: number;
}

export function readResults(reader: WireReader): PartitionResult[] {
  return readByTopic(
    reader,
    (each, topic) => {
      const result = { topic, partition: each.int32(), error: each.int16() };
      each.tags();
      return result;
    },
    7,
  );
}

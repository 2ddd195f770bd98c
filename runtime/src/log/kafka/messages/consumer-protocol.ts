import type { TopicPartition } from '../../port.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

// What members of a group of type `consumer` say of themselves, and what they are told. The coordinator reads both as well: it
// keeps offsets of subscribed topics alive, and shows lag to administrators. Metadata it cannot read leaves JoinGroup unanswered.

export interface Subscription {
  readonly topics: readonly string[];
  /** The member's own, for the leader. */
  readonly userData: Uint8Array;
  /** What it holds, in the generation in which it got it. */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

/** ConsumerProtocolSubscription, version 2. */
export function writeSubscription({ topics, userData, owned, generation }: Subscription): Buffer {
  const writer = new WireWriter().int16(2);
  writer.arrayClassic(topics, (each, topic) => each.stringClassic(topic)).bytesClassic(userData);
  return writePartitions(writer, owned).int32(generation).bytes();
}

/** Any version. @throws LogError where it is none */
export function readSubscription(bytes: Buffer): Subscription {
  const reader = new WireReader(bytes);
  const version = reader.int16();
  const topics = reader.arrayClassic((each) => each.stringClassic() ?? '', 2);
  const userData = reader.bytesClassic() ?? Buffer.alloc(0);
  const owned = version >= 1 ? readPartitions(reader) : [];
  const generation = version >= 2 ? reader.int32() : -1;
  return { topics, userData, owned, generation };
}

/** ConsumerProtocolAssignment, version 1. */
export function writeAssignment(partitions: readonly TopicPartition[], userData: Uint8Array | null = null): Buffer {
  return writePartitions(new WireWriter().int16(1), partitions).bytesClassic(userData).bytes();
}

/** Any version; empty bytes assign nothing. @throws LogError where it is none */
export function readAssignment(bytes: Buffer): {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer;
} {
  if (bytes.length === 0) return { partitions: [], userData: bytes };
  const reader = new WireReader(bytes);
  reader.int16();
  return { partitions: readPartitions(reader), userData: reader.bytesClassic() ?? Buffer.alloc(0) };
}

function writePartitions(writer: WireWriter, partitions: readonly TopicPartition[]): WireWriter {
  const groups = [...Map.groupBy(partitions, ({ topic }) => topic)];
  return writer.arrayClassic(groups, (each, [topic, group]) => {
    each.stringClassic(topic).arrayClassic(group, (inner, { partition }) => inner.int32(partition));
  });
}

function readPartitions(reader: WireReader): TopicPartition[] {
  return reader
    .arrayClassic((each) => {
      const topic = each.stringClassic() ?? '';
      return each.arrayClassic((inner) => ({ topic, partition: inner.int32() }), 4);
    }, 6)
    .flat();
}

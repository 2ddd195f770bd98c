import type { Answer, Message } from '../../../runtime/src/log/kafka/messages/message.ts';
import { NO_TOPIC_ID } from '../../../runtime/src/log/kafka/messages/metadata.ts';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';

// What the runtime never does to topics, and others do.

type Administration<Request> = Message<Request, Answer & { readonly code: number }>;

export const createPartitions: Administration<{ readonly topic: string; readonly partitions: number }> = {
  name: 'CreateTopics',
  key: 37,
  versions: { min: 3, max: 3 },
  repeatable: true,
  write(writer, { topic, partitions }) {
    writer.array([topic], (each) =>
      each
        .string(topic)
        .int32(partitions)
        .array(null, () => undefined)
        .noTags(),
    );
    writer.int32(5000).boolean(false).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const [code = -1] = reader.array((each) => {
      each.string();
      const error = each.int16();
      each.nullableString();
      each.tags();
      return error;
    });
    reader.tags();
    return { throttle, code };
  },
};

export const deleteTopic: Administration<string> = {
  name: 'CreateTopics',
  key: 20,
  versions: { min: 6, max: 6 },
  repeatable: true,
  write(writer, topic) {
    writer.array([topic], (each) => each.string(topic).uuid(NO_TOPIC_ID).noTags());
    writer.int32(5000).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const [code = -1] = reader.array((each) => {
      each.nullableString();
      each.uuid();
      const error = each.int16();
      each.nullableString();
      each.tags();
      return error;
    });
    reader.tags();
    return { throttle, code };
  },
};

/** The first of its replicas leads each partition again, where that one is in sync. */
export const electPreferredLeaders: Administration<null> = {
  name: 'CreateTopics',
  key: 43,
  versions: { min: 2, max: 2 },
  repeatable: true,
  write(writer) {
    writer.int8(0);
    writer.array(null, () => undefined);
    writer.int32(10_000).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const code = reader.int16();
    reader.array((each) => {
      each.string();
      each.array((inner) => {
        inner.int32();
        inner.int16();
        inner.nullableString();
        inner.tags();
      });
      each.tags();
    });
    reader.tags();
    return { throttle, code };
  },
};

export interface Replicas {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly all: readonly number[];
  readonly inSync: readonly number[];
}

/** Who holds what, of all topics, Kafka's own as well. */
export const describeReplicas: Message<null, Answer & { readonly partitions: readonly Replicas[] }> = {
  name: 'Metadata',
  key: 3,
  versions: { min: 12, max: 12 },
  repeatable: true,
  write(writer) {
    writer.array(null, () => undefined);
    writer.boolean(false).boolean(false).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    reader.array((each) => {
      each.int32();
      each.string();
      each.int32();
      each.nullableString();
      each.tags();
    });
    reader.nullableString();
    reader.int32();
    const partitions = reader.array((each) => {
      each.int16();
      const topic = each.string();
      each.uuid();
      each.boolean();
      const found = each.array((inner) => {
        inner.int16();
        const [partition, leader] = [inner.int32(), inner.int32()];
        inner.int32();
        const [all, inSync] = [inner.int32s(), inner.int32s()];
        inner.int32s();
        inner.tags();
        return { topic, partition, leader, all, inSync };
      });
      each.int32();
      each.tags();
      return found;
    });
    reader.tags();
    return { throttle, partitions: partitions.flat() };
  },
};

export async function administer<Request>(
  transport: KafkaTransport,
  message: Administration<Request>,
  request: Request,
): Promise<void> {
  const { code } = await transport.sendToAny(message, request);
  if (code !== 0) throw new Error(`refused with ${code}`);
}

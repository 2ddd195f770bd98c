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

export async function administer<Request>(
  transport: KafkaTransport,
  message: Administration<Request>,
  request: Request,
): Promise<void> {
  const { code } = await transport.sendToAny(message, request);
  if (code !== 0) throw new Error(`refused with ${code}`);
}

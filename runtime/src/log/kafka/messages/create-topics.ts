import type { Answer, Message } from './message.ts';

export interface TopicToCreate {
  readonly topic: string;
  /** -1: the broker's default. */
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface CreatedTopic {
  readonly topic: string;
  readonly id: string;
  readonly error: number;
  readonly message: string | null;
  readonly partitions: number;
}

/** Any broker passes it on to the controller. `timeout` in milliseconds. */
export const createTopics: Message<
  { readonly topics: readonly TopicToCreate[]; readonly timeout: number; readonly validateOnly: boolean },
  Answer & { readonly topics: readonly CreatedTopic[] }
> = {
  name: 'CreateTopics',
  key: 19,
  versions: { min: 7, max: 7 },
  repeatable: true,
  write(writer, { topics, timeout, validateOnly }) {
    writer.array(topics, (each, { topic, partitions, replicationFactor, configs }) => {
      each.string(topic).int32(partitions).int16(replicationFactor);
      each.array([], () => undefined); // assignments by hand
      each.array(Object.entries(configs), (inner, [name, value]) => inner.string(name).string(value).noTags()).noTags();
    });
    writer.int32(timeout).boolean(validateOnly).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const topics = reader.array((each) => {
      const head = { topic: each.string(), id: each.uuid(), error: each.int16(), message: each.nullableString() };
      const partitions = each.int32();
      each.int16(); // replication factor
      each.array((inner) => {
        inner.string();
        inner.nullableString();
        inner.boolean();
        inner.int8();
        inner.boolean();
        inner.tags();
      }, 6);
      each.tags();
      return { ...head, partitions };
    }, 28);
    reader.tags();
    return { throttle, topics };
  },
};

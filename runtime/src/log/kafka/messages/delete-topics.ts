import type { Answer, Message } from './message.ts';

/** By id, so that one which was made anew under the same name stays. Any broker passes it on to the controller. `timeout` in milliseconds. */
export const deleteTopics: Message<
  { readonly ids: readonly string[]; readonly timeout: number },
  Answer & {
    readonly topics: readonly { readonly id: string; readonly error: number; readonly message: string | null }[];
  }
> = {
  name: 'DeleteTopics',
  key: 20,
  versions: { min: 6, max: 6 },
  repeatable: true,
  write(writer, { ids, timeout }) {
    writer.array(ids, (each, id) => {
      each.string(null); // its name
      each.uuid(id).noTags();
    });
    writer.int32(timeout).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const topics = reader.array((each) => {
      each.nullableString(); // its name
      const topic = { id: each.uuid(), error: each.int16(), message: each.nullableString() };
      each.tags();
      return topic;
    }, 21);
    reader.tags();
    return { throttle, topics };
  },
};

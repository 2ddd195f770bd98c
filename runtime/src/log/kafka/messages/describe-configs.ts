import type { Answer, Message } from './message.ts';

const RESOURCE_TYPES = { topic: 2, broker: 4 } as const;

export interface ConfigResource {
  readonly type: keyof typeof RESOURCE_TYPES;
  /** A topic's name, or a broker's number. */
  readonly name: string;
  /** Null for all. */
  readonly keys: readonly string[] | null;
}

export interface DescribedConfig {
  readonly error: number;
  readonly message: string | null;
  readonly name: string;
  /** Values that the broker keeps secret are null. */
  readonly configs: ReadonlyMap<string, string | null>;
}

/** Of a topic: any broker answers; of a broker: that one alone. The answer is in any order. */
export const describeConfigs: Message<
  { readonly resources: readonly ConfigResource[] },
  Answer & { readonly resources: readonly DescribedConfig[] }
> = {
  name: 'DescribeConfigs',
  key: 32,
  versions: { min: 4, max: 4 },
  repeatable: true,
  write(writer, { resources }) {
    writer.array(resources, (each, { type, name, keys }) => {
      each.int8(RESOURCE_TYPES[type]).string(name);
      each.array(keys, (inner, key) => inner.string(key)).noTags();
    });
    writer.boolean(false).boolean(false).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const resources = reader.array((each) => {
      const failure = { error: each.int16(), message: each.nullableString() };
      each.int8();
      const name = each.string();
      const configs = new Map<string, string | null>();
      each.array((inner) => {
        configs.set(inner.string(), inner.nullableString());
        inner.boolean(); // read-only
        inner.int8(); // source
        inner.boolean(); // sensitive
        inner.array((synonym) => {
          synonym.string();
          synonym.nullableString();
          synonym.int8();
          synonym.tags();
        }, 4);
        inner.int8(); // type
        inner.nullableString(); // documentation
        inner.tags();
      }, 9);
      each.tags();
      return { ...failure, name, configs };
    }, 7);
    reader.tags();
    return { throttle, resources };
  },
};

import type { Answer, Message } from './message.ts';
import type { Broker } from './metadata.ts';

/** Who coordinates: offsets and members of a group, or the transactions of a transactional id. */
export type CoordinatorKind = 'group' | 'transaction';

export interface FindCoordinatorResponse extends Answer {
  readonly coordinators: readonly (Broker & {
    readonly key: string;
    readonly error: number;
    readonly message: string | null;
  })[];
}

export const findCoordinator: Message<
  { readonly kind: CoordinatorKind; readonly keys: readonly string[] },
  FindCoordinatorResponse
> = {
  name: 'FindCoordinator',
  key: 10,
  versions: { min: 4, max: 5 },
  repeatable: true,
  write(writer, { kind, keys }) {
    writer.int8(kind === 'group' ? 0 : 1);
    writer.array(keys, (each, key) => each.string(key)).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const coordinators = reader.array((each) => {
      const key = each.string();
      const broker = { node: each.int32(), host: each.string(), port: each.int32() };
      const failure = { error: each.int16(), message: each.nullableString() };
      each.tags();
      return { key, ...broker, ...failure };
    }, 14);
    reader.tags();
    return { throttle, coordinators };
  },
};

import type { Answer, Message } from './message.ts';

/** Asked of the group's coordinator. Error 27 (REBALANCE_IN_PROGRESS) asks the member to rejoin. */
export const heartbeat: Message<
  {
    readonly group: string;
    readonly generation: number;
    readonly memberId: string;
    readonly instanceId: string | null;
  },
  Answer & { readonly error: number }
> = {
  name: 'Heartbeat',
  key: 12,
  versions: { min: 4, max: 4 },
  repeatable: true,
  write(writer, { group, generation, memberId, instanceId }) {
    writer.string(group).int32(generation).string(memberId).string(instanceId).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    reader.tags();
    return { throttle, error };
  },
};

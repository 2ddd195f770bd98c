import type { Answer, Message } from './message.ts';

/** Asked of the group's coordinator. A static member is named by its instance id, with an empty member id. */
export const leaveGroup: Message<
  {
    readonly group: string;
    readonly members: readonly { readonly memberId: string; readonly instanceId: string | null }[];
    /** For the broker's log. */
    readonly reason: string | null;
  },
  Answer & {
    readonly error: number;
    readonly members: readonly {
      readonly memberId: string;
      readonly instanceId: string | null;
      readonly error: number;
    }[];
  }
> = {
  name: 'LeaveGroup',
  key: 13,
  versions: { min: 5, max: 5 },
  repeatable: true,
  write(writer, { group, members, reason }) {
    writer.string(group);
    writer.array(members, (each, { memberId, instanceId }) => {
      each.string(memberId).string(instanceId).string(reason).noTags();
    });
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const members = reader.array((each) => {
      const member = { memberId: each.string(), instanceId: each.nullableString(), error: each.int16() };
      each.tags();
      return member;
    }, 5);
    reader.tags();
    return { throttle, error, members };
  },
};

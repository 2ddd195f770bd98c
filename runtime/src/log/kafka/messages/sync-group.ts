import { GROUP_PROTOCOL_TYPE } from './join-group.ts';
import type { Answer, Message } from './message.ts';

export interface SyncGroupRequest {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
  /** The one that JoinGroup chose. */
  readonly protocol: string | null;
  /** From the leader; others say nothing. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

/** Asked of the group's coordinator, which answers when the leader has shared. */
export const syncGroup: Message<
  SyncGroupRequest,
  Answer & { readonly error: number; readonly protocol: string | null; readonly assignment: Buffer }
> = {
  name: 'SyncGroup',
  key: 14,
  versions: { min: 5, max: 5 },
  repeatable: true,
  write(writer, request) {
    writer.string(request.group).int32(request.generation).string(request.memberId).string(request.instanceId);
    writer.string(GROUP_PROTOCOL_TYPE).string(request.protocol);
    writer.array(request.assignments, (each, { memberId, assignment }) => {
      each.string(memberId).bytesField(assignment).noTags();
    });
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    reader.nullableString(); // protocol type
    const protocol = reader.nullableString();
    const assignment = reader.bytesField();
    reader.tags();
    return { throttle, error, protocol, assignment };
  },
};

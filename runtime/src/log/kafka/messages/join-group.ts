import type { Answer, Message } from './message.ts';

export interface JoinGroupRequest {
  readonly group: string;
  readonly sessionTimeout: number;
  /** How long members may take to rejoin, in milliseconds. */
  readonly rebalanceTimeout: number;
  /** Empty for who is no member yet. */
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ways to share that this member knows, the best first, each with what it has to say of itself. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
  /** For the broker's log. */
  readonly reason: string | null;
}

export interface JoinGroupResponse extends Answer {
  readonly error: number;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string;
  /** The leader need not share: what was assigned holds (KIP-814). */
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** To the leader alone. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export const GROUP_PROTOCOL_TYPE = 'consumer';

/**
 * Asked of the group's coordinator, which answers when all members have joined: meanwhile it answers nothing else
 * on the same socket.
 */
export const joinGroup: Message<JoinGroupRequest, JoinGroupResponse> = {
  name: 'JoinGroup',
  key: 11,
  versions: { min: 9, max: 9 },
  repeatable: true,
  write(writer, request) {
    writer.string(request.group).int32(request.sessionTimeout).int32(request.rebalanceTimeout);
    writer.string(request.memberId).string(request.instanceId).string(GROUP_PROTOCOL_TYPE);
    writer.array(request.protocols, (each, { name, metadata }) => each.string(name).bytesField(metadata).noTags());
    writer.string(request.reason).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const generation = reader.int32();
    reader.nullableString(); // protocol type
    const protocol = reader.nullableString();
    const leader = reader.string();
    const skipAssignment = reader.boolean();
    const memberId = reader.string();
    const members = reader.array((each) => {
      const member = { memberId: each.string(), instanceId: each.nullableString(), metadata: each.bytesField() };
      each.tags();
      return member;
    }, 4);
    reader.tags();
    return { throttle, error, generation, protocol, leader, skipAssignment, memberId, members };
  },
};

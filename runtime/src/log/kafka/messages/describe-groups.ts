import type { Answer, Message } from './message.ts';

export interface DescribedGroup {
  readonly error: number;
  readonly group: string;
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty` or `Dead`. */
  readonly state: string;
  readonly protocolType: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly clientId: string;
    /** What it said of itself when it joined. Empty while the group rebalances. */
    readonly metadata: Buffer;
    readonly assignment: Buffer;
  }[];
  /** Of this client, a bit each; a negative number where that was not asked for. */
  readonly operations: number;
}

export interface DescribeGroupsRequest {
  readonly groups: readonly string[];
  /** True where `operations` are to be told. */
  readonly operations?: boolean;
}

/** Asked of the groups' coordinator. The answer is in any order. */
export const describeGroups: Message<DescribeGroupsRequest, Answer & { readonly groups: readonly DescribedGroup[] }> = {
  name: 'DescribeGroups',
  key: 15,
  versions: { min: 5, max: 6 },
  repeatable: true,
  write(writer, { groups, operations = false }) {
    writer
      .array(groups, (each, group) => each.string(group))
      .boolean(operations)
      .noTags();
  },
  read(reader, version) {
    const throttle = reader.int32();
    const groups = reader.array((each) => {
      const error = each.int16();
      if (version >= 6) each.nullableString();
      const head = { group: each.string(), state: each.string(), protocolType: each.string() };
      each.string(); // protocol
      const members = each.array((inner) => {
        const ids = { memberId: inner.string(), instanceId: inner.nullableString(), clientId: inner.string() };
        inner.string(); // host
        const rest = { metadata: inner.bytesField(), assignment: inner.bytesField() };
        inner.tags();
        return { ...ids, ...rest };
      }, 7);
      const operations = each.int32();
      each.tags();
      return { error, ...head, members, operations };
    }, 12);
    reader.tags();
    return { throttle, groups };
  },
};

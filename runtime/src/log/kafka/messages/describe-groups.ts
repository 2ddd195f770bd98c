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
}

/** Asked of the groups' coordinator. The answer is in any order. */
export const describeGroups: Message<
  { readonly groups: readonly string[] },
  Answer & { readonly groups: readonly DescribedGroup[] }
> = {
  name: 'DescribeGroups',
  key: 15,
  versions: { min: 5, max: 6 },
  repeatable: true,
  write(writer, { groups }) {
    writer
      .array(groups, (each, group) => each.string(group))
      .boolean(false)
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
      each.int32(); // authorized operations
      each.tags();
      return { error, ...head, members };
    }, 12);
    reader.tags();
    return { throttle, groups };
  },
};

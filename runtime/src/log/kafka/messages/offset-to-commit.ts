import type { TopicPartition } from '../../port.ts';
import type { WireWriter } from '../wire/writer.ts';
import { writeByTopic } from './by-topic.ts';

/** Who commits. Generation -1 with an empty member id is nobody: the coordinator lets it pass where the group is empty (I4). */
export interface CommittingMember {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  /** Name of a static member. */
  readonly instanceId: string | null;
}

export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  /** Of the last record before `offset`; -1 if unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export function writeOffsets(writer: WireWriter, offsets: readonly OffsetToCommit[]): void {
  writeByTopic(writer, offsets, (each, { partition, offset, leaderEpoch, metadata }) => {
    each.int32(partition).int64(offset).int32(leaderEpoch).string(metadata).noTags();
  });
}

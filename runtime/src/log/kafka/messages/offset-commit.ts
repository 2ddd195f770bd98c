import { type PartitionResult, readResults } from './by-topic.ts';
import type { Answer, Message } from './message.ts';
import { type CommittingMember, type OffsetToCommit, writeOffsets } from './offset-to-commit.ts';

/** Offsets outside of transactions. Asked of the group's coordinator. Each partition has its own answer. */
export const offsetCommit: Message<
  CommittingMember & { readonly offsets: readonly OffsetToCommit[] },
  Answer & { readonly partitions: readonly PartitionResult[] }
> = {
  name: 'OffsetCommit',
  key: 8,
  versions: { min: 8, max: 8 },
  repeatable: true,
  write(writer, request) {
    writer.string(request.group).int32(request.generation).string(request.memberId).string(request.instanceId);
    writeOffsets(writer, request.offsets);
    writer.noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const partitions = readResults(reader);
    reader.tags();
    return { throttle, partitions };
  },
};

import { type PartitionResult, readResults } from './by-topic.ts';
import type { Answer, Message, VersionRange } from './message.ts';
import { type CommittingMember, type OffsetToCommit, writeOffsets } from './offset-to-commit.ts';
import type { TransactionIdentity } from './transaction-identity.ts';

export type TxnOffsetCommitRequest = TransactionIdentity &
  CommittingMember & { readonly offsets: readonly OffsetToCommit[] };
export type TxnOffsetCommitResponse = Answer & { readonly partitions: readonly PartitionResult[] };

function txnOffsetCommit(versions: VersionRange): Message<TxnOffsetCommitRequest, TxnOffsetCommitResponse> {
  return {
    name: 'TxnOffsetCommit',
    key: 28,
    versions,
    repeatable: false,
    write(writer, request) {
      writer.string(request.transactionalId).string(request.group).int64(request.producerId).int16(request.epoch);
      writer.int32(request.generation).string(request.memberId).string(request.instanceId);
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
}

/** After AddOffsetsToTxn. Asked of the group's coordinator. Each partition has its own answer (I1), in any order. */
export const txnOffsetCommitV1: Message<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = txnOffsetCommit({
  min: 3,
  max: 4,
});
/** The group's coordinator adds the offsets to the transaction itself (KIP-890). */
export const txnOffsetCommitV2: Message<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = txnOffsetCommit({
  min: 5,
  max: 5,
});

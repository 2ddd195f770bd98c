import type { CommittedOffset, GroupMember } from '../../port.ts';
import { askCoordinator } from '../ask-coordinator.ts';
import { gravest } from '../gravest.ts';
import { offsetCommit } from '../messages/offset-commit.ts';
import type { KafkaTransport } from '../transport/transport.ts';

/**
 * OffsetCommit of a member in its generation, the same in repetitions (I4). Every partition's answer counts.
 * `patience` in milliseconds. @throws KafkaError
 */
export async function commitOffsets(
  transport: KafkaTransport,
  member: GroupMember,
  offsets: readonly CommittedOffset[],
  patience: number,
): Promise<void> {
  if (offsets.length === 0) return;
  await askCoordinator(
    transport,
    {
      kind: 'group',
      key: member.group,
      channel: 'offsets',
      message: offsetCommit,
      request: {
        ...member,
        instanceId: null,
        offsets: offsets.map((offset) => ({ ...offset, leaderEpoch: offset.leaderEpoch ?? -1 })),
      },
      failure: (answer) => gravest('OffsetCommit', answer.partitions, offsets),
    },
    patience,
  );
}

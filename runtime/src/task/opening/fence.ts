import type { CommittedOffset, TopicPartition } from '../../log/port.ts';
import {
  type CheckpointIdentity,
  offsetMetadata,
  parseImportMetadata,
  parseOffsetMetadata,
} from '../checkpoint/checkpoint-record.ts';
import type { JobPlan } from '../plan/plan.ts';

// A job that keeps its positions in its checkpoint records alone has something to commit all the same: with offsets, and with
// nothing else, the group checks the generation (I4, I11), and of offsets it says whether they are decided (I2). So it commits an
// offset of its changelog's partition, which nobody reads as a position: it says which checkpoint is the last one.

/** Where positions have their topic's id. */
const NO_POSITION = '-';

export function fenceOf({ topic, partition }: TopicPartition, identity: CheckpointIdentity): CommittedOffset {
  return { topic, partition, offset: identity.checkpoint, metadata: offsetMetadata(identity, NO_POSITION, 0) };
}

/** Of runs that kept their positions in a changelog, where the job has none now. */
export function formerFences({ formerChangelog }: Pick<JobPlan, 'formerChangelog'>): readonly TopicPartition[] {
  const { name: topic = '', partitions = 0 } = formerChangelog ?? {};
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/**
 * Of all that the group has for the partitions of a number: the fence, or the offsets of inputs, whichever is of a later
 * checkpoint. The others are of a time when offsets were committed, or not, otherwise than today; or of others.
 */
export function newestOf(
  committed: readonly CommittedOffset[],
  changelog: string | undefined,
): readonly CommittedOffset[] {
  const partitions = new Set(committed.map(({ partition }) => partition));
  return [...partitions].flatMap((number) => {
    const own = committed.filter(({ partition }) => partition === number);
    const inputs = own.filter(({ topic }) => topic !== changelog);
    const fence = own.find(({ topic }) => topic === changelog);
    if (fence === undefined || inputs.some(({ metadata }) => parseImportMetadata(metadata) !== undefined))
      return inputs;
    const latest = Math.max(-1, ...inputs.map(checkpointOf));
    return checkpointOf(fence) > latest ? [fence] : inputs;
  });
}

function checkpointOf({ metadata }: CommittedOffset): number {
  return parseOffsetMetadata(metadata)?.checkpoint ?? -1;
}

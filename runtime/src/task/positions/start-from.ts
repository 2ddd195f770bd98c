import type { CommittedOffset, Log, PartitionBounds } from '../../log/port.ts';
import { JobError } from '../job-error.ts';
import type { Lane } from '../lane.ts';
import { partitionKey } from './start-rule.ts';

/** The offset committed by others under the group, where it says where the lane begins. */
export function groupStart(
  { topic, partition, input }: Lane,
  committed: CommittedOffset | undefined,
): CommittedOffset | undefined {
  const { offsets, group } = input.start;
  return group && !offsets.has(partitionKey(topic, partition)) ? committed : undefined;
}

/**
 * Where lanes begin, but for those that begin where the group is. `bounds` were asked for before: what comes meanwhile is not
 * passed over. One for each lane, in their order.
 * @throws JobError with code `JOB_NO_OFFSETS` where there must be an offset of the group
 */
export async function startPositions(
  lanes: readonly Pick<Lane, 'topic' | 'partition' | 'input'>[],
  bounds: readonly PartitionBounds[],
  { log, group }: { readonly log: Log; readonly group: string },
): Promise<readonly number[]> {
  const timed = lanes.flatMap(({ topic, partition, input: { start } }) => {
    const { otherwise } = start;
    if (typeof otherwise !== 'number' || start.offsets.has(partitionKey(topic, partition))) return [];
    return [{ topic, partition, timestamp: otherwise }];
  });
  const found = timed.length === 0 ? [] : await log.offsetsAt(timed);
  const byTime = new Map(timed.map(({ topic, partition }, i) => [partitionKey(topic, partition), found[i]]));
  return lanes.map(({ topic, partition, input }, i) => {
    const key = partitionKey(topic, partition);
    const { start = 0, stableEnd = 0, end = 0 } = bounds[i] ?? {};
    const named = input.start.offsets.get(key);
    if (named !== undefined) return named;
    const { otherwise } = input.start;
    if (otherwise === 'earliest') return start;
    if (otherwise === 'latest') return input.isolation === 'read_committed' ? stableEnd : end;
    // All there is, is older; undecided records as well.
    if (otherwise !== 'fail') return byTime.get(key) ?? end;
    const advice = `Say what else to do, such as startFrom: { group: 'earliest' } (--start-from group:earliest), or give the offset of this partition`;
    throw new JobError(
      'JOB_NO_OFFSETS',
      `input ${input.name} is to start from the offsets of group ${group}, which has none of ${key}. ${advice}`,
      { topic, partition },
    );
  });
}

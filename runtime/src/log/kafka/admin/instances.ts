import { askCoordinator } from '../ask-coordinator.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { type DescribedGroup, describeGroups } from '../messages/describe-groups.ts';
import type { KafkaTransport } from '../transport/transport.ts';

export type DescribedMember = DescribedGroup['members'][number];

/** Why the members of a group that rebalances cannot be named: their metadata is not told. */
const REBALANCING = 'it rebalances, and does not say who its members are';

/**
 * Names of the instances that are members of a group, none where there is no such group. `nameOf` finds it in what a member
 * said of itself; where that is told only between rebalances, undefined: then it is asked again.
 * @throws KafkaError, `retriable` where not all members could be named within `patience` milliseconds
 */
export async function groupInstances(
  transport: KafkaTransport,
  group: string,
  nameOf: (member: DescribedMember) => string | undefined,
  patience: number,
): Promise<readonly string[]> {
  const answer = await askCoordinator(
    transport,
    {
      kind: 'group',
      key: group,
      channel: 'offsets',
      message: describeGroups,
      request: { groups: [group] },
      failure: ({ groups: [found] }) => {
        if (found === undefined || found.error === ERROR_CODES.GROUP_ID_NOT_FOUND) return undefined;
        if (found.error !== 0) return answeredError('DescribeGroups', found.error, `group ${group}`);
        if (found.members.every((member) => nameOf(member) !== undefined)) return undefined;
        return new KafkaError('retriable', 'DescribeGroups', `DescribeGroups of group ${group}: ${REBALANCING}`);
      },
    },
    patience,
  );
  return (answer.groups[0]?.members ?? []).flatMap((member) => nameOf(member) ?? []);
}

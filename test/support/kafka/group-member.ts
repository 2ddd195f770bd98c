import { askCoordinator } from '../../../runtime/src/log/kafka/ask-coordinator.ts';
import { answeredError, type KafkaError } from '../../../runtime/src/log/kafka/errors.ts';
import { joinGroup } from '../../../runtime/src/log/kafka/messages/join-group.ts';
import { syncGroup } from '../../../runtime/src/log/kafka/messages/sync-group.ts';
import type { RequestName } from '../../../runtime/src/log/kafka/request-name.ts';
import type { KafkaTransport } from '../../../runtime/src/log/kafka/transport/transport.ts';
import type { GroupMember } from '../../../runtime/src/log/port.ts';

/** Joins a group whose only member it is, or joins again: in a new generation each time. It sends no heartbeats. */
export async function joinAlone(transport: KafkaTransport, group: string, memberId = ''): Promise<GroupMember> {
  const at = { kind: 'group', key: group, channel: `group ${group}` } as const;
  const failure =
    (request: RequestName) =>
    ({ error }: { readonly error: number }): KafkaError | undefined =>
      error === 0 || error === 79 ? undefined : answeredError(request, error, group);
  const request = {
    group,
    sessionTimeout: 30_000,
    rebalanceTimeout: 30_000,
    memberId,
    instanceId: null,
    protocols: [{ name: 'test', metadata: Buffer.alloc(0) }],
    reason: null,
  };
  const joined = await askCoordinator(
    transport,
    { ...at, message: joinGroup, request, failure: failure('JoinGroup') },
    10_000,
  );
  if (joined.error === 79) return joinAlone(transport, group, joined.memberId);
  const member = { group, memberId: joined.memberId, generation: joined.generation };
  const assignments = [{ memberId: joined.memberId, assignment: Buffer.alloc(0) }];
  const sync = { ...member, instanceId: null, protocol: 'test', assignments };
  await askCoordinator(transport, { ...at, message: syncGroup, request: sync, failure: failure('SyncGroup') }, 10_000);
  return member;
}

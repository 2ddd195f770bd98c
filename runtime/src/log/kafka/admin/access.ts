import type { AccessNeeds, MissingAccess } from '../../port.ts';
import { askCoordinator } from '../ask-coordinator.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { answeredError, KafkaError } from '../errors.ts';
import { createTopics } from '../messages/create-topics.ts';
import { describeGroups } from '../messages/describe-groups.ts';
import { endTxnV1 } from '../messages/end-txn.ts';
import { metadata } from '../messages/metadata.ts';
import { retrying } from '../transport/backoff.ts';
import type { KafkaTransport } from '../transport/transport.ts';
import { type Grant, missingAccessOf } from './grants.ts';

/** The bit of each operation in what brokers answer: Kafka's `AclOperation`. */
const BITS = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 } as const;

type Operation = keyof typeof BITS;

/** Of groups that do not exist this one tells what may be done with them; later ones do not. */
const describeGroupsV5: typeof describeGroups = { ...describeGroups, versions: { min: 5, max: 5 } };

/** No instance has it: nothing is changed by what is asked of it. */
const NOBODY = 'kgen-access';

export interface AccessOptions {
  /** For commands: whom the brokers take this client for. */
  readonly principal: string | undefined;
  /** In milliseconds. */
  readonly patience: number;
}

/** Asks brokers what this client may do, and changes nothing. @throws KafkaError */
export async function missingAccess(
  transport: KafkaTransport,
  needs: AccessNeeds,
  options: AccessOptions,
): Promise<readonly MissingAccess[]> {
  const { patience } = options;
  const grants = await Promise.all([
    missingOnTopics(transport, needs.topics, patience),
    needs.group === undefined ? [] : missingOnGroup(transport, needs.group, patience),
    needs.transactionalIds === undefined ? [] : missingOnIds(transport, needs.transactionalIds, patience),
  ]);
  return grants.flat().map((grant) => missingAccessOf(grant, { ...options, tools: transport.tools }));
}

async function missingOnTopics(
  transport: KafkaTransport,
  topics: AccessNeeds['topics'],
  patience: number,
): Promise<readonly Grant[]> {
  const { clock } = transport;
  const names = topics.map(({ name }) => name);
  const answer = await retrying(clock, patience, () =>
    transport.sendToAny(metadata, { topics: names, operations: true }),
  );
  const found = new Map(answer.topics.map((each) => [each.topic, each]));
  const absent = topics.filter(({ name }) => (found.get(name)?.partitions.length ?? 0) === 0);
  const uncreated = absent.filter(({ operations }) => operations.includes('Create')).map(({ name }) => name);
  const forbidden = uncreated.length === 0 ? new Set() : await notToBeCreated(transport, uncreated, patience);
  return topics.flatMap(({ name, operations, prefix }): Grant[] => {
    const { error = 0, operations: bits = 0 } = found.get(name) ?? {};
    const known = error === 0;
    const hidden = error === ERROR_CODES.TOPIC_AUTHORIZATION_FAILED;
    const missing = operations.filter((operation) => {
      if (operation === 'Create') return forbidden.has(name);
      return hidden || (known && !may(bits, operation));
    });
    return missing.length === 0 ? [] : [{ resource: 'topic', name, prefix, operations: missing }];
  });
}

/** Which of these topics may not be created, as the broker says without creating any. */
async function notToBeCreated(
  transport: KafkaTransport,
  names: readonly string[],
  patience: number,
): Promise<ReadonlySet<string>> {
  const topics = names.map((topic) => ({ topic, partitions: 1, replicationFactor: -1, configs: {} }));
  const request = { topics, timeout: patience, validateOnly: true };
  const answer = await retrying(transport.clock, patience, () => transport.sendToAny(createTopics, request));
  const codes: readonly number[] = [ERROR_CODES.TOPIC_AUTHORIZATION_FAILED, ERROR_CODES.CLUSTER_AUTHORIZATION_FAILED];
  return new Set(answer.topics.filter(({ error }) => codes.includes(error)).map(({ topic }) => topic));
}

async function missingOnGroup(transport: KafkaTransport, group: string, patience: number): Promise<readonly Grant[]> {
  const grant: Grant = { resource: 'group', name: group, operations: ['Read'] };
  try {
    const { groups } = await askCoordinator(
      transport,
      {
        kind: 'group',
        key: group,
        channel: 'offsets',
        message: describeGroupsV5,
        request: { groups: [group], operations: true },
        // What else may be wrong with the group is for those to say who join it.
        failure: ({ groups: [found] }) => {
          const error = answeredError('DescribeGroups', found?.error ?? 0, `group ${group}`);
          const refused = error.kafkaCode === ERROR_CODES.GROUP_AUTHORIZATION_FAILED;
          return refused || error.kind === 'retriable' ? error : undefined;
        },
      },
      patience,
    );
    const [found] = groups;
    return found === undefined || may(found.operations, 'Read') ? [] : [grant];
  } catch (error) {
    if (isKafkaCode(error, ERROR_CODES.GROUP_AUTHORIZATION_FAILED)) return [grant];
    throw error;
  }
}

/**
 * Nothing tells what may be done with transactional ids. Brokers look at that before anything else: who may not write is told
 * so, and who may, that nobody has this id.
 */
async function missingOnIds(transport: KafkaTransport, prefix: string, patience: number): Promise<readonly Grant[]> {
  const request = { transactionalId: prefix + NOBODY, producerId: 0, epoch: 0, commit: false };
  const { error } = await retrying(transport.clock, patience, () =>
    transport.sendToAny({ ...endTxnV1, repeatable: true }, request),
  );
  if (error !== ERROR_CODES.TRANSACTIONAL_ID_AUTHORIZATION_FAILED) return [];
  return [{ resource: 'transactional-id', name: prefix, prefix, operations: ['Write'] }];
}

function may(bits: number, operation: Operation): boolean {
  return bits < 0 || (bits & (1 << BITS[operation])) !== 0;
}

function isKafkaCode(error: unknown, code: number): boolean {
  return error instanceof KafkaError && error.kafkaCode === code;
}

import type { TopicPartition } from '../../port.ts';
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from '../messages/consumer-protocol.ts';
import type { DescribedGroup } from '../messages/describe-groups.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

// What members tell each other, as user data of Kafka's own subscriptions and assignments. The partitions beside it are for the
// coordinator and for administrators: it keeps the offsets of topics alive that members subscribe to.

/** The way of sharing that all members of a group must know. */
export const PROTOCOL_NAME = 'kgen-tasks';
const DATA_VERSION = 1;

export interface MemberData {
  /** Name of the instance. */
  readonly instance: string;
  /** Tasks that it holds. */
  readonly tasks: readonly number[];
  /** The generation in which it was told so; -1 for who never was. */
  readonly generation: number;
}

export function writeMemberData({ instance, tasks, generation }: MemberData, topics: readonly string[]): Buffer {
  const userData = new WireWriter().int8(DATA_VERSION).string(instance).int32s(tasks).bytes();
  return writeSubscription({ topics, userData, owned: partitionsOf(topics, tasks), generation });
}

/** Undefined where it is no kgen that speaks. */
export function readMemberData(metadata: Buffer): MemberData | undefined {
  try {
    const { userData, generation } = readSubscription(metadata);
    const reader = new WireReader(Buffer.from(userData));
    if (reader.int8() !== DATA_VERSION) return undefined;
    return { instance: reader.string(), tasks: reader.int32s(), generation };
  } catch {
    return undefined;
  }
}

/** What the leader of a group gives to a member. */
export interface Share {
  readonly tasks: readonly number[];
  /** Tasks that it held and is to give up: they are nobody's until it joins again. */
  readonly leaving: readonly number[];
}

export function writeShare({ tasks, leaving }: Share, topics: readonly string[]): Buffer {
  const userData = new WireWriter().int8(DATA_VERSION).int32s(tasks).int32s(leaving).bytes();
  return writeAssignment(partitionsOf(topics, tasks), userData);
}

/** Empty bytes are no tasks. @throws LogError where it is no share */
export function readShare(assignment: Buffer): Share {
  const { userData } = readAssignment(assignment);
  if (userData.length === 0) return { tasks: [], leaving: [] };
  const reader = new WireReader(userData);
  reader.int8();
  return { tasks: reader.int32s(), leaving: reader.int32s() };
}

/** Task p holds partition p of each topic. */
function partitionsOf(topics: readonly string[], tasks: readonly number[]): TopicPartition[] {
  return topics.flatMap((topic) => tasks.map((partition) => ({ topic, partition })));
}

/** What a member adds to its client id: while a group rebalances, its coordinator tells no more of a member than that. */
export function clientIdSuffix(instance: string): string {
  return `${SUFFIX}${instance}`;
}

/** Names of instances have neither of the signs in it. */
const SUFFIX = '/instance=';

/** Which instance a member is, as the coordinator describes it; undefined where it is no kgen that tells. */
export function instanceOf({ instanceId, clientId, metadata }: DescribedGroup['members'][number]): string | undefined {
  if (instanceId !== null) return instanceId;
  const at = clientId.lastIndexOf(SUFFIX);
  return at < 0 ? readMemberData(metadata)?.instance : clientId.slice(at + SUFFIX.length);
}

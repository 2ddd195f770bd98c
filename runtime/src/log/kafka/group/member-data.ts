import { type Layout, type LayoutTopic, sameLayout } from '../../layout.ts';
import type { TopicPartition } from '../../port.ts';
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from '../messages/consumer-protocol.ts';
import type { DescribedGroup } from '../messages/describe-groups.ts';
import { WireReader } from '../wire/reader.ts';
import { WireWriter } from '../wire/writer.ts';

// What members tell each other, as user data of Kafka's own subscriptions and assignments. The partitions beside it are for the
// coordinator and for administrators: it keeps the offsets of topics alive that members subscribe to.

/** The way of sharing that all members of a group must know. */
export const PROTOCOL_NAME = 'kgen-tasks';
const DATA_VERSION = 2;

export interface MemberData {
  /** Name of the instance. */
  readonly instance: string;
  /** Tasks that it holds. */
  readonly tasks: readonly number[];
  /** The generation in which it was told so; -1 for who never was. */
  readonly generation: number;
  /** What it found in the log. */
  readonly knows: Layout;
  /** What it was told to follow, in that generation. */
  readonly follows: Layout;
}

export function writeMemberData({ instance, tasks, generation, knows, follows }: MemberData): Buffer {
  const writer = new WireWriter().int8(DATA_VERSION).string(instance).int32s(tasks);
  writeLayout(writer, knows);
  // Most of the time it is the same.
  const same = sameLayout(knows, follows);
  writer.boolean(same);
  if (!same) writeLayout(writer, follows);
  const topics = knows.flatMap(({ topic, partitions }) => (partitions > 0 ? [topic] : []));
  return writeSubscription({ topics, userData: writer.bytes(), owned: partitionsOf(follows, tasks), generation });
}

/** Undefined where it is no kgen that speaks. */
export function readMemberData(metadata: Buffer): MemberData | undefined {
  try {
    const { userData, generation } = readSubscription(metadata);
    const reader = new WireReader(Buffer.from(userData));
    if (reader.int8() !== DATA_VERSION) return undefined;
    const [instance, tasks, knows] = [reader.string(), reader.int32s(), readLayout(reader)];
    return { instance, tasks, generation, knows, follows: reader.boolean() ? knows : readLayout(reader) };
  } catch {
    return undefined;
  }
}

/** What the leader of a group gives to a member. */
export interface Share {
  readonly tasks: readonly number[];
  /** Tasks that it held and is to give up: they are nobody's until it joins again. */
  readonly leaving: readonly number[];
  /** What all members follow from now on. */
  readonly layout: Layout;
}

export function writeShare({ tasks, leaving, layout }: Share): Buffer {
  const writer = new WireWriter().int8(DATA_VERSION).int32s(tasks).int32s(leaving);
  writeLayout(writer, layout);
  return writeAssignment(partitionsOf(layout, tasks), writer.bytes());
}

/** Empty bytes are no tasks, and say nothing. @throws LogError where it is no share */
export function readShare(assignment: Buffer): Share | undefined {
  const { userData } = readAssignment(assignment);
  if (userData.length === 0) return undefined;
  const reader = new WireReader(userData);
  reader.int8();
  return { tasks: reader.int32s(), leaving: reader.int32s(), layout: readLayout(reader) };
}

function writeLayout(writer: WireWriter, layout: Layout): void {
  writer.array(layout, (each, { topic, partitions, global }) => each.string(topic).int32(partitions).boolean(global));
}

function readLayout(reader: WireReader): LayoutTopic[] {
  return reader.array(
    (each) => ({ topic: each.string(), partitions: each.int32(), global: each.boolean() }),
    LEAST_OF_TOPIC,
  );
}

/** Bytes of a topic without a name. */
const LEAST_OF_TOPIC = 6;

/** Task p holds partition p of each topic that has one. */
function partitionsOf(layout: Layout, tasks: readonly number[]): TopicPartition[] {
  return layout.flatMap(({ topic, partitions, global }) =>
    global ? [] : tasks.filter((task) => task < partitions).map((partition) => ({ topic, partition })),
  );
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

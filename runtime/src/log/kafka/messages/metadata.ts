import type { WireReader } from '../wire/reader.ts';
import type { Answer, Message } from './message.ts';

export interface Broker {
  readonly node: number;
  readonly host: string;
  readonly port: number;
}

export interface PartitionMetadata {
  readonly error: number;
  readonly partition: number;
  /** -1 where there is none at the moment. */
  readonly leader: number;
  readonly leaderEpoch: number;
}

export interface TopicMetadata {
  readonly error: number;
  readonly topic: string;
  readonly id: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionMetadata[];
  /** Of this client, a bit each; {@link NOT_TOLD} where that was not asked for. */
  readonly operations: number;
}

export interface MetadataResponse extends Answer {
  readonly brokers: readonly Broker[];
  readonly clusterId: string;
  readonly topics: readonly TopicMetadata[];
}

/** No topic has this id. */
export const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Operations that the client may do are told where they are asked for (KIP-430). */
export const NOT_TOLD = -2_147_483_648;

export interface MetadataRequest {
  /** Null for all. */
  readonly topics: readonly string[] | null;
  /** True where `operations` are to be told. */
  readonly operations?: boolean;
}

/** Brokers, and topics with their ids, leaders and leader epochs. Creates none. */
export const metadata: Message<MetadataRequest, MetadataResponse> = {
  name: 'Metadata',
  key: 3,
  versions: { min: 12, max: 12 },
  repeatable: true,
  write(writer, { topics, operations = false }) {
    writer.array(topics, (each, topic) => each.uuid(NO_TOPIC_ID).string(topic).noTags());
    writer.boolean(false).boolean(operations).noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const brokers = reader.array((each) => {
      const broker = { node: each.int32(), host: each.string(), port: each.int32() };
      each.nullableString();
      each.tags();
      return broker;
    }, 11);
    const clusterId = reader.string();
    reader.int32();
    const topics = reader.array(readTopic, 26);
    reader.tags();
    return { throttle, brokers, clusterId, topics };
  },
};

function readTopic(reader: WireReader): TopicMetadata {
  const error = reader.int16();
  const topic = reader.string();
  const id = reader.uuid();
  const internal = reader.boolean();
  const partitions = reader.array((each) => {
    const partition = {
      error: each.int16(),
      partition: each.int32(),
      leader: each.int32(),
      leaderEpoch: each.int32(),
    };
    for (let lists = 0; lists < 3; lists++) each.int32s(); // replicas, in sync, offline
    each.tags();
    return partition;
  }, 18);
  const operations = reader.int32();
  reader.tags();
  return { error, topic, id, internal, partitions, operations };
}

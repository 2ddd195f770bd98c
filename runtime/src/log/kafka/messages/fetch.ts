import type { WireReader } from '../wire/reader.ts';
import { writeGrouped } from './by-topic.ts';
import { type LeaderHint, readLeaderHint, readNodeEndpoints } from './leader-hint.ts';
import type { Isolation } from './list-offsets.ts';
import type { Answer, Message } from './message.ts';
import type { Broker } from './metadata.ts';

export interface FetchPartition {
  readonly topicId: string;
  readonly partition: number;
  /** -1 to not be told when it is stale. */
  readonly currentLeaderEpoch: number;
  readonly offset: number;
  /** The epoch of the last record before `offset`, so that the leader can tell of truncation (KIP-595); -1 if unknown. */
  readonly lastFetchedEpoch: number;
  readonly maxBytes: number;
}

export interface FetchRequest {
  readonly maxWait: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolation: Isolation;
  /** 0 with epoch 0 opens a fetch session, with epoch -1 does without one (KIP-227). */
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** In a session: only those that changed. */
  readonly partitions: readonly FetchPartition[];
  /** Leave the session. */
  readonly forgotten: readonly { readonly topicId: string; readonly partition: number }[];
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchedPartitionData {
  readonly topicId: string;
  readonly partition: number;
  readonly error: number;
  readonly highWatermark: number;
  /** Readers of committed records get no further. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Of those that overlap with the records. */
  readonly aborted: readonly AbortedTransaction[];
  /** Where the log left what the reader knows: it was truncated (KIP-595). */
  readonly diverging: { readonly epoch: number; readonly endOffset: number } | undefined;
  readonly leader: LeaderHint | undefined;
  /** Record batches, the last perhaps cut off. A view of the answer. */
  readonly records: Buffer;
}

export interface FetchResponse extends Answer {
  readonly error: number;
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartitionData[];
  readonly endpoints: readonly Broker[];
}

const CONSUMER = -1;

/** Asked of the partitions' leader. With topic ids (KIP-516): another topic of the same name is an error. */
export const fetch: Message<FetchRequest, FetchResponse> = {
  name: 'Fetch',
  key: 1,
  versions: { min: 13, max: 16 },
  repeatable: true,
  write(writer, request, version) {
    if (version < 15) writer.int32(CONSUMER);
    writer.int32(request.maxWait).int32(request.minBytes).int32(request.maxBytes);
    writer.int8(request.isolation === 'read-committed' ? 1 : 0);
    writer.int32(request.sessionId).int32(request.sessionEpoch);
    writeGrouped(writer, request.partitions, topicId, uuid, (each, asked) => {
      each.int32(asked.partition).int32(asked.currentLeaderEpoch).int64(asked.offset).int32(asked.lastFetchedEpoch);
      each.int64(-1).int32(asked.maxBytes).noTags();
    });
    writeGrouped(writer, request.forgotten, topicId, uuid, (each, { partition }) => each.int32(partition));
    writer.string('').noTags();
  },
  read(reader) {
    const throttle = reader.int32();
    const error = reader.int16();
    const sessionId = reader.int32();
    const partitions: FetchedPartitionData[] = [];
    reader.array((each) => {
      const id = each.uuid();
      for (const found of each.array((inner) => readPartition(inner, id), 37)) partitions.push(found);
      each.tags();
    }, 18);
    let endpoints: readonly Broker[] = [];
    reader.tags((tag, field) => {
      if (tag === 0) endpoints = readNodeEndpoints(field);
    });
    return { throttle, error, sessionId, partitions, endpoints };
  },
};

function readPartition(reader: WireReader, topicId: string): FetchedPartitionData {
  const partition = reader.int32();
  const error = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = reader.array((each) => {
    const transaction = { producerId: each.int64(), firstOffset: each.int64() };
    each.tags();
    return transaction;
  }, 17);
  reader.int32(); // the replica to prefer: no rack is named, so none
  const records = reader.bytesField();
  let diverging: FetchedPartitionData['diverging'];
  let leader: LeaderHint | undefined;
  reader.tags((tag, field) => {
    if (tag === 0) {
      diverging = { epoch: field.int32(), endOffset: field.int64() };
      field.tags();
    } else if (tag === 1) leader = readLeaderHint(field);
  });
  const offsets = { highWatermark, lastStableOffset, logStartOffset };
  return { topicId, partition, error, ...offsets, aborted, diverging, leader, records };
}

const topicId = (item: { readonly topicId: string }): string => item.topicId;
const uuid = (writer: { uuid(id: string): unknown }, id: string): unknown => writer.uuid(id);

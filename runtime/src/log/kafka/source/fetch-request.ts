import type { Isolation } from '../../port.ts';
import type { FetchedPartitionData, FetchRequest } from '../messages/fetch.ts';
import type { Position } from './position.ts';

export interface FetchLimits {
  readonly isolation: Isolation;
  /** For how long a broker may hold a request back that has no records yet, in milliseconds. */
  readonly maxWait: number;
  /** Of one answer, give or take a batch. */
  readonly maxBytes: number;
  /** Of each partition in an answer, give or take a batch. */
  readonly partitionBytes: number;
}

/** `epochs`: of the leaders, by position. Brokers fill an answer in the order of the partitions. */
export function fetchRequest(
  asked: readonly { readonly position: Position; readonly topicId: string; readonly leaderEpoch: number }[],
  { isolation, maxWait, maxBytes, partitionBytes }: FetchLimits,
): FetchRequest {
  return {
    maxWait,
    minBytes: 1,
    maxBytes,
    isolation: isolation === 'read_committed' ? 'read-committed' : 'read-uncommitted',
    sessionId: 0,
    sessionEpoch: -1,
    partitions: asked.map(({ position, topicId, leaderEpoch }) => ({
      topicId,
      partition: position.partition,
      currentLeaderEpoch: leaderEpoch,
      offset: position.offset,
      lastFetchedEpoch: position.lastEpoch,
      maxBytes: partitionBytes,
    })),
    forgotten: [],
  };
}

/** Answers by partition. */
export function byPartition(
  answers: readonly FetchedPartitionData[],
): (position: Position) => FetchedPartitionData | undefined {
  const found = new Map(answers.map((answer) => [`${answer.topicId} ${answer.partition}`, answer]));
  return ({ topicId, partition }) => found.get(`${topicId} ${partition}`);
}

import type { TopicPartition } from '../../port.ts';
import { readByTopic, writeByTopic } from './by-topic.ts';
import { type LeaderHint, readLeaderHint, readNodeEndpoints } from './leader-hint.ts';
import type { Answer, Message, VersionRange } from './message.ts';
import type { Broker } from './metadata.ts';

export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** All replicas in sync, or the leader alone. None (0) is not spoken: it has no answer. */
  readonly acks: -1 | 1;
  /** How long the leader may wait for the replicas, in milliseconds. */
  readonly timeout: number;
  /** One record batch for each; not to be touched until the answer is there. */
  readonly partitions: readonly (TopicPartition & { readonly records: readonly Uint8Array[] })[];
}

export interface ProducedPartition extends TopicPartition {
  readonly error: number;
  readonly baseOffset: number;
  /** Records of the batch that were refused, with the reason (KIP-467). */
  readonly recordErrors: readonly { readonly index: number; readonly message: string | null }[];
  readonly message: string | null;
  readonly leader: LeaderHint | undefined;
}

export interface ProduceResponse extends Answer {
  readonly partitions: readonly ProducedPartition[];
  readonly endpoints: readonly Broker[];
}

function produce(versions: VersionRange): Message<ProduceRequest, ProduceResponse> {
  return {
    name: 'Produce',
    key: 0,
    versions,
    repeatable: false,
    write(writer, { transactionalId, acks, timeout, partitions }) {
      writer.string(transactionalId).int16(acks).int32(timeout);
      writeByTopic(writer, partitions, (each, { partition, records }) => {
        each.int32(partition).chunksField(records).noTags();
      });
      writer.noTags();
    },
    read(reader) {
      const partitions = readByTopic(
        reader,
        (each, topic) => {
          const partition = each.int32();
          const error = each.int16();
          const baseOffset = each.int64();
          each.raw(16); // the broker's timestamp, and where the log starts
          const recordErrors = each.array((inner) => {
            const refused = { index: inner.int32(), message: inner.nullableString() };
            inner.tags();
            return refused;
          }, 6);
          const message = each.nullableString();
          let leader: LeaderHint | undefined;
          each.tags((tag, field) => {
            if (tag === 0) leader = readLeaderHint(field);
          });
          return { topic, partition, error, baseOffset, recordErrors, message, leader };
        },
        33,
      );
      const throttle = reader.int32();
      let endpoints: readonly Broker[] = [];
      reader.tags((tag, field) => {
        if (tag === 0) endpoints = readNodeEndpoints(field);
      });
      return { throttle, partitions, endpoints };
    },
  };
}

/** Partitions must have been added to the transaction before (version 1 of the protocol), or there is none. */
export const produceV1: Message<ProduceRequest, ProduceResponse> = produce({ min: 9, max: 11 });
/** The broker adds the partition to the transaction itself (KIP-890). */
export const produceV2: Message<ProduceRequest, ProduceResponse> = produce({ min: 12, max: 12 });

import type { TopicPartition } from '../port.ts';
import { corrupt } from './corrupt.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  COMPRESSION_BITS,
  CONTROL,
  COUNT_AT,
  HEADER_SIZE,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_END,
  LOG_APPEND_TIME,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  readInt64,
  TRANSACTIONAL,
} from './layout.ts';

/** The header of a record batch, and where the batch lies. */
export interface Batch {
  readonly bytes: Buffer;
  /** Of the records, behind the header. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  /** Also where compaction has taken the last records away. */
  readonly lastOffset: number;
  readonly count: number;
  /** Number of the compression; 0 is none. */
  readonly compression: number;
  readonly transactional: boolean;
  /** Holds a marker of a transaction's end rather than records. */
  readonly control: boolean;
  readonly producerId: number;
  /** Of the leader that appended it (KIP-101); -1 where there is none. */
  readonly leaderEpoch: number;
  /** The time of each record is this and its delta, or `appendTime`. */
  readonly baseTimestamp: number;
  /** Of all records, where the broker's clock counts; else undefined. */
  readonly appendTime: number | undefined;
}

/**
 * Where the batch at `at` ends; undefined where `bytes` end before it does, as fetched bytes may.
 * @throws LogError, `fatal`, for the formats before Kafka 0.11, and for a size that no batch has
 */
export function batchEnd(bytes: Buffer, at: number, place: TopicPartition): number | undefined {
  if (bytes.length - at <= MAGIC_AT) return undefined;
  const magic = bytes.readInt8(at + MAGIC_AT);
  if (magic === 0 || magic === 1) {
    throw corrupt(
      place,
      readInt64(bytes, at),
      `message format ${magic}, which only brokers before 4.0 keep; this reads format 2 (Kafka 0.11 and later). ` +
        'Copy the topic with a current client, or let the old records expire',
    );
  }
  if (magic !== MAGIC) throw corrupt(place, readInt64(bytes, at), `unknown message format ${magic}`);
  const end = at + LENGTH_END + bytes.readInt32BE(at + LENGTH_AT);
  if (end - at < HEADER_SIZE) throw corrupt(place, readInt64(bytes, at), `a size of ${end - at} bytes`);
  return end <= bytes.length ? end : undefined;
}

/** Reads the header of the batch from `at` to `end`. */
export function readBatch(bytes: Buffer, at: number, end: number, place: TopicPartition): Batch {
  const baseOffset = readInt64(bytes, at);
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
  const lastDelta = bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT);
  const count = bytes.readInt32BE(at + COUNT_AT);
  if (baseOffset < 0 || lastDelta < 0) throw corrupt(place, baseOffset, `a last offset of ${baseOffset + lastDelta}`);
  if (count < 0 || count > lastDelta + 1)
    throw corrupt(place, baseOffset, `${count} records in ${lastDelta + 1} offsets`);
  return {
    bytes,
    start: at + HEADER_SIZE,
    end,
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    count,
    compression: attributes & COMPRESSION_BITS,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    producerId: readInt64(bytes, at + PRODUCER_ID_AT),
    leaderEpoch: bytes.readInt32BE(at + LEADER_EPOCH_AT),
    baseTimestamp: readInt64(bytes, at + BASE_TIMESTAMP_AT),
    appendTime: (attributes & LOG_APPEND_TIME) === 0 ? undefined : readInt64(bytes, at + MAX_TIMESTAMP_AT),
  };
}

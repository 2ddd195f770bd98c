import type { Checksum } from './crc32c.ts';
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  CHECKSUM_AT,
  COUNT_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_END,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  TRANSACTIONAL,
  writeInt64,
} from './layout.ts';

/** Whose batch it is, and which of theirs in its partition. */
export interface BatchIdentity {
  readonly producerId: number;
  readonly epoch: number;
  /** Of the first record: see `nextSequence`. */
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** A producer that does not ask for idempotence. */
export const NO_PRODUCER: BatchIdentity = { producerId: -1, epoch: -1, baseSequence: -1, transactional: false };

export interface BatchHeader extends BatchIdentity {
  readonly compression: number;
  readonly count: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly checksum: Checksum;
}

/** Writes the header in front of the records, which are in their place. Offset and leader epoch are the broker's to fill in. */
export function writeHeader(bytes: Buffer, header: BatchHeader): void {
  writeInt64(bytes, 0, 0);
  bytes.writeInt32BE(bytes.length - LENGTH_END, LENGTH_AT);
  bytes.writeInt32BE(-1, LEADER_EPOCH_AT);
  bytes.writeInt8(MAGIC, MAGIC_AT);
  bytes.writeInt16BE(header.compression | (header.transactional ? TRANSACTIONAL : 0), ATTRIBUTES_AT);
  bytes.writeInt32BE(header.count - 1, LAST_OFFSET_DELTA_AT);
  writeInt64(bytes, header.baseTimestamp, BASE_TIMESTAMP_AT);
  writeInt64(bytes, header.maxTimestamp, MAX_TIMESTAMP_AT);
  writeInt64(bytes, header.producerId, PRODUCER_ID_AT);
  bytes.writeInt16BE(header.epoch, PRODUCER_EPOCH_AT);
  bytes.writeInt32BE(header.baseSequence, BASE_SEQUENCE_AT);
  bytes.writeInt32BE(header.count, COUNT_AT);
  bytes.writeUInt32BE(header.checksum(bytes, ATTRIBUTES_AT, bytes.length), CHECKSUM_AT);
}

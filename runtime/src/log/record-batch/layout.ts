// Record batch, magic 2 (KIP-98; Kafka 0.11 and later). Big-endian; the checksum covers all from the attributes on.

/** Base offset and length stand in front of what the length counts. */
export const LENGTH_AT = 8;
export const LENGTH_END = 12;
export const LEADER_EPOCH_AT = 12;
/** At the same place in the older formats 0 and 1. */
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const COUNT_AT = 57;
/** Size of the header: the records come behind it, compressed or not. */
export const HEADER_SIZE = 61;

export const MAGIC = 2;

/** Which compression: the three lowest bits of the attributes. */
export const COMPRESSION_BITS = 7;
/** The broker's clock: `maxTimestamp` is the time of every record. */
export const LOG_APPEND_TIME = 8;
export const TRANSACTIONAL = 16;
export const CONTROL = 32;

const TWO_32 = 0x100000000;

/** Exact below 2^53, as offsets, times and producer ids are. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}

export function writeInt64(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_32, at + 4);
}

import type { FetchedPartition, TopicPartition } from '../port.ts';
import { AbortedFilter, type AbortedTransaction } from './aborted-filter.ts';
import { type Batch, batchEnd, readBatch } from './batch.ts';
import { type CompressionCodecs, compressionName } from './compression.ts';
import { isAbortMarker } from './control.ts';
import { corrupt } from './corrupt.ts';
import { type Checksum, crc32c } from './crc32c.ts';
import { BatchCursor } from './cursor.ts';
import { ATTRIBUTES_AT, CHECKSUM_AT, COMPRESSION_BITS, readInt64 } from './layout.ts';

/**
 * What the records of one batch may take in memory when they are decompressed, 128 MiB, unless said otherwise. Brokers limit
 * the compressed size alone (`message.max.bytes`, 1 MiB by default).
 */
export const MAX_DECOMPRESSED_BYTES: number = 128 * 1024 * 1024;

/** What a Fetch response has of a partition. */
export interface FetchedRecords extends TopicPartition {
  readonly records: Buffer;
  /** The offset that was asked for. */
  readonly position: number;
  /** Transactions that were aborted; empty where uncommitted records are read as well. */
  readonly aborted: readonly AbortedTransaction[];
}

export interface ReadOptions {
  /** Those that the records need were loaded: see `loadCompression`. */
  readonly codecs: CompressionCodecs;
  readonly checksum?: Checksum | undefined;
  /** Default `MAX_DECOMPRESSED_BYTES`. */
  readonly maxDecompressedBytes?: number | undefined;
}

/**
 * Loads what it takes to decompress these records; undefined where it is there already.
 * @throws LogError, `fatal`, where a package has to be installed
 */
export function loadCompression(fetched: FetchedRecords, codecs: CompressionCodecs): Promise<void> | undefined {
  const ids = new Set<number>();
  const { records } = fetched;
  for (let at = 0; ; ) {
    const end = batchEnd(records, at, fetched);
    if (end === undefined) return codecs.load(ids);
    ids.add(records.readInt16BE(at + ATTRIBUTES_AT) & COMPRESSION_BITS);
    at = end;
  }
}

/**
 * The committed records of a Fetch response, in place. The checksum of every batch is verified here; its records are looked at
 * when the cursor comes to them. The last batch may be cut off, and is then left for the next fetch.
 * @throws LogError, `fatal`, with topic, partition and offset, where the bytes are not what a broker gives; so does the cursor
 */
export function readBatches(fetched: FetchedRecords, options: ReadOptions): FetchedPartition {
  const { topic, partition, records, position } = fetched;
  const { codecs, maxDecompressedBytes = MAX_DECOMPRESSED_BYTES } = options;
  const cursorOptions = { topic, partition, position, codecs, maxDecompressedBytes };
  const filter = new AbortedFilter(fetched.aborted);
  const accepted: Batch[] = [];
  let nextOffset = position;
  let lastOffset = -1;
  let leaderEpoch = -1;
  let at = 0;
  for (;;) {
    const end = batchEnd(records, at, fetched);
    if (end === undefined) break;
    const batch = checkedBatch(fetched, at, end, options.checksum ?? crc32c);
    if (batch.baseOffset <= lastOffset) throw corrupt(fetched, batch.baseOffset, `it comes after offset ${lastOffset}`);
    lastOffset = batch.lastOffset;
    if (filter.accepts(batch, isAbortMarker(batch, cursorOptions))) accepted.push(batch);
    if (lastOffset >= nextOffset) nextOffset = lastOffset + 1;
    leaderEpoch = batch.leaderEpoch;
    at = end;
  }
  // Brokers never cut the first batch (KIP-74): its size must be wrong, and fetching again would not end.
  if (at === 0 && records.length > 0) {
    throw corrupt(
      fetched,
      position,
      `the first batch does not end within the ${records.length} bytes that were fetched`,
    );
  }
  const cursor = new BatchCursor(accepted, cursorOptions);
  return { topic, partition, records: cursor, nextOffset, bytes: at, leaderEpoch };
}

function checkedBatch(fetched: FetchedRecords, at: number, end: number, checksum: Checksum): Batch {
  const { records } = fetched;
  const expected = records.readUInt32BE(at + CHECKSUM_AT);
  if (checksum(records, at + ATTRIBUTES_AT, end) !== expected) {
    throw corrupt(
      fetched,
      readInt64(records, at),
      'its checksum (CRC-32C) is wrong: the bytes have changed since they were sent',
    );
  }
  const batch = readBatch(records, at, end, fetched);
  if (compressionName(batch.compression) === undefined) {
    throw corrupt(fetched, batch.baseOffset, `unknown compression ${batch.compression}`);
  }
  return batch;
}

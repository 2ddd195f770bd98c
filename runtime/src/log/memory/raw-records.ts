import type { RawRecord } from '../../format/topic.ts';
import type { Partition } from './partition.ts';
import { plainBytes } from './plain-bytes.ts';

/** All committed records as users see them, each in memory of its own; `uncommitted`: those of open transactions, too. */
export function* rawRecords(partitions: readonly Partition[], uncommitted = false): IterableIterator<RawRecord> {
  for (const partition of partitions) {
    const fetched = uncommitted ? partition.readUncommitted() : partition.fetch(0, Number.POSITIVE_INFINITY);
    if (fetched === undefined) continue;
    const { cursor } = fetched;
    while (cursor.next()) {
      yield {
        topic: partition.topic,
        partition: partition.partition,
        offset: BigInt(cursor.offset),
        timestamp: BigInt(cursor.timestamp),
        key: part(cursor.bytes, cursor.keyStart, cursor.keyEnd),
        value: part(cursor.bytes, cursor.valueStart, cursor.valueEnd),
        headers: cursor.headers(),
      };
    }
  }
}

function part(bytes: Buffer, start: number, end: number): Uint8Array | null {
  return start < 0 ? null : plainBytes(bytes, start, end);
}

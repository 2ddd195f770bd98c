import { type Batch, RECORD_HEADER } from './batch.ts';

/** Where a record lies in the chunk of its batch. */
export interface PlacedRecord {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** -1 where the key is null. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly tombstone: boolean;
  readonly start: number;
  readonly end: number;
}

/** Calls for each record of a batch. What is given is good for the call alone. */
export function eachRecord({ firstOffset, count, chunk, start }: Batch, call: (record: PlacedRecord) => void): void {
  const { view } = chunk;
  const record = { offset: firstOffset, keyStart: -1, keyEnd: -1, timestamp: 0, tombstone: false, start, end: start };
  for (let i = 0; i < count; i++) {
    const at = record.end;
    const keySize = view.getInt32(at + 8, true);
    const valueSize = view.getInt32(at + 12, true);
    record.offset = firstOffset + i;
    record.timestamp = view.getFloat64(at, true);
    record.keyStart = keySize < 0 ? -1 : at + RECORD_HEADER;
    record.keyEnd = at + RECORD_HEADER + Math.max(0, keySize);
    record.tombstone = valueSize < 0;
    record.start = at;
    record.end = record.keyEnd + Math.max(0, valueSize) + view.getInt32(at + 16, true);
    call(record);
  }
}

import type { OutgoingRecord, RecordHeaders, RecordPlace } from '../port.ts';
import { HEADER_SIZE } from './layout.ts';
import { RecordTooLargeError } from './too-large.ts';
import { intSize } from './varint.ts';

/** Bytes of key, value and headers, with their sizes. */
export function contentSize(record: RecordPlace, headers: RecordHeaders): number {
  const keySize = record.keyStart < 0 ? -1 : record.keyEnd - record.keyStart;
  const valueSize = record.valueStart < 0 ? -1 : record.valueEnd - record.valueStart;
  let size = intSize(keySize) + intSize(valueSize) + intSize(headers.length);
  if (keySize > 0) size += keySize;
  if (valueSize > 0) size += valueSize;
  for (const [name, value] of headers) {
    const nameSize = Buffer.byteLength(name);
    const headerSize = value?.length ?? -1;
    size += intSize(nameSize) + nameSize + intSize(headerSize);
    if (headerSize > 0) size += headerSize;
  }
  return size;
}

/** Bytes of the batch that would hold the record alone, before compression. */
export function batchSizeAlone(record: RecordPlace, headers: RecordHeaders): number {
  const size = 3 + contentSize(record, headers);
  return HEADER_SIZE + intSize(size) + size;
}

/** @throws RecordTooLargeError where no batch of so many bytes can hold the record */
export function checkRecordSize(record: OutgoingRecord, maxBytes: number): void {
  const alone = batchSizeAlone(record, record.headers);
  if (alone > maxBytes) throw new RecordTooLargeError(alone, maxBytes);
}

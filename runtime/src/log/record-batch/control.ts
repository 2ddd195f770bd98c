import type { Batch } from './batch.ts';
import { corrupt } from './corrupt.ts';
import { BatchCursor, type BatchCursorOptions } from './cursor.ts';

const ABORT = 0;

/** True for the marker that ends an aborted transaction. Its key holds a version and a type, each of two bytes. */
export function isAbortMarker(batch: Batch, options: BatchCursorOptions): boolean {
  if (!batch.control) return false;
  const marker = new BatchCursor([batch], { ...options, position: 0 });
  if (!marker.next()) return false; // compaction has taken the marker away
  const { bytes, keyStart, keyEnd } = marker;
  if (keyEnd - keyStart < 4) throw corrupt(options, batch.baseOffset, 'a marker without a type');
  return bytes.readInt16BE(keyStart + 2) === ABORT;
}

import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { decodeFailure, truncated } from './failure.ts';
import { readCount, readLength } from './varint.ts';
import { writeLength } from './write.ts';

// Arrays and maps come as blocks: a count of items, then the items; a count of 0 ends them.
// A negative count is followed by the block's size in bytes.

/**
 * The number of items in the next block; 0 after the last.
 * Refuses a block that claims more items of `minimumItemSize` bytes than there are bytes; where items take no bytes,
 * more than a reader's budget of them.
 */
export function readBlockCount(r: Reader, minimumItemSize: number): number {
  const start = r.position;
  let count = readCount(r);
  if (count === 0) return 0;
  if (count < 0) {
    count = -count;
    readLength(r);
  }
  if (minimumItemSize > 0) {
    if (count * minimumItemSize <= r.end - r.position) return count;
  } else {
    r.weightless -= count;
    if (r.weightless >= 0) return count;
  }
  r.position = start;
  throw decodeFailure(r, 'length', `a block of ${count} items, more than its bytes can hold`);
}

/**
 * As `readBlockCount`, for items to be stepped over: a block that states its size is stepped over at once.
 * The items of the block returned are the caller's to skip.
 */
export function skipSizedBlocks(r: Reader, minimumItemSize: number): number {
  for (;;) {
    const start = r.position;
    const count = readCount(r);
    if (count >= 0) {
      r.position = start;
      return readBlockCount(r, minimumItemSize);
    }
    const size = readLength(r);
    if (size > r.end - r.position) throw truncated(r);
    r.position += size;
  }
}

/** Begins the single block that writers make of an array or a map; nothing where it is empty. */
export function writeBlockCount(w: Writer, count: number): void {
  if (count > 0) writeLength(w, count);
}

/** Ends an array or a map. */
export function writeBlockEnd(w: Writer): void {
  w.ensure(1);
  w.view.setUint8(w.position++, 0);
}

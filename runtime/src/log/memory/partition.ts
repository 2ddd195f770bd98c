import type { Isolation, OutgoingRecord, UndecidedTransaction } from '../port.ts';
import { outOfRange } from '../records-lost.ts';
import { type Batch, type Chunk, isDelivered, RECORD_HEADER } from './batch.ts';
import { Compaction, type CompactionOptions } from './compaction.ts';
import { MemoryCursor } from './cursor.ts';
import { eachRecord } from './each-record.ts';
import { headersSize, writeHeaders } from './headers.ts';
import type { Transaction } from './transaction.ts';

/** A fetch gives whole batches. */
const BATCH_BYTES = 64 * 1024;
const FIRST_CHUNK = 4 * 1024;
const LARGEST_CHUNK = 1024 * 1024;

/** What one fetch gives: batches `first` to `last`, from `position` on. */
export interface Fetch {
  readonly cursor: MemoryCursor;
  readonly nextOffset: number;
  readonly bytes: number;
}

/** One partition: an append-only list of batches, and which transactions hold its readers back. */
export class Partition {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is still there. */
  start = 0;
  /** The offset that the next record will have. */
  end = 0;
  #batches: Batch[] = [];
  readonly #compaction: Compaction | undefined;
  readonly #appendTime: (() => number) | undefined;
  /** Where each open transaction begins. */
  readonly #open = new Map<Transaction, number>();
  #chunk: Chunk = chunk(0);
  #used = 0;
  #nextChunk = FIRST_CHUNK;

  /** `compaction` of a compacted topic; `appendTime` dates records, whatever their producers say (`LogAppendTime`). */
  constructor(topic: string, partition: number, compaction?: CompactionOptions, appendTime?: () => number) {
    this.#appendTime = appendTime;
    this.topic = topic;
    this.partition = partition;
    this.#compaction = compaction === undefined ? undefined : new Compaction(compaction);
  }

  /** The last stable offset: the first one of the open transactions. */
  get stableEnd(): number {
    let stable = this.end;
    for (const first of this.#open.values()) if (first < stable) stable = first;
    return stable;
  }

  /** `timeout`: for how long a transaction may be undecided, in milliseconds. */
  undecided(timeout: number): UndecidedTransaction[] {
    const { topic, partition } = this;
    return Array.from(this.#open, ([{ producerId, transactionalId }, offset]) => {
      return { topic, partition, offset, producerId, transactionalId, timeout };
    });
  }

  append(record: OutgoingRecord, transaction: Transaction | undefined): void {
    if (transaction !== undefined && !this.#open.has(transaction)) {
      this.#open.set(transaction, this.end);
      transaction.partitions.add(this);
    }
    const keySize = record.keyStart < 0 ? 0 : record.keyEnd - record.keyStart;
    const valueSize = record.valueStart < 0 ? 0 : record.valueEnd - record.valueStart;
    const extra = record.headers.length === 0 ? 0 : headersSize(record.headers);
    const size = RECORD_HEADER + keySize + valueSize + extra;
    const batch = this.#batchFor(size, transaction);
    const { bytes, view } = batch.chunk;
    let at = batch.end;
    view.setFloat64(at, this.#appendTime === undefined ? record.timestamp : Math.floor(this.#appendTime()), true);
    view.setInt32(at + 8, record.keyStart < 0 ? -1 : keySize, true);
    view.setInt32(at + 12, record.valueStart < 0 ? -1 : valueSize, true);
    view.setInt32(at + 16, extra, true);
    at += RECORD_HEADER;
    if (keySize > 0) record.bytes.copy(bytes, at, record.keyStart, record.keyEnd);
    if (valueSize > 0) record.bytes.copy(bytes, at + keySize, record.valueStart, record.valueEnd);
    if (extra > 0) writeHeaders(bytes, at + keySize + valueSize, record.headers);
    batch.end += size;
    batch.count++;
    this.#used = batch.end;
    this.end++;
    if (this.#compaction?.isDue() === true) this.compact();
  }

  /** Leaves the last record of each key, below the last stable offset; a topic that is not compacted stays as it is. */
  compact(): void {
    // A new list: cursors go on in the one they have.
    if (this.#compaction !== undefined) this.#batches = this.#compaction.clean(this.#batches, this.stableEnd);
  }

  /** As retention does, or Kafka's DeleteRecords: what lies before an offset is gone. */
  deleteRecords(before: number): void {
    this.start = Math.max(this.start, Math.min(before, this.stableEnd));
    // A new list: cursors go on in the one they have.
    this.#batches = this.#batches.filter(({ firstOffset, count }) => firstOffset + count > this.start);
  }

  /** The first record of that time, in milliseconds, or a later one; undefined where there is none. */
  offsetAt(timestamp: number): number | undefined {
    for (const batch of this.#batches) {
      if (batch.control) continue;
      let found: number | undefined;
      eachRecord(batch, (record) => {
        if (record.offset >= this.start && record.timestamp >= timestamp) found ??= record.offset;
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Writes the control marker of a transaction that was decided. */
  mark(transaction: Transaction): void {
    this.#batches.push({
      firstOffset: this.end++,
      count: 1,
      chunk: this.#chunk,
      start: this.#used,
      end: this.#used,
      transaction,
      control: true,
    });
    this.#open.delete(transaction);
  }

  /**
   * Committed records from `offset` on, at least one batch; undefined where there is nothing up to the last stable offset.
   * @throws RecordsLostError
   */
  fetch(offset: number, maxBytes: number, isolation: Isolation = 'read_committed'): Fetch | undefined {
    const committed = isolation === 'read_committed';
    return this.#fetch(offset, maxBytes, committed ? this.stableEnd : this.end, !committed);
  }

  /** All that is not aborted, undecided records included. */
  readUncommitted(): Fetch | undefined {
    return this.#fetch(this.start, Number.POSITIVE_INFINITY, this.end);
  }

  #fetch(offset: number, maxBytes: number, stable: number, withAborted = false): Fetch | undefined {
    const { topic, partition, start, end } = this;
    if (offset < start || offset > end) throw outOfRange({ topic, partition, offset }, { start, end });
    if (offset >= stable) return undefined;
    const first = this.#find(offset);
    let next = offset;
    let bytes = 0;
    let last = first;
    for (; last < this.#batches.length; last++) {
      const batch = this.#batches[last];
      if (batch === undefined || batch.firstOffset >= stable || bytes >= maxBytes) break;
      next = batch.firstOffset + batch.count;
      if (isDelivered(batch, withAborted)) bytes += batch.end - batch.start;
    }
    // Nothing is left below: offsets that compaction left without a record are passed over.
    if ((this.#batches[last]?.firstOffset ?? stable) >= stable) next = stable;
    const isAppendTime = this.#appendTime !== undefined;
    return {
      cursor: new MemoryCursor(this.#batches, { first, last, from: offset, until: next, isAppendTime, withAborted }),
      nextOffset: next,
      bytes,
    };
  }

  /** The batch with `offset` in it, or behind it where compaction left a gap; by halves. */
  #find(offset: number): number {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const batch = this.#batches[middle];
      if (batch !== undefined && batch.firstOffset <= offset) low = middle;
      else high = middle - 1;
    }
    const found = this.#batches[low];
    return found !== undefined && found.firstOffset + found.count <= offset ? low + 1 : low;
  }

  #batchFor(size: number, transaction: Transaction | undefined): Batch {
    const last = this.#batches.at(-1);
    if (
      last !== undefined &&
      last.transaction === transaction &&
      !last.control &&
      last.end - last.start < BATCH_BYTES &&
      last.end + size <= last.chunk.bytes.length
    ) {
      return last;
    }
    if (this.#used + size > this.#chunk.bytes.length) {
      this.#chunk = chunk(Math.max(size, this.#nextChunk));
      this.#nextChunk = Math.min(this.#nextChunk * 2, LARGEST_CHUNK);
      this.#used = 0;
    }
    const batch: Batch = {
      firstOffset: this.end,
      count: 0,
      chunk: this.#chunk,
      start: this.#used,
      end: this.#used,
      transaction,
      control: false,
    };
    this.#batches.push(batch);
    return batch;
  }
}

function chunk(size: number): Chunk {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

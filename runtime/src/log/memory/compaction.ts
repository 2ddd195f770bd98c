import { type Batch, type Chunk, isDelivered } from './batch.ts';
import { eachRecord, type PlacedRecord } from './each-record.ts';

/** A compacted partition is cleaned when so many records came since the last time, and twice as many as are left of those before. */
const LEAST_RECORDS = 32 * 1024;

export interface CompactionOptions {
  /** How long tombstones stay after they were compacted first, in milliseconds. */
  readonly tombstones: number;
  /** In milliseconds. */
  readonly now: () => number;
}

/** When a compacted partition is cleaned, and what is left of it then. */
export class Compaction {
  readonly #options: CompactionOptions;
  #appended = 0;
  #left = 0;

  constructor(options: CompactionOptions) {
    this.#options = options;
  }

  /** Called for each record. True when it is time to clean: each record costs a little, however many there are. */
  isDue(): boolean {
    return ++this.#appended >= LEAST_RECORDS && this.#appended >= 2 * this.#left;
  }

  /**
   * The same batches with only the last record of each key in those below `stable`, at their own offsets. Markers go, and what
   * was aborted. The last batch stays as it is: it may still grow.
   */
  clean(batches: readonly Batch[], stable: number): Batch[] {
    const tail = batches.findIndex((batch, i) => batch.firstOffset + batch.count > stable || i === batches.length - 1);
    const delivered = batches.slice(0, Math.max(0, tail)).filter((batch) => isDelivered(batch));
    const replaced = this.#replaced(delivered);
    const now = this.#options.now();
    const eachLeft = (call: (batch: Batch, record: PlacedRecord) => void): void => {
      let index = 0;
      for (const batch of delivered) {
        const isOver = (batch.deleteAt ?? now + 1) <= now;
        eachRecord(batch, (record) => {
          if (replaced[index++] === 0 && !(record.tombstone && isOver)) call(batch, record);
        });
      }
    };
    let bytes = 0;
    eachLeft((_, { start, end }) => {
      bytes += end - start;
    });
    const kept = new KeptRecords(bytes);
    eachLeft((batch, record) => {
      kept.add(batch, record, record.tombstone ? (batch.deleteAt ?? now + this.#options.tombstones) : undefined);
    });
    this.#appended = 0;
    this.#left = kept.records;
    return [...kept.batches, ...batches.slice(Math.max(0, tail))];
  }

  /** For each record 1 where a later one has its key. */
  #replaced(batches: readonly Batch[]): Uint8Array {
    const replaced = new Uint8Array(batches.reduce((sum, { count }) => sum + count, 0));
    const latest = new Map<string, number>();
    let index = 0;
    for (const batch of batches) {
      eachRecord(batch, ({ keyStart, keyEnd }) => {
        if (keyStart >= 0) {
          // One character a byte.
          const key = batch.chunk.bytes.toString('latin1', keyStart, keyEnd);
          const before = latest.get(key);
          if (before !== undefined) replaced[before] = 1;
          latest.set(key, index);
        }
        index++;
      });
    }
    return replaced;
  }
}

/** What is left, copied together: memory of what is gone is given back. Records whose offsets follow each other make a batch. */
class KeptRecords {
  readonly batches: Batch[] = [];
  records = 0;
  readonly #chunk: Chunk;
  #used = 0;

  constructor(bytes: number) {
    const memory = Buffer.allocUnsafeSlow(bytes);
    this.#chunk = { bytes: memory, view: new DataView(memory.buffer) };
  }

  add({ chunk }: Batch, { offset, start, end }: PlacedRecord, deleteAt: number | undefined): void {
    chunk.bytes.copy(this.#chunk.bytes, this.#used, start, end);
    let batch = this.batches.at(-1);
    if (batch === undefined || batch.firstOffset + batch.count !== offset || batch.deleteAt !== deleteAt) {
      const place = { chunk: this.#chunk, start: this.#used, end: this.#used };
      batch = { firstOffset: offset, count: 0, ...place, transaction: undefined, control: false, deleteAt };
      this.batches.push(batch);
    }
    this.#used += end - start;
    batch.end = this.#used;
    batch.count++;
    this.records++;
  }
}

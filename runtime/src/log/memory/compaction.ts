import { type Batch, type Chunk, isDelivered, RECORD_HEADER } from './batch.ts';

/** A compacted partition is cleaned when so many records came since the last time, and as many as are left of those before. */
const LEAST_RECORDS = 16 * 1024;

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
    return ++this.#appended >= LEAST_RECORDS && this.#appended >= this.#left;
  }

  /**
   * The same batches with only the last record of each key in those below `stable`, at their own offsets. Markers go, and what
   * was aborted. The last batch stays as it is: it may still grow.
   */
  clean(batches: readonly Batch[], stable: number): Batch[] {
    const tail = batches.findIndex((batch, i) => batch.firstOffset + batch.count > stable || i === batches.length - 1);
    const delivered = batches.slice(0, Math.max(0, tail)).filter(isDelivered);
    const latest = new Map<string, number>();
    let bytes = 0;
    for (const batch of delivered) {
      eachRecord(batch, (record) => {
        if (record.key !== undefined) latest.set(record.key, record.offset);
      });
    }
    const now = this.#options.now();
    const stays = (batch: Batch, { key, offset, tombstone }: PlacedRecord): boolean =>
      key === undefined || (latest.get(key) === offset && !(tombstone && (batch.deleteAt ?? now + 1) <= now));
    for (const batch of delivered) {
      eachRecord(batch, (record) => {
        if (stays(batch, record)) bytes += record.end - record.start;
      });
    }
    const kept = new KeptRecords(bytes);
    for (const batch of delivered) {
      eachRecord(batch, (record) => {
        if (!stays(batch, record)) return;
        kept.add(batch, record, record.tombstone ? (batch.deleteAt ?? now + this.#options.tombstones) : undefined);
      });
    }
    this.#appended = 0;
    this.#left = kept.records;
    return [...kept.batches, ...batches.slice(Math.max(0, tail))];
  }
}

interface PlacedRecord {
  readonly offset: number;
  /** One character a byte. */
  readonly key: string | undefined;
  readonly tombstone: boolean;
  readonly start: number;
  readonly end: number;
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

function eachRecord({ firstOffset, count, chunk, start }: Batch, call: (record: PlacedRecord) => void): void {
  const { bytes, view } = chunk;
  let at = start;
  for (let i = 0; i < count; i++) {
    const keySize = view.getInt32(at + 8, true);
    const valueSize = view.getInt32(at + 12, true);
    const keyStart = at + RECORD_HEADER;
    const keyEnd = keyStart + Math.max(0, keySize);
    const end = keyEnd + Math.max(0, valueSize) + view.getInt32(at + 16, true);
    const key = keySize < 0 ? undefined : bytes.toString('latin1', keyStart, keyEnd);
    call({ offset: firstOffset + i, key, tombstone: valueSize < 0, start: at, end });
    at = end;
  }
}

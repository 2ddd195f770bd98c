import type { OutgoingRecord } from '../port.ts';

/** Bytes of records that may wait before who appends more is asked to wait as well. */
const CAPACITY = 4 * 1024 * 1024;

/** Records of the next transaction, while the one before is being ended. */
export class HeldRecords {
  readonly #capacity: number;
  #records: OutgoingRecord[] = [];
  #bytes = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Copies the record. A promise asks to wait. */
  add(record: OutgoingRecord): Promise<void> | undefined {
    const { keyStart, valueStart } = record;
    const key = keyStart < 0 ? undefined : record.bytes.subarray(keyStart, record.keyEnd);
    const value = valueStart < 0 ? undefined : record.bytes.subarray(valueStart, record.valueEnd);
    const bytes = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]);
    const keyEnd = key?.length ?? 0;
    this.#records.push({
      topic: record.topic,
      partition: record.partition,
      timestamp: record.timestamp,
      headers: record.headers,
      bytes,
      keyStart: key === undefined ? -1 : 0,
      keyEnd: key === undefined ? -1 : keyEnd,
      valueStart: value === undefined ? -1 : keyEnd,
      valueEnd: value === undefined ? -1 : bytes.length,
    });
    this.#bytes += bytes.length;
    if (this.#bytes < this.#capacity) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Gives all, and holds none any more. */
  release(): readonly OutgoingRecord[] {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    this.#room?.resolve();
    this.#room = undefined;
    return records;
  }
}

import { LogError, type RecordHeaders, type RecordPlace } from '../port.ts';
import { type BatchIdentity, writeHeader } from './batch-header.ts';
import type { CompressionCodec } from './compression-codec.ts';
import { copyBytes, type Memory, memory } from './copy.ts';
import { type Checksum, crc32c } from './crc32c.ts';
import { HEADER_SIZE } from './layout.ts';
import { batchSizeAlone, contentSize } from './record-size.ts';
import { RecordTooLargeError } from './too-large.ts';
import { intSize, longSize, writeInt, writeLong } from './varint.ts';

const FIRST_MEMORY = 16 * 1024;
const NOTHING: Memory = memory(Buffer.alloc(0));

export interface BuilderOptions {
  /** A batch is full when another record would make it larger than this; one record alone may. */
  readonly batchBytes: number;
  /** No batch becomes larger than this: the topic's `max.message.bytes`. */
  readonly maxBytes: number;
  /** Number and codec; undefined for none. */
  readonly compression?: { readonly id: number; readonly codec: CompressionCodec } | undefined;
  readonly checksum?: Checksum | undefined;
}

/**
 * Builds one record batch after another in the same memory. Sizes are those before compression: the broker's limit is for the
 * batch as sent, which is never larger, since a batch that compression does not make smaller is sent without.
 */
export class RecordBatchBuilder {
  readonly #options: BuilderOptions;
  #memory: Memory = NOTHING;
  #source: Memory = NOTHING;
  #size = HEADER_SIZE;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  // At the mark.
  #markSize = HEADER_SIZE;
  #markCount = 0;
  #markTimestamp = 0;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  /** Records in the batch. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, header included, before compression. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that the record would add to the batch as it is now. */
  sizeOf(record: RecordPlace, headers: RecordHeaders): number {
    const size = this.#bodySize(record, headers);
    return intSize(size) + size;
  }

  /**
   * Copies a record to the end of the batch. Record and bytes are the caller's again.
   * @returns false where the batch is full: nothing was appended; finish it and append to the next one
   * @throws RecordTooLargeError where no batch can hold the record; LogError, `fatal`, where the time is not a whole number
   */
  append(record: RecordPlace, headers: RecordHeaders): boolean {
    const { timestamp } = record;
    if (!Number.isSafeInteger(timestamp)) throw new LogError('fatal', `A record has the timestamp ${timestamp}`);
    const size = this.#bodySize(record, headers);
    const end = this.#size + intSize(size) + size;
    if (end > this.#options.batchBytes || end > this.#options.maxBytes) {
      const alone = batchSizeAlone(record, headers);
      if (alone > this.#options.maxBytes) throw new RecordTooLargeError(alone, this.#options.maxBytes);
      if (this.#count > 0) return false;
    }
    if (end > this.#memory.bytes.length) this.#grow(end);
    if (this.#count === 0) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp;
    }
    this.#write(record, headers, size);
    this.#count++;
    this.#size = end;
    return true;
  }

  /** What comes from here on can be cut off: the outputs of a handler that may fail (I17). There is one mark. */
  mark(): void {
    this.#markSize = this.#size;
    this.#markCount = this.#count;
    this.#markTimestamp = this.#maxTimestamp;
  }

  /** Back to the mark; to nothing, where there is none in this batch. Also for a batch that is full, until it was sent. */
  truncate(): void {
    this.#size = this.#markSize;
    this.#count = this.#markCount;
    this.#maxTimestamp = this.#markTimestamp;
  }

  /**
   * The batch, to be sent. May be asked for again, also under another identity.
   * Without compression it lies in the builder's memory, and is valid until `reset`.
   */
  finish(identity: BatchIdentity): Buffer {
    if (this.#count === 0) throw new LogError('fatal', 'A record batch without records');
    const compressed = this.#compressed();
    const bytes = compressed ?? this.#memory.bytes.subarray(0, this.#size);
    writeHeader(bytes, {
      ...identity,
      compression: compressed === undefined ? 0 : (this.#options.compression?.id ?? 0),
      count: this.#count,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
      checksum: this.#options.checksum ?? crc32c,
    });
    return bytes;
  }

  /** Begins the next batch in the same memory: nobody reads the last one any more. */
  reset(): void {
    this.#size = HEADER_SIZE;
    this.#count = 0;
    this.#source = NOTHING;
    this.mark();
  }

  /** With room for the header in front; undefined where it is no smaller. */
  #compressed(): Buffer | undefined {
    if (this.#options.compression === undefined) return undefined;
    const { codec } = this.#options.compression;
    const records = codec.compress(this.#memory.bytes.subarray(HEADER_SIZE, this.#size));
    if (HEADER_SIZE + records.length >= this.#size) return undefined;
    const bytes = Buffer.allocUnsafe(HEADER_SIZE + records.length);
    records.copy(bytes, HEADER_SIZE);
    return bytes;
  }

  /** Bytes of a record behind its size, as the next of the batch. */
  #bodySize(record: RecordPlace, headers: RecordHeaders): number {
    const timeDelta = this.#count === 0 ? 0 : record.timestamp - this.#baseTimestamp;
    return 1 + longSize(timeDelta) + intSize(this.#count) + contentSize(record, headers);
  }

  #grow(size: number): void {
    const { batchBytes } = this.#options;
    const doubled = Math.min(Math.max(2 * this.#memory.bytes.length, FIRST_MEMORY), batchBytes);
    const bytes = Buffer.allocUnsafe(Math.max(size, doubled));
    this.#memory.bytes.copy(bytes, 0, 0, this.#size);
    this.#memory = memory(bytes);
  }

  #write(record: RecordPlace, headers: RecordHeaders, size: number): void {
    const { bytes } = this.#memory;
    let at = writeInt(bytes, this.#size, size);
    bytes[at++] = 0; // attributes: none are in use
    at = writeLong(bytes, at, record.timestamp - this.#baseTimestamp);
    at = writeInt(bytes, at, this.#count);
    at = this.#writePart(record, record.keyStart, record.keyEnd, at);
    at = this.#writePart(record, record.valueStart, record.valueEnd, at);
    at = writeInt(bytes, at, headers.length);
    for (const [name, value] of headers) {
      const nameSize = Buffer.byteLength(name);
      at = writeInt(bytes, at, nameSize);
      at += bytes.write(name, at);
      at = writeInt(bytes, at, value?.length ?? -1);
      if (value !== null) bytes.set(value, at);
      at += value?.length ?? 0;
    }
  }

  /** Size and bytes of a key or a value; start -1 for null. */
  #writePart(record: RecordPlace, start: number, end: number, at: number): number {
    const target = this.#memory;
    if (start < 0) return writeInt(target.bytes, at, -1);
    if (record.bytes !== this.#source.bytes) this.#source = memory(record.bytes);
    const from = writeInt(target.bytes, at, end - start);
    copyBytes(this.#source, start, end, target, from);
    return from + end - start;
  }
}

import type { LogError, RecordCursor, RecordHeaders, TopicPartition } from '../port.ts';
import type { Batch } from './batch.ts';
import { type CompressionCodecs, compressionName } from './compression.ts';
import { corrupt } from './corrupt.ts';

const NO_HEADERS: RecordHeaders = [];
const NOTHING: Buffer = Buffer.alloc(0);
/** The most bytes of a long, and of an int. */
const LONG_BYTES = 10;
const INT_BYTES = 5;

/** The number whose zigzag form are these 32 bits. */
function unzigzag(bits: number): number {
  return (bits >>> 1) ^ -(bits & 1);
}

export interface BatchCursorOptions extends TopicPartition {
  /** Records below this offset are passed over: a batch may begin before it. */
  readonly position: number;
  readonly codecs: CompressionCodecs;
  /** Bytes that the records of one batch may take when they are decompressed. */
  readonly maxDecompressedBytes: number;
}

/**
 * Walks the records of batches in place: nothing is made for a record, and no byte copied. A compressed batch is
 * decompressed when the cursor comes to it, so that one at a time takes memory.
 * What does not hold together throws a LogError, `fatal`, here or in `headers`, and again on each later call.
 */
export class BatchCursor implements RecordCursor {
  offset = -1;
  timestamp = 0;
  isAppendTime = false;
  leaderEpoch = -1;
  bytes: Buffer = NOTHING;
  keyStart = -1;
  keyEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  readonly #batches: readonly Batch[];
  readonly #options: BatchCursorOptions;
  readonly #from: number;
  #index = 0;
  #batch: Batch | undefined;
  #view: DataView = new DataView(NOTHING.buffer);
  #baseOffset = 0;
  #lastOffset = 0;
  #baseTimestamp = 0;
  #appendTime: number | undefined;
  /** Records of this batch that are still to come. */
  #left = 0;
  /** Where the next read begins. */
  #at = 0;
  /** Where the records of this batch end. */
  #limit = 0;
  #headersCount = 0;
  #headersAt = 0;
  #recordEnd = 0;
  #failure: LogError | undefined;

  constructor(batches: readonly Batch[], options: BatchCursorOptions) {
    this.#batches = batches;
    this.#options = options;
    this.#from = options.position;
  }

  next(): boolean {
    for (;;) {
      if (this.#left > 0) {
        this.#left--;
        this.#read();
        if (this.offset >= this.#from) return true;
      } else if (!this.#enter()) {
        return false;
      }
    }
  }

  headers(): RecordHeaders {
    const count = this.#headersCount;
    if (count === 0) return NO_HEADERS;
    const next = this.#at;
    const end = this.#recordEnd;
    const headers: (readonly [string, Uint8Array | null])[] = [];
    this.#at = this.#headersAt;
    for (let i = 0; i < count; i++) {
      const nameSize = this.#int(end);
      if (nameSize < 0 || nameSize > end - this.#at) throw this.#fail(`a header name of ${nameSize} bytes`);
      const nameStart = this.#at;
      this.#at += nameSize;
      const name = this.bytes.toString('utf8', nameStart, this.#at);
      const size = this.#int(end);
      if (size > end - this.#at) throw this.#fail(`a header value of ${size} bytes`);
      const start = this.#at;
      if (size > 0) this.#at += size;
      // A copy, as a plain Uint8Array: handlers may keep it.
      headers.push([name, size < 0 ? null : new Uint8Array(this.bytes.subarray(start, this.#at))]);
    }
    if (this.#at !== end) throw this.#fail(`${end - this.#at} bytes behind the headers`);
    this.#at = next;
    return headers;
  }

  /** Goes on to the next batch, if there is one. */
  #enter(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#batch !== undefined && this.#at !== this.#limit) {
      throw this.#fail(`${this.#limit - this.#at} bytes behind its records`);
    }
    const batch = this.#batches[this.#index];
    this.#batch = batch;
    if (batch === undefined) {
      this.#at = this.#limit;
      return false;
    }
    this.#index++;
    if (batch.compression === 0) {
      this.bytes = batch.bytes;
      this.#at = batch.start;
      this.#limit = batch.end;
    } else {
      this.bytes = this.#decompress(batch);
      this.#at = 0;
      this.#limit = this.bytes.length;
    }
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.#limit);
    this.#baseOffset = batch.baseOffset;
    this.#lastOffset = batch.lastOffset;
    this.#baseTimestamp = batch.baseTimestamp;
    this.#appendTime = batch.appendTime;
    this.isAppendTime = batch.appendTime !== undefined;
    this.leaderEpoch = batch.leaderEpoch;
    this.#left = batch.count;
    this.offset = batch.baseOffset - 1;
    return true;
  }

  #decompress(batch: Batch): Buffer {
    const { codecs, maxDecompressedBytes } = this.#options;
    const name = compressionName(batch.compression);
    const codec = codecs.get(batch.compression);
    if (codec === undefined) throw this.#fail(`compressed with ${name}, which was not loaded before it was read`);
    try {
      return codec.decompress(batch.bytes.subarray(batch.start, batch.end), maxDecompressedBytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.#fail(`its records cannot be decompressed with ${name}: ${reason}`, { cause: error });
    }
  }

  #read(): void {
    const size = this.#int(this.#limit);
    const end = this.#at + size;
    if (size < 1 || end > this.#limit) throw this.#fail(`a record of ${size} bytes`);
    this.#recordEnd = end;
    this.#at++; // attributes: none are in use
    const timeDelta = this.#long(end);
    const offset = this.#baseOffset + this.#int(end);
    this.timestamp = this.#appendTime ?? this.#baseTimestamp + timeDelta;
    if (offset <= this.offset || offset > this.#lastOffset) {
      throw this.#fail(`a record of offset ${offset} between ${this.offset} and ${this.#lastOffset + 1}`);
    }
    this.offset = offset;
    const keySize = this.#int(end);
    if (keySize > end - this.#at) throw this.#fail(`a key of ${keySize} bytes`);
    if (keySize < 0) {
      this.keyStart = -1;
      this.keyEnd = -1;
    } else {
      this.keyStart = this.#at;
      this.#at += keySize;
      this.keyEnd = this.#at;
    }
    const valueSize = this.#int(end);
    if (valueSize > end - this.#at) throw this.#fail(`a value of ${valueSize} bytes`);
    if (valueSize < 0) {
      this.valueStart = -1;
      this.valueEnd = -1;
    } else {
      this.valueStart = this.#at;
      this.#at += valueSize;
      this.valueEnd = this.#at;
    }
    const headersCount = this.#int(end);
    // A header takes two bytes at least.
    if (headersCount < 0 || 2 * headersCount > end - this.#at) throw this.#fail(`${headersCount} headers`);
    if (headersCount === 0 && this.#at !== end) throw this.#fail(`${end - this.#at} bytes behind a record`);
    this.#headersCount = headersCount;
    this.#headersAt = this.#at;
    this.#at = end;
  }

  /** A zigzag varint of 32 bits, before `end`. Most are of one byte or two. */
  #int(end: number): number {
    const view = this.#view;
    const at = this.#at;
    if (at + 1 < end) {
      const first = view.getUint8(at);
      if (first < 128) {
        this.#at = at + 1;
        return unzigzag(first);
      }
      const second = view.getUint8(at + 1);
      if (second < 128) {
        this.#at = at + 2;
        return unzigzag((first & 127) | (second << 7));
      }
    }
    return this.#longerInt(end);
  }

  #longerInt(end: number): number {
    const view = this.#view;
    const at = this.#at;
    const most = Math.min(INT_BYTES, end - at);
    let bits = 0;
    for (let i = 0; i < most; i++) {
      const byte = view.getUint8(at + i);
      if (i === INT_BYTES - 1 && byte > 15) break;
      bits |= (byte & 127) << (7 * i);
      if (byte < 128) {
        this.#at = at + i + 1;
        return unzigzag(bits);
      }
    }
    throw this.#fail('an integer without end');
  }

  /** A zigzag varint of 64 bits, before `end`. */
  #long(end: number): number {
    const view = this.#view;
    const at = this.#at;
    if (at < end) {
      const first = view.getUint8(at);
      if (first < 128) {
        this.#at = at + 1;
        return unzigzag(first);
      }
    }
    const most = Math.min(LONG_BYTES, end - at);
    // Exact up to 2^53, which no time comes near.
    let bits = 0;
    let scale = 1;
    for (let i = 0; i < most; i++) {
      const byte = view.getUint8(at + i);
      bits += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        this.#at = at + i + 1;
        return bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2;
      }
    }
    throw this.#fail('an integer without end');
  }

  /** Nothing comes after this. */
  #fail(what: string, options?: ErrorOptions): LogError {
    const offset = this.#batch?.baseOffset ?? this.#baseOffset;
    this.#failure = corrupt(this.#options, offset, what, options);
    this.#left = 0;
    return this.#failure;
  }
}

import { Writer } from '../../codec/writer.ts';
import { LogError, type OutgoingRecord, type RecordHeaders, type RecordSizes } from '../../log/port.ts';
import { isRecordTooLarge } from '../../log/record-batch/too-large.ts';

/** Takes one record; the record is the caller's again when it returns. A promise asks to wait before the next one. */
export interface Append {
  (record: OutgoingRecord): Promise<void> | undefined;
  /** What is too large is found out before any record of a call is taken; left out where records may have any size. */
  readonly sizes?: RecordSizes | undefined;
}

/** More than a batch and one record take beside key, value and headers, in bytes. */
const BATCH_OVERHEAD = 128;
/** More than a header takes beside name and value, in bytes. */
const HEADER_OVERHEAD = 16;

/** Memory of a stage that huge outputs, or very many, have grown is given back. */
const KEEP_BYTES = 4 * 1024 * 1024;
const KEEP_RECORDS = 4096;

/**
 * What one handler call emits, encoded, until the call settles: then it goes to the log whole, or not at all (I17).
 * Columns, not objects: an output costs its bytes and a few numbers.
 */
export class Stage {
  writer: Writer = new Writer();
  #count = 0;
  #topics: string[] = [];
  #headers: RecordHeaders[] = [];
  /** Partition, timestamp, start and end of key and value: six for each record. */
  #places: number[] = [];
  /** What was thrown for an output that cannot be staged. */
  #refusal: unknown;
  /** Bytes that headers take at most. */
  #headerBytes = 0;
  /** True once one of them is the log's. */
  #isBegun = false;
  readonly #record: { -readonly [K in keyof OutgoingRecord]: OutgoingRecord[K] } = {
    topic: '',
    partition: 0,
    timestamp: 0,
    bytes: this.writer.bytes,
    keyStart: -1,
    keyEnd: -1,
    valueStart: -1,
    valueEnd: -1,
    headers: [],
  };

  get count(): number {
    return this.#count;
  }

  /** Adds what was just written to `writer`; -1 stands for null. */
  add(
    topic: string,
    partition: number,
    timestamp: number,
    headers: RecordHeaders,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const at = this.#count++ * 6;
    const places = this.#places;
    this.#topics[this.#count - 1] = topic;
    this.#headers[this.#count - 1] = headers;
    places[at] = partition;
    places[at + 1] = timestamp;
    places[at + 2] = keyStart;
    places[at + 3] = keyEnd;
    places[at + 4] = valueStart;
    places[at + 5] = valueEnd;
  }

  /**
   * Headers of an output, to be given to `add`. The record is sent when its call has settled: until then the handler may do with
   * its bytes as it likes.
   */
  own(headers: RecordHeaders): RecordHeaders {
    this.#headerBytes += sizeOfHeaders(headers);
    return headers.map(([name, value]) => [name, value === null ? null : new Uint8Array(value)]);
  }

  /** An output cannot be staged. Gives the error, to be thrown. */
  refuse(error: unknown): unknown {
    this.#refusal = error;
    return error;
  }

  /** True where this is what was thrown for an output that cannot be staged. */
  hasRefused(error: unknown): boolean {
    return error !== undefined && error === this.#refusal;
  }

  /** True where `apply` has thrown this since an output is too large, before the log had any of them. */
  isRefused(error: unknown): boolean {
    return !this.#isBegun && isRecordTooLarge(error);
  }

  /** Hands all to the log, and is empty then. A promise asks to wait. */
  apply(append: Append): Promise<void> | undefined {
    if (this.#count > 1 && append.sizes !== undefined) this.#check(append.sizes);
    for (let i = 0; i < this.#count; i++) {
      const pressure = append(this.#fill(i));
      this.#isBegun = true;
      if (pressure !== undefined) return this.#applyRest(append, i + 1, pressure);
    }
    this.clear();
    return undefined;
  }

  /** One that is too large is refused before others are taken. Mostly all of them together are small. */
  #check(sizes: RecordSizes): void {
    if (this.writer.position + this.#headerBytes + BATCH_OVERHEAD <= sizes.any) return;
    for (let i = 0; i < this.#count; i++) sizes.check(this.#fill(i));
  }

  clear(): void {
    this.#refusal = undefined;
    this.#headerBytes = 0;
    this.#isBegun = false;
    if (this.#count > KEEP_RECORDS) {
      this.#topics = [];
      this.#headers = [];
      this.#places = [];
    }
    this.#count = 0;
    if (this.writer.bytes.length > KEEP_BYTES) this.writer = new Writer();
    this.writer.reset();
  }

  async #applyRest(append: Append, from: number, pressure: Promise<void>): Promise<void> {
    try {
      await pressure;
      for (let i = from; i < this.#count; i++) await append(this.#fill(i));
    } catch (error) {
      throw partlyApplied(error);
    } finally {
      // Also where one was refused: the call is made again, and what is left of it would go out with the next.
      this.clear();
    }
  }

  #fill(index: number): OutgoingRecord {
    const record = this.#record;
    const places = this.#places;
    const at = index * 6;
    record.topic = this.#topics[index] ?? '';
    record.headers = this.#headers[index] ?? [];
    record.bytes = this.writer.bytes;
    record.partition = places[at] ?? 0;
    record.timestamp = places[at + 1] ?? 0;
    record.keyStart = places[at + 2] ?? -1;
    record.keyEnd = places[at + 3] ?? -1;
    record.valueStart = places[at + 4] ?? -1;
    record.valueEnd = places[at + 5] ?? -1;
    return record;
  }
}

function sizeOfHeaders(headers: RecordHeaders): number {
  let size = 0;
  for (const [name, value] of headers) size += HEADER_OVERHEAD + 3 * name.length + (value?.length ?? 0);
  return size;
}

/** An output is too large, and others of its call are the log's already: only with the transaction are they taken back (I17). */
export function partlyApplied(error: unknown): unknown {
  return isRecordTooLarge(error) ? new LogError('abortable', error.message, { cause: error }) : error;
}

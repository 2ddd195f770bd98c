import type { RecordCursor, RecordHeaders } from '../port.ts';
import { type Batch, isDelivered, RECORD_HEADER } from './batch.ts';
import { readHeaders } from './headers.ts';

const NO_HEADERS: RecordHeaders = [];
const NOTHING: Buffer = Buffer.alloc(0);

/** Batches `first` up to, not including, `last`; of those the offsets `from` up to `until`, since the last may still grow. */
export interface CursorRange {
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly until: number;
  /** True where the log dates records itself. */
  readonly isAppendTime: boolean;
  /** True for who reads what is not committed. */
  readonly withAborted: boolean;
}

/** Walks the records of some batches in place. */
export class MemoryCursor implements RecordCursor {
  offset = -1;
  timestamp = 0;
  readonly isAppendTime: boolean;
  /** One process, one leader. */
  readonly leaderEpoch = 0;
  bytes: Buffer = NOTHING;
  keyStart = -1;
  keyEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  readonly #withAborted: boolean;
  readonly #batches: readonly Batch[];
  readonly #last: number;
  readonly #from: number;
  readonly #until: number;
  #index: number;
  #view: DataView = new DataView(NOTHING.buffer);
  #headersStart = 0;
  #position = 0;
  #left = 0;

  constructor(batches: readonly Batch[], range: CursorRange) {
    this.#batches = batches;
    this.#index = range.first;
    this.#last = range.last;
    this.#from = range.from;
    this.#until = range.until;
    this.isAppendTime = range.isAppendTime;
    this.#withAborted = range.withAborted;
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
    return this.#headersStart === this.#position ? NO_HEADERS : readHeaders(this.bytes, this.#headersStart);
  }

  /** Goes on to the next batch, if there is one. */
  #enter(): boolean {
    if (this.#index >= this.#last) return false;
    const batch = this.#batches[this.#index++];
    if (batch === undefined) return false;
    if (!isDelivered(batch, this.#withAborted)) return true;
    this.offset = batch.firstOffset - 1;
    this.bytes = batch.chunk.bytes;
    this.#view = batch.chunk.view;
    this.#position = batch.start;
    this.#left = Math.min(batch.count, this.#until - batch.firstOffset);
    return true;
  }

  #read(): void {
    const view = this.#view;
    const start = this.#position;
    const keySize = view.getInt32(start + 8, true);
    const valueSize = view.getInt32(start + 12, true);
    const headersSize = view.getInt32(start + 16, true);
    let at = start + RECORD_HEADER;
    this.offset++;
    this.timestamp = view.getFloat64(start, true);
    this.keyStart = keySize < 0 ? -1 : at;
    if (keySize > 0) at += keySize;
    this.keyEnd = keySize < 0 ? -1 : at;
    this.valueStart = valueSize < 0 ? -1 : at;
    if (valueSize > 0) at += valueSize;
    this.valueEnd = valueSize < 0 ? -1 : at;
    this.#headersStart = at;
    this.#position = at + headersSize;
  }
}

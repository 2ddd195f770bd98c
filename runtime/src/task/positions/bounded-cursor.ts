import type { RecordCursor, RecordHeaders } from '../../log/port.ts';

/** The records of a cursor that lie before an offset. Only the fetch that a bounded run ends in goes through one. */
export class BoundedCursor implements RecordCursor {
  readonly #records: RecordCursor;
  readonly #end: number;
  #isOver = false;

  constructor(records: RecordCursor, end: number) {
    this.#records = records;
    this.#end = end;
  }

  next(): boolean {
    if (this.#isOver) return false;
    this.#isOver = !this.#records.next() || this.#records.offset >= this.#end;
    return !this.#isOver;
  }

  get offset(): number {
    return this.#records.offset;
  }

  get timestamp(): number {
    return this.#records.timestamp;
  }

  get isAppendTime(): boolean {
    return this.#records.isAppendTime;
  }

  get leaderEpoch(): number {
    return this.#records.leaderEpoch;
  }

  get bytes(): Buffer {
    return this.#records.bytes;
  }

  get keyStart(): number {
    return this.#records.keyStart;
  }

  get keyEnd(): number {
    return this.#records.keyEnd;
  }

  get valueStart(): number {
    return this.#records.valueStart;
  }

  get valueEnd(): number {
    return this.#records.valueEnd;
  }

  headers(): RecordHeaders {
    return this.#records.headers();
  }
}

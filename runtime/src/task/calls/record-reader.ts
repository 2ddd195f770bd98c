import { Reader } from '../../codec/reader.ts';
import type { Format } from '../../format/format.ts';
import type { RecordCursor } from '../../log/port.ts';

/** V8 copies what is cut from a text up to this length; anything longer keeps the whole text in memory. */
const COPIED = 12;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads keys and values where they lie. Text is read ahead over several records, so that one call into native code does for
 * many strings; but a long key is read by itself, since it lives on in state and would keep alive what it was cut from.
 */
export class RecordReader {
  #records: RecordCursor | undefined;
  #chunk: Buffer = NOTHING;
  #ahead: Reader = new Reader(NOTHING);
  #alone: Reader = new Reader(NOTHING);

  /** The current record's key, which is not null. @throws AvroDecodeError */
  key<K>(records: RecordCursor, format: Format<K>): K {
    this.#enter(records);
    const { keyStart, keyEnd } = records;
    if (keyEnd - keyStart > COPIED) {
      this.#alone.reset(keyStart, keyEnd);
      return format.read(this.#alone);
    }
    this.#ahead.moveTo(keyStart, keyEnd);
    return format.read(this.#ahead);
  }

  /** The current record's value, which is not null. @throws AvroDecodeError */
  value<V>(records: RecordCursor, format: Format<V>): V {
    this.#enter(records);
    this.#ahead.moveTo(records.valueStart, records.valueEnd);
    return format.read(this.#ahead);
  }

  /** Another cursor may be over the same memory, in which more has been written meanwhile. */
  #enter(records: RecordCursor): void {
    if (records === this.#records && records.bytes === this.#chunk) return;
    this.#records = records;
    this.#chunk = records.bytes;
    this.#ahead = new Reader(this.#chunk);
    this.#alone = new Reader(this.#chunk);
  }
}

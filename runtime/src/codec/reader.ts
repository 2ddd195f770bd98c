/** Items that take no bytes (nulls, records of nulls) that one reader hands out: a few bytes could claim 2^31 of them. */
const WEIGHTLESS_ITEMS = 1 << 18;

/**
 * A position in a chunk of bytes, shared by all values read from it. Nothing reads behind `end`.
 *
 * `moveTo` goes on to another message in the chunk; `reset` does where the memory's content may have changed.
 */
export class Reader {
  /** The chunk. A Buffer for its fast string methods; values never alias it. */
  bytes: Buffer;
  /** The same memory, not as a Buffer: slices of it are copies. */
  octets: Uint8Array;
  /** The same memory. */
  view: DataView;
  /** Where the next value starts, in bytes from the start of `bytes`. */
  position: number;
  /** Where the readable part ends. */
  end: number;
  /** Where the chunk ends: `end` moves from record to record, this does not. */
  limit: number;
  /** How deep recursive records are nested just now. */
  depth: number;
  /** How many more items without bytes may be read. */
  weightless: number;
  /**
   * Bytes `textStart` to `textEnd`, one character each. Strings of ASCII are slices of it: one call into
   * native code for many strings. A string that lives on keeps this window alive, so it is small.
   */
  text: string;
  textStart: number;
  textEnd: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.octets = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.end = end;
    this.limit = bytes.length;
    this.depth = 0;
    this.weightless = WEIGHTLESS_ITEMS;
    this.text = '';
    this.textStart = 0;
    this.textEnd = 0;
  }

  /** Goes on to a message between `start` and `end` of the chunk, whose content has not changed. */
  moveTo(start: number, end: number): void {
    this.position = start;
    this.end = end;
    this.depth = 0;
    this.weightless = WEIGHTLESS_ITEMS;
  }

  /** Starts over between `start` and `end` of the same memory, whose content may have changed. */
  reset(start: number, end: number): void {
    this.position = start;
    this.end = end;
    this.limit = end;
    this.depth = 0;
    this.weightless = WEIGHTLESS_ITEMS;
    // What `text` holds is out of date, and out of reach.
    this.textEnd = 0;
  }
}

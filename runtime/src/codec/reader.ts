/**
 * A position in a chunk of bytes, shared by all values read from it.
 *
 * Generated code copies `position` into a local, and puts it back when it is done; it never reads behind `end`.
 */
export class Reader {
  /** The chunk. A Buffer for its fast string methods; values never alias it. */
  bytes: Buffer;
  view: DataView;
  /** Where the next value starts, in bytes from the start of `bytes`. */
  position: number;
  /** Where the readable part ends. */
  end: number;
  /** How deep recursive records are nested just now. */
  depth = 0;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.end = end;
  }
}

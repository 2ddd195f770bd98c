const INITIAL_SIZE = 4096;

/** A growing chunk of bytes to which values are appended. Reuse one: `reset()` keeps the memory. */
export class Writer {
  bytes: Buffer;
  /** The same memory as `bytes`. */
  view: DataView;
  /** The number of bytes there is memory for. */
  capacity: number;
  /** Where the next value goes; also the number of bytes written. */
  position: number;
  /** How deep recursive records are nested just now. */
  depth: number;

  constructor(size: number = INITIAL_SIZE) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
    this.capacity = size;
    this.position = 0;
    this.depth = 0;
  }

  /** Makes room for `size` more bytes behind `position`. Replaces `bytes` and `view` when it grows. */
  ensure(size: number): void {
    if (this.position + size > this.capacity) this.#grow(size);
  }

  reset(): void {
    this.position = 0;
    this.depth = 0;
  }

  /** A copy of what lies between `start` and the position, in memory of its own. */
  copy(start = 0): Uint8Array {
    const copy = new Uint8Array(this.position - start);
    copy.set(this.bytes.subarray(start, this.position));
    return copy;
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + size));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
    this.capacity = grown.length;
  }
}

const INITIAL_SIZE = 4096;

/** A growing chunk of bytes to which values are appended. Reuse one: `reset()` keeps the memory. */
export class Writer {
  bytes: Buffer;
  view: DataView;
  /** Where the next value goes; also the number of bytes written. */
  position = 0;

  constructor(size: number = INITIAL_SIZE) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `size` more bytes behind `position`. Replaces `bytes` and `view` when it grows. */
  ensure(size: number): void {
    if (this.position + size <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + size));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  reset(): void {
    this.position = 0;
  }

  /** A copy of what lies between `start` and the position. */
  copy(start = 0): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, start, this.position);
  }
}

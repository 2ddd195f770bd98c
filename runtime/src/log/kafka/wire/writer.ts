/** Bytes from this size on are not copied into the frame: the socket gets them as they lie. */
const BY_REFERENCE = 4096;

/**
 * Writes Kafka's primitive types, big-endian. 64-bit integers are numbers: offsets, producer ids and timestamps stay below 2^53.
 * Methods named after a type write its compact (flexible) form; those with `Classic` the one of older messages.
 */
export class WireWriter {
  #buffer: Buffer;
  #start = 0;
  #end = 0;
  #chunks: Uint8Array[] = [];
  #written = 0;

  constructor(size = 512) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#written + this.#end - this.#start;
  }

  /** What was written, in order. The writer is not to be used any more. */
  chunks(): readonly Uint8Array[] {
    this.#cut();
    return this.#chunks;
  }

  /** What was written, as one. */
  bytes(): Buffer {
    const chunks = this.chunks();
    const [only] = chunks;
    return chunks.length === 1 && only !== undefined
      ? Buffer.from(only.buffer, only.byteOffset, only.length)
      : Buffer.concat(chunks);
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#end));
    this.#written += this.#end - this.#start;
    this.#start = this.#end;
  }

  /** Makes room for `size` bytes and returns where they begin. */
  #take(size: number): number {
    if (this.#end + size > this.#buffer.length) {
      this.#cut();
      this.#buffer = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, size));
      this.#start = 0;
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += size;
    return at;
  }

  /** Room for bytes that are known later. */
  later(size: number): Buffer {
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  int8(value: number): this {
    const at = this.#take(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#take(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#take(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no int64 that a number holds exactly`);
    const at = this.#take(8);
    const high = Math.floor(value / 2 ** 32);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * 2 ** 32, at + 4);
    return this;
  }

  /** 0 to 2^32 - 1 */
  unsignedVarint(value: number): this {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    const at = this.#take(1);
    this.#buffer[at] = value;
    return this;
  }

  /** Large ones are taken by reference: the caller leaves them alone until the request is answered. */
  raw(bytes: Uint8Array): this {
    if (bytes.length >= BY_REFERENCE) {
      this.#cut();
      this.#chunks.push(bytes);
      this.#written += bytes.length;
      return this;
    }
    const at = this.#take(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** A UUID in Kafka's own notation: 22 characters of unpadded base64url. */
  uuid(text: string): this {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== 16) throw new RangeError(`'${text}' is no UUID`);
    return this.raw(bytes);
  }

  string(value: string | null): this {
    if (value === null) return this.unsignedVarint(0);
    const size = Buffer.byteLength(value);
    return this.unsignedVarint(size + 1).#utf8(value, size);
  }

  bytesField(value: Uint8Array | null): this {
    if (value === null) return this.unsignedVarint(0);
    return this.unsignedVarint(value.length + 1).raw(value);
  }

  /** Several chunks as one field. */
  chunksField(chunks: readonly Uint8Array[]): this {
    this.unsignedVarint(chunks.reduce((sum, { length }) => sum + length, 1));
    for (const chunk of chunks) this.raw(chunk);
    return this;
  }

  array<T>(list: readonly T[] | null, write: (writer: this, item: T) => void): this {
    if (list === null) return this.unsignedVarint(0);
    this.unsignedVarint(list.length + 1);
    for (const item of list) write(this, item);
    return this;
  }

  int32s(list: readonly number[]): this {
    return this.array(list, (writer, item) => writer.int32(item));
  }

  /** The end of a flexible structure: none of its tagged fields. */
  noTags(): this {
    return this.#byte(0);
  }

  stringClassic(value: string | null): this {
    if (value === null) return this.int16(-1);
    const size = Buffer.byteLength(value);
    return this.int16(size).#utf8(value, size);
  }

  bytesClassic(value: Uint8Array | null): this {
    if (value === null) return this.int32(-1);
    return this.int32(value.length).raw(value);
  }

  arrayClassic<T>(list: readonly T[], write: (writer: this, item: T) => void): this {
    this.int32(list.length);
    for (const item of list) write(this, item);
    return this;
  }

  #utf8(value: string, size: number): this {
    const at = this.#take(size);
    this.#buffer.write(value, at, 'utf8');
    return this;
  }
}

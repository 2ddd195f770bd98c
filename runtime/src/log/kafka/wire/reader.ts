import { LogError } from '../../port.ts';

/**
 * Reads Kafka's primitive types from an answer that is not trusted: nothing is read beyond its end, and nothing is allocated
 * that its bytes do not pay for. Methods named after a type read its compact (flexible) form, those with `Classic` the older one.
 *
 * @throws LogError, `unknown-outcome`: what the answer says cannot be known
 */
export class WireReader {
  readonly #buffer: Buffer;
  #at: number;
  #end: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
    this.#end = buffer.length;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #take(size: number): number {
    if (size > this.#end - this.#at) throw malformed(`${size} bytes wanted, ${this.#end - this.#at} left`);
    const at = this.#at;
    this.#at += size;
    return at;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): number {
    const at = this.#take(8);
    const value = this.#buffer.readInt32BE(at) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw malformed('an int64 beyond 2^53');
    return value;
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#take(1));
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw malformed('a varint beyond 32 bits');
  }

  /** A view of the answer, not a copy. */
  raw(size: number): Buffer {
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  /** In Kafka's own notation: 22 characters of unpadded base64url. */
  uuid(): string {
    return this.raw(16).toString('base64url');
  }

  nullableString(): string | null {
    const size = this.unsignedVarint();
    return size === 0 ? null : this.#utf8(size - 1);
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  nullableBytes(): Buffer | null {
    const size = this.unsignedVarint();
    return size === 0 ? null : this.raw(size - 1);
  }

  bytesField(): Buffer {
    return this.nullableBytes() ?? EMPTY;
  }

  /** Null is read as an empty one. `least` is the least number of bytes that an item takes. */
  array<T>(read: (reader: this) => T, least = 1): T[] {
    return this.#items(this.unsignedVarint() - 1, read, least);
  }

  int32s(): number[] {
    return this.array((reader) => reader.int32(), 4);
  }

  /** The tagged fields that end a flexible structure. `read` takes those it knows; others are passed over. */
  tags(read?: (tag: number, reader: this) => void): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      const tag = this.unsignedVarint();
      const size = this.unsignedVarint();
      const end = this.#take(size) + size;
      if (read === undefined) continue;
      const outer = this.#end;
      this.#at = end - size;
      this.#end = end;
      read(tag, this);
      this.#at = end;
      this.#end = outer;
    }
  }

  /** To be called last: what is left over was not understood. */
  done(): void {
    if (this.remaining > 0) throw malformed(`${this.remaining} bytes left over`);
  }

  stringClassic(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.#utf8(size);
  }

  bytesClassic(): Buffer | null {
    const size = this.int32();
    return size < 0 ? null : this.raw(size);
  }

  arrayClassic<T>(read: (reader: this) => T, least = 1): T[] {
    return this.#items(this.int32(), read, least);
  }

  #items<T>(count: number, read: (reader: this) => T, least: number): T[] {
    if (count * least > this.remaining) throw malformed(`${count} items in ${this.remaining} bytes`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  #utf8(size: number): string {
    const at = this.#take(size);
    return this.#buffer.toString('utf8', at, at + size);
  }
}

const EMPTY = Buffer.alloc(0);

function malformed(what: string): LogError {
  return new LogError('unknown-outcome', `Kafka's answer cannot be read: ${what}`);
}

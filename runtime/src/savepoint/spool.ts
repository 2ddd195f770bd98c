import { type FileHandle, open, rm } from 'node:fs/promises';
import { readFully } from '../container/file-source.ts';
import type { RecordPlace } from '../log/port.ts';
import type { ChangelogRecords } from '../state/changelog-reader.ts';
import { LatestIndex } from './latest-index.ts';

/** Written and read in pieces of this size, in bytes; larger records in one of their own. */
const PIECE = 1024 * 1024;
/** Lengths of key and value. */
const HEAD = 8;

/**
 * The records of one changelog partition in a file of this machine, until it is known which of them are the last of their keys:
 * then only those are read again. The changelog itself may be compacted meanwhile.
 */
export class Spool {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #latest = new LatestIndex();
  #piece: Buffer = Buffer.allocUnsafeSlow(PIECE);
  #filled = 0;
  #size = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async make(path: string): Promise<Spool> {
    return new Spool(path, await open(path, 'wx+'));
  }

  /** Those with a value, also outdated ones. */
  get records(): number {
    return this.#latest.records;
  }

  /** A record with a key, or its tombstone. A promise asks to wait before the next one. */
  add({ bytes, keyStart, keyEnd, valueStart, valueEnd }: RecordPlace): Promise<void> | undefined {
    const key = bytes.subarray(keyStart, keyEnd);
    if (valueStart < 0) {
      this.#latest.delete(key);
      return undefined;
    }
    this.#latest.add(key);
    const size = HEAD + key.length + valueEnd - valueStart;
    if (size > PIECE - this.#filled) {
      const record = Buffer.allocUnsafeSlow(size);
      put(record, 0, key, bytes.subarray(valueStart, valueEnd));
      return this.#flush().then(() => this.#begin(record));
    }
    put(this.#piece, this.#filled, key, bytes.subarray(valueStart, valueEnd));
    this.#filled += size;
    return undefined;
  }

  async #begin(record: Buffer): Promise<void> {
    if (record.length > PIECE) return this.#write(record);
    record.copy(this.#piece);
    this.#filled = record.length;
  }

  async #flush(): Promise<void> {
    await this.#write(this.#piece.subarray(0, this.#filled));
    this.#filled = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, this.#size + written);
      written += bytesWritten;
    }
    this.#size += bytes.length;
  }

  /** The last record of each key that has a value, in the order of the changelog. */
  async *latest(): AsyncGenerator<ChangelogRecords> {
    await this.#flush();
    let record = 0;
    for (let offset = 0; offset < this.#size; ) {
      let piece = await readFully(this.#handle, offset, Math.min(PIECE, this.#size - offset));
      let end = wholeRecords(piece);
      if (end === 0) {
        piece = await readFully(this.#handle, offset, sizeAt(piece, 0));
        end = piece.length;
      }
      const cursor = new SpoolCursor(piece, end, record, this.#latest);
      yield cursor;
      record = cursor.record;
      offset += end;
    }
  }

  /** Removes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}

function put(into: Buffer, at: number, key: Uint8Array, value: Uint8Array): void {
  into.writeUInt32LE(key.length, at);
  into.writeUInt32LE(value.length, at + 4);
  into.set(key, at + HEAD);
  into.set(value, at + HEAD + key.length);
}

function sizeAt(piece: Buffer, at: number): number {
  return HEAD + piece.readUInt32LE(at) + piece.readUInt32LE(at + 4);
}

/** Where the last record that is whole ends. */
function wholeRecords(piece: Buffer): number {
  let end = 0;
  while (end + HEAD <= piece.length) {
    const next = end + sizeAt(piece, end);
    if (next > piece.length) break;
    end = next;
  }
  return end;
}

/** Walks those records of a piece that are not outdated. */
class SpoolCursor implements ChangelogRecords {
  readonly timestamp = 0;
  readonly bytes: Buffer;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** The number of the next record. */
  record: number;
  readonly #end: number;
  readonly #latest: LatestIndex;

  constructor(bytes: Buffer, end: number, record: number, latest: LatestIndex) {
    this.bytes = bytes;
    this.record = record;
    this.#end = end;
    this.#latest = latest;
  }

  next(): boolean {
    while (this.valueEnd < this.#end) {
      const at = this.valueEnd;
      this.keyStart = at + HEAD;
      this.keyEnd = this.keyStart + this.bytes.readUInt32LE(at);
      this.valueStart = this.keyEnd;
      this.valueEnd = this.valueStart + this.bytes.readUInt32LE(at + 4);
      if (!this.#latest.isOutdated(this.record++)) return true;
    }
    return false;
  }
}

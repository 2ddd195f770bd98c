import { Reader } from '../codec/reader.ts';

/** Addresses count granules: a small integer reaches 32 GiB. */
const GRANULE = 16;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_GRANULES = CHUNK_BYTES / GRANULE;
/** Up to this many granules every size has a free list of its own; larger ones are rounded up to powers of two. */
const EXACT_GRANULES = 64;
const LARGEST_GRANULES = CHUNK_GRANULES / 2;

/**
 * Memory for many small values: a million of them are a few large buffers to the garbage collector, and none on its heap.
 * Freed places are used again for values of about the same size.
 */
export class Slab {
  /** Undefined: no memory yet, or none any more. Null: the value before goes on here. */
  readonly #chunks: (Reader | null | undefined)[] = [];
  /** Free places, by size in granules. */
  readonly #free = new Map<number, number[]>();
  #next = 0;
  #end = 0;

  /** Copies `bytes` from `start` to `end`, and returns the address. */
  store(bytes: Buffer, start: number, end: number): number {
    const size = granules(end - start);
    const address = this.#free.get(size)?.pop() ?? this.#allocate(size);
    const reader = this.#reader(address);
    const at = (address % CHUNK_GRANULES) * GRANULE;
    if (end - start > 64) bytes.copy(reader.bytes, at, start, end);
    else for (let i = start, to = at; i < end; i++, to++) reader.bytes[to] = bytes[i] as number;
    return address;
  }

  free(address: number, length: number): void {
    const size = granules(length);
    if (size > LARGEST_GRANULES) this.#chunks[address / CHUNK_GRANULES] = undefined;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [address]);
    else free.push(address);
  }

  /** A reader of the value at an address, good until the next call. */
  read(address: number, length: number): Reader {
    const reader = this.#reader(address);
    const at = (address % CHUNK_GRANULES) * GRANULE;
    reader.reset(at, at + length);
    return reader;
  }

  #reader(address: number): Reader {
    const index = Math.floor(address / CHUNK_GRANULES);
    let reader = this.#chunks[index];
    if (reader === undefined || reader === null) {
      // A large place that was freed, and is used again: its size shows in what follows it.
      let size = CHUNK_BYTES;
      for (let i = index + 1; i < this.#chunks.length && this.#chunks[i] === null; i++) size += CHUNK_BYTES;
      reader = new Reader(Buffer.allocUnsafeSlow(size));
      this.#chunks[index] = reader;
    }
    return reader;
  }

  #allocate(size: number): number {
    if (size > LARGEST_GRANULES) {
      const index = this.#chunks.length;
      this.#chunks.push(undefined);
      for (let rest = size - CHUNK_GRANULES; rest > 0; rest -= CHUNK_GRANULES) this.#chunks.push(null);
      return index * CHUNK_GRANULES;
    }
    if (this.#next + size > this.#end) {
      this.#next = this.#chunks.length * CHUNK_GRANULES;
      this.#end = this.#next + CHUNK_GRANULES;
      this.#chunks.push(new Reader(Buffer.allocUnsafeSlow(CHUNK_BYTES)));
    }
    const address = this.#next;
    this.#next += size;
    return address;
  }
}

/** How many granules a value takes. */
function granules(length: number): number {
  const exact = length <= GRANULE ? 1 : Math.ceil(length / GRANULE);
  if (exact <= EXACT_GRANULES) return exact;
  const rounded = 2 ** Math.ceil(Math.log2(exact));
  return rounded <= LARGEST_GRANULES ? rounded : Math.ceil(exact / CHUNK_GRANULES) * CHUNK_GRANULES;
}

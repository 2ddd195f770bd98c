import { Reader } from '../codec/reader.ts';

/** Addresses count granules: a small integer reaches 32 GiB. */
const GRANULE = 16;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_GRANULES = CHUNK_BYTES / GRANULE;
/** The first chunk is this small, each next one four times as large, up to a whole one: many tasks hold little. */
const FIRST_GRANULES = (16 * 1024) / GRANULE;
/** Up to this many granules every size has a free list of its own; larger ones are rounded up to powers of two. */
const EXACT_GRANULES = 64;
const LARGEST_GRANULES = CHUNK_GRANULES / 2;
/** So many chunks are given back, or as many as there are, before their addresses are taken again. */
const LEAST_GONE = 64;

/**
 * Memory for many small values: a million of them are a few large buffers to the garbage collector, and none on its heap.
 * Freed places are used again for values of about the same size; a chunk that holds nothing any more is given back, so that
 * values which all grow do not leave their former sizes behind.
 */
export class Slab {
  /** Undefined: given back, or a large place that is free. Null: the large place before goes on here. */
  readonly #chunks: (Reader | null | undefined)[] = [];
  /** Chunks that were given back, and may have free places listed. */
  #gone: number[] = [];
  /** Those that have none: they may be taken again, so that addresses stay small however much comes and goes. */
  #vacant: number[] = [];
  /** How many granules of each chunk are in use. Those of large places do not count. */
  readonly #used: number[] = [];
  /** Free places, by size in granules. Some may lie in chunks that were given back. */
  readonly #free = new Map<number, number[]>();
  #bytes = 0;
  /** The chunk that new places are cut from, and where in it. */
  #current = -1;
  #next = 0;
  #end = 0;
  /** How large the next chunk is to be. */
  #growth = FIRST_GRANULES;

  /** Memory taken, whether in use or free. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies `bytes` from `start` to `end`, and returns the address. */
  store(bytes: Buffer, start: number, end: number): number {
    const size = granules(end - start);
    const address = size > LARGEST_GRANULES ? this.#large(size) : (this.#freed(size) ?? this.#cut(size));
    const index = chunkOf(address);
    const reader = this.#chunks[index] as Reader;
    const at = (address % CHUNK_GRANULES) * GRANULE;
    if (size <= LARGEST_GRANULES) this.#used[index] = (this.#used[index] ?? 0) + size;
    if (end - start > 64) bytes.copy(reader.bytes, at, start, end);
    else for (let i = start, to = at; i < end; i++, to++) reader.bytes[to] = bytes[i] as number;
    return address;
  }

  free(address: number, length: number): void {
    const size = granules(length);
    const index = chunkOf(address);
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [address]);
    else free.push(address);
    if (size > LARGEST_GRANULES) {
      this.#giveBack(index);
    } else {
      const used = (this.#used[index] ?? 0) - size;
      this.#used[index] = used;
      if (used === 0 && index !== this.#current) this.#giveBackChunk(index);
    }
  }

  /** A reader of the value at an address, good until the next call. */
  read(address: number, length: number): Reader {
    const reader = this.#chunks[chunkOf(address)] as Reader;
    const at = (address % CHUNK_GRANULES) * GRANULE;
    reader.reset(at, at + length);
    return reader;
  }

  /** A free place, but for those in chunks that are gone. */
  #freed(size: number): number | undefined {
    const free = this.#free.get(size);
    if (free === undefined) return undefined;
    for (;;) {
      const address = free.pop();
      if (address === undefined || this.#chunks[chunkOf(address)] !== undefined) return address;
    }
  }

  #cut(size: number): number {
    if (this.#next + size > this.#end) {
      const before = this.#current;
      const room = Math.max(this.#growth, size);
      this.#growth = Math.min(this.#growth * 4, CHUNK_GRANULES);
      this.#current = this.#take(this.#vacant.pop() ?? this.#chunks.length, room);
      this.#next = this.#current * CHUNK_GRANULES;
      this.#end = this.#next + room;
      if (this.#used[before] === 0) this.#giveBackChunk(before);
    }
    const address = this.#next;
    this.#next += size;
    return address;
  }

  /** Chunks of its own: taken again where one of that size was given back. */
  #large(size: number): number {
    const freed = this.#free.get(size)?.pop();
    const index = freed === undefined ? this.#chunks.length : chunkOf(freed);
    return this.#take(index, size) * CHUNK_GRANULES;
  }

  #take(index: number, size: number): number {
    const bytes = size * GRANULE;
    this.#chunks[index] = new Reader(Buffer.allocUnsafeSlow(bytes));
    this.#bytes += bytes;
    for (let rest = size - CHUNK_GRANULES, i = index + 1; rest > 0; rest -= CHUNK_GRANULES, i++) this.#chunks[i] = null;
    return index;
  }

  #giveBackChunk(index: number): void {
    this.#giveBack(index);
    this.#gone.push(index);
    if (this.#gone.length >= Math.max(LEAST_GONE, this.#chunks.length / 2)) this.#forgetPlaces();
  }

  /** Free places in chunks that are gone are forgotten: then the chunks' addresses may be taken again. */
  #forgetPlaces(): void {
    for (const [size, places] of this.#free) {
      if (size > LARGEST_GRANULES) continue;
      const left = places.filter((address) => this.#chunks[chunkOf(address)] !== undefined);
      if (left.length === 0) this.#free.delete(size);
      else this.#free.set(size, left);
    }
    this.#vacant.push(...this.#gone);
    this.#gone = [];
  }

  #giveBack(index: number): void {
    this.#bytes -= this.#chunks[index]?.bytes.length ?? 0;
    this.#chunks[index] = undefined;
  }
}

function chunkOf(address: number): number {
  return Math.floor(address / CHUNK_GRANULES);
}

/** How many granules a value takes. */
function granules(length: number): number {
  const exact = length <= GRANULE ? 1 : Math.ceil(length / GRANULE);
  if (exact <= EXACT_GRANULES) return exact;
  const rounded = 2 ** Math.ceil(Math.log2(exact));
  return rounded <= LARGEST_GRANULES ? rounded : Math.ceil(exact / CHUNK_GRANULES) * CHUNK_GRANULES;
}

import type { Slab } from './slab.ts';

/** Columns of a row, one behind the other. */
const HASH = 0;
const KEY_ADDRESS = 1;
const KEY_LENGTH = 2;
const ADDRESS = 3;
const LENGTH = 4;
const SCHEMA = 5;
const COLUMNS = 6;

/** In a slot: nothing was ever here; the search ends. Row r is r + 1. */
const EMPTY = 0;
/** A row was here; the search goes on. */
const REMOVED = -1;
const NONE = -1;
const LEAST_SLOTS = 16;

/**
 * Values by the encoding of their keys, without an object for any of them: a hash table of numbers over a slab. A million
 * keys are a few large arrays to the garbage collector.
 */
export class PackedTable {
  readonly #slab: Slab;
  /** So that nobody can choose keys that all fall together. Nothing that is seen from outside depends on it. */
  readonly #seed: number = (Math.random() * 2 ** 32) | 0;
  /** A power of two of them, at most three quarters in use. */
  #slots: Int32Array = new Int32Array(LEAST_SLOTS);
  /** Slots that are not `EMPTY`. */
  #taken = 0;
  #rows: Int32Array = new Int32Array(LEAST_SLOTS * COLUMNS);
  /** Rows up to here were used. */
  #end = 0;
  /** The first of the rows that are free again: each has the next one in its first column. */
  #free: number = NONE;
  #size = 0;

  constructor(slab: Slab) {
    this.#slab = slab;
  }

  get size(): number {
    return this.#size;
  }

  /** Memory that it takes beside the slab. */
  get bytes(): number {
    return this.#slots.byteLength + this.#rows.byteLength;
  }

  /** The row of a key, or -1. */
  find(bytes: Buffer, start: number, end: number): number {
    const slot = this.#search(bytes, start, end, this.#hash(bytes, start, end));
    const found = this.#slots[slot] as number;
    return found > 0 ? found - 1 : NONE;
  }

  /** The row of a key, made where there is none: then its address is -1. */
  rowOf(bytes: Buffer, start: number, end: number): number {
    const hash = this.#hash(bytes, start, end);
    const found = this.#slots[this.#search(bytes, start, end, hash)] as number;
    if (found > 0) return found - 1;
    // First of all, since memory may be short.
    const address = this.#slab.store(bytes, start, end);
    if ((this.#taken + 1) * 4 > this.#slots.length * 3) this.#rehash();
    const row = this.#newRow();
    const at = row * COLUMNS;
    const rows = this.#rows;
    rows[at + HASH] = hash;
    rows[at + KEY_ADDRESS] = address;
    rows[at + KEY_LENGTH] = end - start;
    rows[at + ADDRESS] = NONE;
    this.#enter(row, hash);
    this.#size++;
    return row;
  }

  /** Where the value is in the slab; -1 where the row has none yet. */
  address(row: number): number {
    return this.#rows[row * COLUMNS + ADDRESS] as number;
  }

  length(row: number): number {
    return this.#rows[row * COLUMNS + LENGTH] as number;
  }

  schema(row: number): number {
    return this.#rows[row * COLUMNS + SCHEMA] as number;
  }

  /** The value before is its caller's to free. */
  place(row: number, address: number, length: number, schema: number): void {
    const at = row * COLUMNS;
    const rows = this.#rows;
    rows[at + ADDRESS] = address;
    rows[at + LENGTH] = length;
    rows[at + SCHEMA] = schema;
  }

  /** Forgets a key. Its value is its caller's to free. */
  remove(row: number): void {
    const rows = this.#rows;
    const at = row * COLUMNS;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (rows[at + HASH] as number) & mask;
    while (slots[slot] !== row + 1) slot = (slot + 1) & mask;
    // Where the search ends behind it, it need not go on here.
    const last = slots[(slot + 1) & mask] === EMPTY;
    slots[slot] = last ? EMPTY : REMOVED;
    if (last) this.#taken--;
    this.#slab.free(rows[at + KEY_ADDRESS] as number, rows[at + KEY_LENGTH] as number);
    rows[at] = this.#free;
    this.#free = row;
    this.#size--;
  }

  /** The slot where the key is, or else where the search for it ends. */
  #search(bytes: Buffer, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const rows = this.#rows;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] as number;
      if (entry === EMPTY) return slot;
      if (entry === REMOVED) continue;
      const at = (entry - 1) * COLUMNS;
      if (rows[at + HASH] === hash && rows[at + KEY_LENGTH] === end - start && this.#is(at, bytes, start, end))
        return slot;
    }
  }

  #is(at: number, bytes: Buffer, start: number, end: number): boolean {
    const key = this.#slab.read(this.#rows[at + KEY_ADDRESS] as number, end - start);
    const own = key.bytes;
    for (let i = start, j = key.position; i < end; i++, j++) if (bytes[i] !== own[j]) return false;
    return true;
  }

  #enter(row: number, hash: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while ((slots[slot] as number) > 0) slot = (slot + 1) & mask;
    if (slots[slot] === EMPTY) this.#taken++;
    slots[slot] = row + 1;
  }

  /** More slots where they are full of rows; as many where they are full of what was removed. */
  #rehash(): void {
    const before = this.#slots;
    const length = this.#size * 2 >= before.length ? before.length * 2 : before.length;
    this.#slots = new Int32Array(length);
    this.#taken = 0;
    for (const entry of before) {
      if (entry > 0) this.#enter(entry - 1, this.#rows[(entry - 1) * COLUMNS + HASH] as number);
    }
  }

  #newRow(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#rows[free * COLUMNS] as number;
      return free;
    }
    const row = this.#end++;
    if (this.#end * COLUMNS > this.#rows.length) {
      const grown = new Int32Array(Math.ceil((row * 3) / 2) * COLUMNS);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    return row;
  }

  /** FNV-1a, mixed at the end as MurmurHash3 does, since the low bits alone choose the slot. */
  #hash(bytes: Buffer, start: number, end: number): number {
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

import { hash } from 'node:crypto';

/** Of the hash of a key, in words of 32 bits: enough that no two keys ever meet, chosen with intent or not. */
const WORDS = 4;
const LEAST_SLOTS = 1024;
/** In `#ordinals`. */
const EMPTY = 0;

/**
 * Which record of each key is the last one, and which records are outdated, in some 40 bytes a key, whatever the size of keys
 * and values: an open-addressing table of hashes, as the cleaner of Kafka's own compacted topics has it.
 */
export class LatestIndex {
  /** A power of two of them, at most two thirds in use. */
  #hashes: Uint32Array = new Uint32Array(LEAST_SLOTS * WORDS);
  /** The key's last record, from 1; negative where that was deleted. */
  #ordinals: Int32Array = new Int32Array(LEAST_SLOTS);
  #taken = 0;
  #records = 0;
  #outdated: Uint8Array = new Uint8Array(LEAST_SLOTS);

  /** Records that were added. */
  get records(): number {
    return this.#records;
  }

  /** A record with a value: the one before of its key is outdated. Records are numbered from 0. */
  add(key: Uint8Array): void {
    const slot = this.#slotOf(key);
    this.#outdate(slot);
    this.#records++;
    this.#ordinals[slot] = this.#records;
    if (this.#records >= this.#outdated.length * 8) {
      const grown = new Uint8Array(this.#outdated.length * 2);
      grown.set(this.#outdated);
      this.#outdated = grown;
    }
  }

  /** A tombstone: the record before it of its key is outdated. It has no number. */
  delete(key: Uint8Array): void {
    const slot = this.#slotOf(key);
    this.#outdate(slot);
    this.#ordinals[slot] = -1;
  }

  /** True where a later record of the same key, or its tombstone, follows the record of this number. */
  isOutdated(record: number): boolean {
    return ((this.#outdated[record >>> 3] ?? 0) & (1 << (record & 7))) !== 0;
  }

  #outdate(slot: number): void {
    const before = (this.#ordinals[slot] ?? 0) - 1;
    if (before < 0) return;
    this.#outdated[before >>> 3] = (this.#outdated[before >>> 3] ?? 0) | (1 << (before & 7));
  }

  /** The slot of a key, made where there is none. */
  #slotOf(key: Uint8Array): number {
    const digest = hash('sha256', key, 'buffer');
    const words = [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)];
    const slot = this.#search(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
    if (this.#ordinals[slot] !== EMPTY) return slot;
    this.#hashes.set(words, slot * WORDS);
    // Taken, and without a record.
    this.#ordinals[slot] = -1;
    this.#taken++;
    if (this.#taken * 3 <= this.#ordinals.length * 2) return slot;
    this.#grow();
    return this.#search(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
  }

  /** Where a hash is, or where it belongs. */
  #search(a: number, b: number, c: number, d: number): number {
    const hashes = this.#hashes;
    const mask = this.#ordinals.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      if (this.#ordinals[slot] === EMPTY) return slot;
      const at = slot * WORDS;
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d) return slot;
    }
  }

  #grow(): void {
    const [hashes, ordinals] = [this.#hashes, this.#ordinals];
    this.#hashes = new Uint32Array(hashes.length * 2);
    this.#ordinals = new Int32Array(ordinals.length * 2);
    ordinals.forEach((ordinal, i) => {
      if (ordinal === EMPTY) return;
      const words = hashes.subarray(i * WORDS, (i + 1) * WORDS);
      const slot = this.#search(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
      this.#hashes.set(words, slot * WORDS);
      this.#ordinals[slot] = ordinal;
    });
  }
}

import { Writer } from '../../codec/writer.ts';
import type { RecordPlace } from '../../log/port.ts';

const NOTHING = -1;

/** Changes for a local store, copied one behind the other: without an object for any of them. */
export class ChangeBatch {
  readonly #writer: Writer = new Writer(64 * 1024);
  /** Of each where its key begins, where that ends and the value begins, and where that ends: -1 for a removal. */
  #places: Int32Array = new Int32Array(3 * 1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): Buffer {
    return this.#writer.bytes;
  }

  /** Takes key and value of a changelog record. */
  add({ bytes, keyStart, keyEnd, valueStart, valueEnd }: RecordPlace): void {
    this.put(bytes, keyStart, keyEnd, valueStart < 0 ? undefined : bytes, valueStart, valueEnd);
  }

  /** Without a value it is a removal. */
  put(key: Buffer, keyStart: number, keyEnd: number, value: Buffer | undefined, start: number, end: number): void {
    const writer = this.#writer;
    const keyAt = writer.position;
    writer.ensure(keyEnd - keyStart + (value === undefined ? 0 : end - start));
    key.copy(writer.bytes, keyAt, keyStart, keyEnd);
    const valueAt = keyAt + keyEnd - keyStart;
    const valueTo = value === undefined ? valueAt : valueAt + end - start;
    value?.copy(writer.bytes, valueAt, start, end);
    writer.position = valueTo;
    const at = this.#count * 3;
    if (at === this.#places.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[at] = keyAt;
    this.#places[at + 1] = valueAt;
    this.#places[at + 2] = value === undefined ? NOTHING : valueTo;
    this.#count++;
  }

  keyStart(index: number): number {
    return this.#places[index * 3] as number;
  }

  keyEnd(index: number): number {
    return this.#places[index * 3 + 1] as number;
  }

  /** Where the value ends, which begins where the key ends; -1 for a removal. */
  valueEnd(index: number): number {
    return this.#places[index * 3 + 2] as number;
  }

  clear(): void {
    this.#writer.reset();
    this.#count = 0;
  }
}

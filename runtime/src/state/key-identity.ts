import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import type { Format } from '../format/format.ts';

/** A key as a `Map` can hold it: two keys have the same identity exactly where their encodings are the same (I18). */
export type Identity = string | number | bigint | boolean;

/** Begins an identity that is a key's encoding: a lone surrogate. Texts that begin with one, as JSON can hold, are encoded too. */
const ENCODED = '\ud800';
const ENCODED_CODE = 0xd800;

/** Turns the keys of one format into identities and back into bytes. */
export class KeyIdentity {
  readonly #format: Format<unknown>;
  readonly #scratch: Writer = new Writer(256);

  constructor(format: Format<unknown>) {
    this.#format = format;
  }

  of(key: unknown): Identity {
    switch (typeof key) {
      case 'string':
        return key.charCodeAt(0) === ENCODED_CODE ? this.#encoded(key) : key;
      case 'bigint':
      case 'boolean':
        return key;
      case 'number':
        // A Map takes -0 for 0, and NaN as one value: their encodings differ.
        return Object.is(key, -0) || Number.isNaN(key) ? this.#encoded(key) : key;
      default:
        return this.#encoded(key);
    }
  }

  /** Of the key that the reader stands at, and which ends where it does. */
  read(reader: Reader): Identity {
    return this.of(this.#format.read(reader));
  }

  /** The key of an identity: another object each time, where keys are objects. */
  key(identity: Identity): unknown {
    if (typeof identity !== 'string' || identity.charCodeAt(0) !== ENCODED_CODE) return identity;
    return this.#format.read(new Reader(Buffer.from(identity.slice(1), 'latin1')));
  }

  /** Appends the encoding of the key. */
  write(writer: Writer, identity: Identity): void {
    if (typeof identity !== 'string' || identity.charCodeAt(0) !== ENCODED_CODE) {
      this.#format.write(writer, identity);
      return;
    }
    writer.ensure(identity.length);
    writer.position += writer.bytes.write(identity.slice(1), writer.position, 'latin1');
  }

  #encoded(key: unknown): string {
    const scratch = this.#scratch;
    scratch.reset();
    this.#format.write(scratch, key);
    return ENCODED + scratch.bytes.toString('latin1', 0, scratch.position);
  }
}

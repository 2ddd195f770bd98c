import type { Codec } from '../codec/codec.ts';
import { writeBytes } from '../codec/primitives/bytes.ts';
import { writeInt, writeLength } from '../codec/primitives/write.ts';
import type { Writer } from '../codec/writer.ts';
import type { ChangelogPlace } from '../state/changelog-place.ts';
import type { RestoredState } from '../state/changelog-reader.ts';
import { olderDecoder } from '../state/older-values.ts';
import type { WriterSchemas } from '../state/writer-schemas.ts';
import type { KeyType } from './key-type.ts';
import type { SavedState } from './saved-state.ts';

/** Takes the values of one state from a changelog, and appends them as a savepoint has them. */
export class SavedValues implements RestoredState {
  readonly kind: SavedState['kind'];
  readonly name: string;
  readonly memory: RestoredState['memory'];
  readonly #codec: Codec<unknown>;
  readonly #branch: number;
  readonly #key: KeyType;
  readonly #writer: () => Writer;
  readonly #added: () => void;

  /** `branch` is its number in the file's union; `added` is called after each value. */
  constructor(
    { kind, name, value }: SavedState,
    branch: number,
    {
      key,
      schemas,
      writer,
      added,
    }: {
      readonly key: KeyType;
      readonly schemas: WriterSchemas;
      readonly writer: () => Writer;
      readonly added: () => void;
    },
  ) {
    this.kind = kind;
    this.name = name;
    this.#codec = value;
    this.#branch = branch;
    this.#key = key;
    this.#writer = writer;
    this.#added = added;
    const decoders: ((bytes: Uint8Array) => unknown)[] = [];
    this.memory = {
      codec: value,
      fingerprint: value.fingerprint,
      decoderOf: (schema) => {
        decoders[schema] ??= olderDecoder(name, value, schemas.textFor(schema, name));
        return decoders[schema];
      },
    };
  }

  restore({ bytes, keyFrom, keyTo, memberTo, valueFrom, valueTo, schema }: ChangelogPlace): void {
    const writer = this.#writer();
    writeLength(writer, this.#branch);
    this.#key.write(writer, bytes, keyFrom, keyTo);
    const member = bytes.subarray(keyTo, memberTo);
    if (this.kind === 'list') writeInt(writer, member.readUInt32BE(0));
    else if (this.kind === 'timer') writeBytes(writer, member);
    else append(writer, member);
    const value = bytes.subarray(valueFrom, valueTo);
    // Values in the present schema lie there as they are to lie here.
    if (schema === 0) append(writer, value);
    else this.#codec.write(writer, this.memory.decoderOf(schema)(value));
    this.#added();
  }

  restored(): void {}
}

function append(writer: Writer, bytes: Buffer): void {
  writer.ensure(bytes.length);
  bytes.copy(writer.bytes, writer.position);
  writer.position += bytes.length;
}

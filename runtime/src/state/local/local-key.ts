import { Writer } from '../../codec/writer.ts';
import { stateKeyPrefix } from '../changelog-key.ts';
import type { Identity, KeyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../keyed-state.ts';

/** Writes keys of one state as the changelog has them: those of values whole, those of lists and maps up to the member. */
export class LocalKey {
  readonly #writer: Writer = new Writer(128);
  readonly #start: number;
  readonly #identities: KeyIdentity;

  constructor(kind: KeyedState['kind'], name: string, identities: KeyIdentity) {
    const prefix = stateKeyPrefix(kind, name);
    this.#writer.ensure(prefix.length + 4);
    this.#writer.bytes.set(prefix);
    this.#start = prefix.length + 4;
    this.#identities = identities;
  }

  /** A writer with the key alone in it, good until the next call. */
  of(identity: Identity): Writer {
    const writer = this.#writer;
    writer.position = this.#start;
    this.#identities.write(writer, identity);
    writer.view.setUint32(this.#start - 4, writer.position - this.#start);
    return writer;
  }
}

import type { Cell } from '../cell.ts';
import type { Identity, KeyIdentity } from '../key-identity.ts';
import type { KeyedState } from '../keyed-state.ts';
import type { RestingMembers } from '../resting-values.ts';
import { LocalKey } from './local-key.ts';
import type { LocalStore } from './local-store.ts';
import { type StoredValues, takeStored } from './stored-value.ts';

/** The items of lists, and the entries of maps, in a local store: those of one key lie one behind the other. */
export class LocalMembers implements RestingMembers {
  readonly #store: LocalStore;
  readonly #key: LocalKey;
  readonly #values: StoredValues;

  constructor(
    kind: KeyedState['kind'],
    name: string,
    store: LocalStore,
    identities: KeyIdentity,
    values: StoredValues,
  ) {
    this.#store = store;
    this.#key = new LocalKey(kind, name, identities);
    this.#values = values;
  }

  wake(identity: Identity, each: (member: Buffer) => Cell): void {
    const { bytes, position } = this.#key.of(identity);
    const prefix = Buffer.from(bytes.subarray(0, position));
    for (const { key, value } of this.#store.entries(prefix)) {
      takeStored(each(key.subarray(prefix.length)), value, this.#values);
    }
  }

  rest({ address, length }: Cell): void {
    if (address >= 0) this.#values.slab.free(address, length);
  }
}

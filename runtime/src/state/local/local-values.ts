import { type Cell, NOWHERE } from '../cell.ts';
import type { Identity, KeyIdentity } from '../key-identity.ts';
import type { RestingValues } from '../resting-values.ts';
import { LocalKey } from './local-key.ts';
import type { LocalStore } from './local-store.ts';
import { type StoredValues, takeStored } from './stored-value.ts';

/** Values at rest in a local store. It gets its values from checkpoints, not from cells: what rests is there already (I24). */
export class LocalValues implements RestingValues {
  readonly bytes = 0;
  readonly #store: LocalStore;
  readonly #key: LocalKey;
  readonly #values: StoredValues;

  constructor(name: string, store: LocalStore, identities: KeyIdentity, values: StoredValues) {
    this.#store = store;
    this.#key = new LocalKey('value', name, identities);
    this.#values = values;
  }

  wake(identity: Identity, cell: Cell): boolean {
    const key = this.#key.of(identity);
    const value = this.#store.get(key.bytes, 0, key.position);
    if (value === undefined) return false;
    takeStored(cell, value, this.#values);
    return true;
  }

  rest(_identity: Identity, cell: Cell): void {
    if (cell.address !== NOWHERE) this.#values.slab.free(cell.address, cell.length);
  }

  restore(): void {}
}

import { CellMemory, type TaskMemory } from '../../state/cell-memory.ts';
import type { KeyIdentity } from '../../state/key-identity.ts';
import type { KeyedState } from '../../state/keyed-state.ts';
import { KeyedLists } from '../../state/list-state.ts';
import { LocalMembers } from '../../state/local/local-members.ts';
import type { LocalStore } from '../../state/local/local-store.ts';
import { LocalValues } from '../../state/local/local-values.ts';
import type { StoredValues } from '../../state/local/stored-value.ts';
import { KeyedMaps } from '../../state/map-state.ts';
import { PackedValues } from '../../state/packed-values.ts';
import { KeyedValues } from '../../state/value-state.ts';
import type { StateDeclaration } from '../declaration.ts';

/** What the states of a task have in common. */
export interface StateSurroundings {
  readonly memory: TaskMemory;
  readonly identities: KeyIdentity;
  /** Where values rest; undefined for memory. */
  readonly store?: LocalStore | undefined;
}

/** A state as it is declared, in the memory of its task. */
export function makeState(
  name: string,
  declared: StateDeclaration,
  { memory: task, identities, store }: StateSurroundings,
): KeyedState {
  const memory = new CellMemory(name, declared.value, task);
  const { slab, schemas } = task;
  const values: StoredValues = { slab, schemas, fingerprint: memory.fingerprint };
  const members = store && new LocalMembers(declared.kind, name, store, identities, values);
  switch (declared.kind) {
    case 'value': {
      const resting = store && new LocalValues(name, store, identities, values);
      return new KeyedValues(name, memory, resting ?? new PackedValues(slab, identities));
    }
    case 'list':
      return new KeyedLists(name, memory, identities, members);
    case 'map':
      return new KeyedMaps(name, memory, declared.key, identities, members);
  }
}

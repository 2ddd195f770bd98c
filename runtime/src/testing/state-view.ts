import { Writer } from '../codec/writer.ts';
import type { HookedMemoryLog } from '../log/memory/memory-log.ts';
import type { Partition } from '../log/memory/partition.ts';
import { ChangelogReader } from '../state/changelog-reader.ts';
import { KeyIdentity } from '../state/key-identity.ts';
import type { KeyedState } from '../state/keyed-state.ts';
import type { CallScope } from '../state/scope.ts';
import { Slab } from '../state/slab.ts';
import { UndoLog } from '../state/undo.ts';
import { WriterSchemas } from '../state/writer-schemas.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import { makeState } from '../task/opening/make-state.ts';

interface Restored {
  readonly states: readonly KeyedState[];
  /** Where the changelog ended. */
  readonly end: number;
}

/** The committed state of a job, restored from its changelog as a new instance would do it. */
export class StateView {
  readonly #declaration: JobDeclaration;
  readonly #identities: KeyIdentity;
  readonly #partitions: () => readonly Partition[];
  readonly #restored = new Map<number, Restored>();

  /** `changelog` is the topic's name. It may not exist yet. */
  constructor(declaration: JobDeclaration, log: HookedMemoryLog, changelog: string) {
    this.#declaration = declaration;
    this.#identities = new KeyIdentity(declaration.key);
    this.#partitions = () => log.partitions(changelog);
  }

  /** What `get` of a state gives, or `entries` of a map, for each task that knows the key. */
  get(name: string, key: unknown): unknown {
    const kind = this.#declaration.state[name]?.kind;
    const scope: CallScope = { identity: this.#identities.of(key), undo: new UndoLog(), check: () => undefined };
    const found = this.#partitions().map((partition) => {
      const handle = this.#restore(partition)
        .states.find((state) => state.name === name)
        ?.handle(scope);
      return handle === undefined ? undefined : contentOf(handle);
    });
    // A key is of one task; all others know nothing of it.
    const known = found.find((value) => !isEmpty(value)) ?? found[0];
    return known ?? (kind === 'list' ? [] : kind === 'map' ? new Map() : undefined);
  }

  #restore(partition: Partition): Restored {
    const { end, partition: number } = partition;
    const before = this.#restored.get(number);
    if (before?.end === end) return before;
    const memory = { slab: new Slab(), scratch: new Writer(), schemas: new WriterSchemas() };
    const states = Object.entries(this.#declaration.state).map(([name, state]) =>
      makeState(name, state, { memory, identities: this.#identities }),
    );
    const reader = new ChangelogReader(states, memory.schemas);
    const fetched = partition.fetch(0, Number.POSITIVE_INFINITY);
    if (fetched !== undefined) reader.read(fetched.cursor);
    reader.finish();
    const restored = { states, end };
    this.#restored.set(number, restored);
    return restored;
  }
}

function contentOf(handle: object): unknown {
  if ('entries' in handle && typeof handle.entries === 'function') return new Map(handle.entries());
  return 'get' in handle && typeof handle.get === 'function' ? handle.get() : undefined;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value instanceof Map ? value.size === 0 : value === undefined;
}

import type { Format } from '../format/format.ts';
import { Cell } from './cell.ts';
import type { Table } from './handles.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import type { CallScope } from './scope.ts';
import { Slab } from './slab.ts';

/** The latest value by key of a table input, as it lies in its topic; decoded anew when someone asks. */
export class TableState {
  readonly #identities: KeyIdentity;
  readonly #value: Format<unknown>;
  readonly #slab: Slab = new Slab();
  readonly #cells = new Map<Identity, Cell>();

  constructor(identities: KeyIdentity, value: Format<unknown>) {
    this.#identities = identities;
    this.#value = value;
  }

  get size(): number {
    return this.#cells.size;
  }

  /** `start` -1 is a tombstone: it deletes. */
  put(key: unknown, bytes: Buffer, start: number, end: number): void {
    const identity = this.#identities.of(key);
    let cell = this.#cells.get(identity);
    if (cell !== undefined) this.#slab.free(cell.address, cell.length);
    if (start < 0) {
      this.#cells.delete(identity);
      return;
    }
    if (cell === undefined) {
      cell = new Cell();
      this.#cells.set(identity, cell);
    }
    cell.address = this.#slab.store(bytes, start, end);
    cell.length = end - start;
  }

  /** A new value each time. @throws AvroDecodeError where the value is not of the table's format */
  get(identity: Identity): unknown {
    const cell = this.#cells.get(identity);
    if (cell === undefined) return undefined;
    return this.#value.read(this.#slab.read(cell.address, cell.length));
  }

  handle(scope: CallScope): Table<unknown, unknown> {
    return new TableHandle(scope, this, this.#identities);
  }
}

class TableHandle implements Table<unknown, unknown> {
  readonly #scope: CallScope;
  readonly #table: TableState;
  readonly #identities: KeyIdentity;

  constructor(scope: CallScope, table: TableState, identities: KeyIdentity) {
    this.#scope = scope;
    this.#table = table;
    this.#identities = identities;
  }

  get(key?: unknown): Readonly<unknown> | undefined {
    this.#scope.check();
    const identity = key === undefined ? this.#scope.identity : this.#identities.of(key);
    return this.#table.get(identity) as Readonly<unknown> | undefined;
  }
}

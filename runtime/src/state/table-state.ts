import { Writer } from '../codec/writer.ts';
import type { Format } from '../format/format.ts';
import { NOWHERE } from './cell.ts';
import type { Table } from './handles.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import { PackedTable } from './packed-table.ts';
import type { CallScope } from './scope.ts';
import { Slab } from './slab.ts';

/** The latest value by key of a table input, as it lies in its topic; decoded anew when someone asks. */
export class TableState {
  readonly #identities: KeyIdentity;
  readonly #value: Format<unknown>;
  readonly #slab: Slab = new Slab();
  readonly #rows: PackedTable = new PackedTable(this.#slab);
  readonly #key: Writer = new Writer(64);

  constructor(identities: KeyIdentity, value: Format<unknown>) {
    this.#identities = identities;
    this.#value = value;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** `start` -1 is a tombstone: it deletes. */
  put(key: unknown, bytes: Buffer, start: number, end: number): void {
    const rows = this.#rows;
    const own = this.#encode(this.#identities.of(key));
    if (start < 0) {
      const row = rows.find(own.bytes, 0, own.position);
      if (row < 0) return;
      this.#slab.free(rows.address(row), rows.length(row));
      rows.remove(row);
      return;
    }
    const row = rows.rowOf(own.bytes, 0, own.position);
    if (rows.address(row) !== NOWHERE) this.#slab.free(rows.address(row), rows.length(row));
    rows.place(row, this.#slab.store(bytes, start, end), end - start, 0);
  }

  /** A new value each time. @throws AvroDecodeError where the value is not of the table's format */
  get(identity: Identity): unknown {
    const own = this.#encode(identity);
    const row = this.#rows.find(own.bytes, 0, own.position);
    if (row < 0) return undefined;
    return this.#value.read(this.#slab.read(this.#rows.address(row), this.#rows.length(row)));
  }

  handle(scope: CallScope): Table<unknown, unknown> {
    return new TableHandle(scope, this, this.#identities);
  }

  #encode(identity: Identity): Writer {
    this.#key.reset();
    this.#identities.write(this.#key, identity);
    return this.#key;
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

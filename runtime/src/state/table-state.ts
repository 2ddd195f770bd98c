import { Writer } from '../codec/writer.ts';
import type { Format } from '../format/format.ts';
import type { RecordCursor, RecordPlace } from '../log/port.ts';
import { NOWHERE } from './cell.ts';
import type { Table } from './handles.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import { PackedTable } from './packed-table.ts';
import type { CallScope } from './scope.ts';
import { Slab } from './slab.ts';

/** What a table takes of a record. */
export type TableRecord = Pick<RecordPlace, 'bytes' | 'valueStart' | 'valueEnd'> & Pick<RecordCursor, 'offset'>;

/** A row whose value is not of the table's format. */
export interface UnreadableRow {
  readonly key: unknown;
  /** Where it lay: which of the table's partitions, as `put` was told, and its offset there. */
  readonly source: number;
  readonly offset: number;
  readonly cause: unknown;
}

/** The latest value by key of a table input, as it lies in its topic; decoded anew when someone asks. */
export class TableState {
  readonly #identities: KeyIdentity;
  readonly #value: Format<unknown>;
  readonly #refuse: (row: UnreadableRow) => Error;
  readonly #slab: Slab = new Slab();
  readonly #rows: PackedTable = new PackedTable(this.#slab);
  /** Offsets of rows, by their numbers. */
  #offsets: Float64Array = new Float64Array(16);
  readonly #key: Writer = new Writer(64);

  /** `refuse` makes the error that a handler gets which asks for a row that cannot be read. */
  constructor(identities: KeyIdentity, value: Format<unknown>, refuse: (row: UnreadableRow) => Error) {
    this.#identities = identities;
    this.#value = value;
    this.#refuse = refuse;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** `start` -1 is a tombstone: it deletes. A value need not be readable: who asks for it is told. */
  put(key: unknown, { bytes, valueStart: start, valueEnd: end, offset }: TableRecord, source: number): void {
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
    rows.place(row, this.#slab.store(bytes, start, end), end - start, source);
    if (row >= this.#offsets.length) {
      const grown = new Float64Array(row * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[row] = offset;
  }

  /** A new value each time. @throws what `refuse` makes, where the value is not of the table's format */
  get(identity: Identity): unknown {
    const own = this.#encode(identity);
    const row = this.#rows.find(own.bytes, 0, own.position);
    if (row < 0) return undefined;
    try {
      return this.#value.read(this.#slab.read(this.#rows.address(row), this.#rows.length(row)));
    } catch (cause) {
      const key = this.#identities.key(identity);
      throw this.#refuse({ key, source: this.#rows.schema(row), offset: this.#offsets[row] as number, cause });
    }
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

import { Writer } from '../codec/writer.ts';
import { type Cell, NOWHERE } from './cell.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import { PackedTable } from './packed-table.ts';
import type { RestingValues } from './resting-values.ts';
import type { Slab } from './slab.ts';

/** Values at rest in memory. */
export class PackedValues implements RestingValues {
  readonly #table: PackedTable;
  readonly #slab: Slab;
  readonly #scratch: Writer = new Writer(64);
  readonly #identities: KeyIdentity;

  constructor(slab: Slab, identities: KeyIdentity) {
    this.#table = new PackedTable(slab);
    this.#slab = slab;
    this.#identities = identities;
  }

  /** Memory that it takes beside the slab. */
  get bytes(): number {
    return this.#table.bytes;
  }

  wake(identity: Identity, cell: Cell): boolean {
    const table = this.#table;
    const scratch = this.#encode(identity);
    const row = table.find(scratch.bytes, 0, scratch.position);
    if (row < 0) return false;
    cell.address = table.address(row);
    cell.length = table.length(row);
    cell.schema = table.schema(row);
    return true;
  }

  /** The row stays where its cell is awake: most come back. */
  rest(identity: Identity, cell: Cell): void {
    const table = this.#table;
    const scratch = this.#encode(identity);
    if (cell.address !== NOWHERE) {
      table.place(table.rowOf(scratch.bytes, 0, scratch.position), cell.address, cell.length, cell.schema);
      return;
    }
    const row = table.find(scratch.bytes, 0, scratch.position);
    if (row >= 0) table.remove(row);
  }

  restore({ bytes, keyFrom, keyTo, valueFrom, valueTo, schema }: ChangelogPlace): void {
    const table = this.#table;
    if (valueFrom < 0) {
      const row = table.find(bytes, keyFrom, keyTo);
      if (row < 0) return;
      this.#slab.free(table.address(row), table.length(row));
      table.remove(row);
      return;
    }
    const row = table.rowOf(bytes, keyFrom, keyTo);
    if (table.address(row) !== NOWHERE) this.#slab.free(table.address(row), table.length(row));
    table.place(row, this.#slab.store(bytes, valueFrom, valueTo), valueTo - valueFrom, schema);
  }

  /** A writer with the key alone in it. */
  #encode(identity: Identity): Writer {
    const scratch = this.#scratch;
    scratch.reset();
    this.#identities.write(scratch, identity);
    return scratch;
  }
}

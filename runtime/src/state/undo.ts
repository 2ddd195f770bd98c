import type { Cell, CellPlaces } from './cell.ts';

/** A call that overwrote more than this has its columns given back afterwards. */
const KEEP = 1024;

/**
 * What one handler call overwrote, so that its effects apply whole or not at all (I17).
 * Columns that are used again, not objects: a call that writes one cell costs a few stores.
 */
export class UndoLog {
  #count = 0;
  #memories: CellPlaces[] = [];
  #cells: Cell[] = [];
  /** Address, length and schema of each, one behind the other. */
  #places: number[] = [];
  /** True where the place is the cell's pre-image, which lives on. */
  #kept: boolean[] = [];

  add(memory: CellPlaces, cell: Cell, kept: boolean): void {
    const at = this.#count++;
    this.#memories[at] = memory;
    this.#cells[at] = cell;
    this.#kept[at] = kept;
    this.#places[at * 3] = cell.address;
    this.#places[at * 3 + 1] = cell.length;
    this.#places[at * 3 + 2] = cell.schema;
  }

  /** The call's effects stand: what it overwrote is freed. */
  apply(): void {
    for (let i = 0; i < this.#count; i++) {
      if (this.#kept[i] !== true) this.#memories[i]?.free(this.#place(i, 0), this.#place(i, 1));
    }
    this.#clear();
  }

  /** The call's effects are taken back, the last first. */
  revert(): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      const cell = this.#cells[i];
      const memory = this.#memories[i];
      if (cell === undefined || memory === undefined) continue;
      memory.free(cell.address, cell.length);
      memory.place(cell, this.#place(i, 0), this.#place(i, 1), this.#place(i, 2));
    }
    this.#clear();
  }

  #place(index: number, column: number): number {
    return this.#places[index * 3 + column] ?? 0;
  }

  #clear(): void {
    if (this.#count > KEEP) {
      this.#memories = [];
      this.#cells = [];
      this.#places = [];
      this.#kept = [];
    }
    this.#count = 0;
  }
}

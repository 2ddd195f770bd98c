import type { Cell } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';

/**
 * What one handler call overwrote, so that its effects apply whole or not at all (I17).
 * Columns, not objects: a call that writes one cell costs a few stores.
 */
export class UndoLog {
  readonly #memories: CellMemory[] = [];
  readonly #cells: Cell[] = [];
  /** Address, length and schema of each, one behind the other. */
  readonly #places: number[] = [];
  /** True where the place is the cell's pre-image, which lives on. */
  readonly #kept: boolean[] = [];

  add(memory: CellMemory, cell: Cell, kept: boolean): void {
    this.#memories.push(memory);
    this.#cells.push(cell);
    this.#places.push(cell.address, cell.length, cell.schema);
    this.#kept.push(kept);
  }

  /** The call's effects stand: what it overwrote is freed. */
  apply(): void {
    const count = this.#cells.length;
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      if (this.#kept[i] !== true) this.#memories[i]?.free(this.#place(i, 0), this.#place(i, 1));
    }
    this.#clear();
  }

  /** The call's effects are taken back, the last first. */
  revert(): void {
    for (let i = this.#cells.length - 1; i >= 0; i--) {
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
    this.#memories.length = 0;
    this.#cells.length = 0;
    this.#places.length = 0;
    this.#kept.length = 0;
  }
}

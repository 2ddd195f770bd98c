import { Cell, NOWHERE, type PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { ValueState } from './handles.ts';
import type { Identity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import type { CallScope } from './scope.ts';

/** A value for each key. */
export class KeyedValues implements KeyedState {
  readonly kind = 'value';
  readonly name: string;
  readonly memory: CellMemory;
  readonly #cells = new Map<Identity, Cell>();

  constructor(name: string, memory: CellMemory) {
    this.name = name;
    this.memory = memory;
  }

  handle(scope: CallScope): ValueState<unknown> {
    return new ValueHandle(scope, this);
  }

  find(identity: Identity): Cell | undefined {
    return this.#cells.get(identity);
  }

  cellAt(identity: Identity): Cell {
    let cell = this.#cells.get(identity);
    if (cell === undefined) {
      cell = new Cell();
      this.#cells.set(identity, cell);
    }
    return cell;
  }

  writeMember(): void {}

  sweep(clean: readonly PreImage[]): void {
    for (const { cell, identity } of clean) if (cell.address === NOWHERE) this.#cells.delete(identity);
  }
}

class ValueHandle implements ValueState<unknown> {
  readonly #scope: CallScope;
  readonly #state: KeyedValues;
  #cell: Cell | undefined;

  constructor(scope: CallScope, state: KeyedValues) {
    this.#scope = scope;
    this.#state = state;
  }

  get(): Readonly<unknown> | undefined {
    this.#scope.check();
    this.#cell ??= this.#state.find(this.#scope.identity);
    if (this.#cell === undefined) return undefined;
    return this.#state.memory.read(this.#cell) as Readonly<unknown> | undefined;
  }

  set(value: unknown): void {
    const scope = this.#scope;
    scope.check();
    const size = this.#state.memory.encode(value);
    this.#cell ??= this.#state.cellAt(scope.identity);
    this.#state.memory.write(this.#cell, scope.identity, 0, size, scope.undo);
  }

  clear(): void {
    const scope = this.#scope;
    scope.check();
    this.#cell ??= this.#state.find(scope.identity);
    if (this.#cell !== undefined) this.#state.memory.clear(this.#cell, scope.identity, scope.undo);
  }
}

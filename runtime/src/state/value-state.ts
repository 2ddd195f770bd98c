import { ASLEEP, Cell, NOWHERE, type PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { ValueState } from './handles.ts';
import type { Identity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import type { RestingValues } from './resting-values.ts';
import type { CallScope } from './scope.ts';

/** More cells than these are put to rest at a checkpoint, where they are clean: a cell takes four times the memory. */
const MOST_AWAKE = 16_384;

/** A value for each key. */
export class KeyedValues implements KeyedState {
  readonly kind = 'value';
  readonly name: string;
  readonly memory: CellMemory;
  readonly #resting: RestingValues;
  readonly #mostAwake: number;
  readonly #cells = new Map<Identity, Cell>();
  /** Taken by the next key that wakes up. */
  #spare: Cell = new Cell();

  constructor(name: string, memory: CellMemory, resting: RestingValues, mostAwake: number = MOST_AWAKE) {
    this.name = name;
    this.memory = memory;
    this.#resting = resting;
    this.#mostAwake = mostAwake;
  }

  /** Memory that keys at rest take beside the slab. */
  get bytes(): number {
    return this.#resting.bytes;
  }

  handle(scope: CallScope): ValueState<unknown> {
    return new ValueHandle(scope, this);
  }

  find(identity: Identity): Cell | undefined {
    return this.#cells.get(identity) ?? this.#wake(identity);
  }

  cellAt(identity: Identity): Cell {
    return this.find(identity) ?? this.#add(identity);
  }

  writeMember(): void {}

  restore(place: ChangelogPlace): void {
    this.#resting.restore(place);
  }

  restored(): void {}

  sweep(clean: readonly PreImage[], pinned?: ReadonlySet<Cell>): void {
    for (const { cell, identity } of clean)
      if (cell.address === NOWHERE && cell.before === undefined && pinned?.has(cell) !== true)
        this.#rest(identity, cell);
  }

  relax(pinned?: ReadonlySet<Cell>): void {
    if (this.#cells.size <= this.#mostAwake) return;
    for (const [identity, cell] of this.#cells)
      if (cell.before === undefined && pinned?.has(cell) !== true) this.#rest(identity, cell);
  }

  #wake(identity: Identity): Cell | undefined {
    return this.#resting.wake(identity, this.#spare) ? this.#add(identity) : undefined;
  }

  #add(identity: Identity): Cell {
    const cell = this.#spare;
    this.#cells.set(identity, cell);
    this.#spare = new Cell();
    return cell;
  }

  #rest(identity: Identity, cell: Cell): void {
    if (cell.address === ASLEEP) return;
    this.#resting.rest(identity, cell);
    this.#cells.delete(identity);
    cell.address = ASLEEP;
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
    const cell = this.#find();
    return cell === undefined ? undefined : (this.#state.memory.read(cell) as Readonly<unknown> | undefined);
  }

  set(value: unknown): void {
    const scope = this.#scope;
    scope.check();
    const size = this.#state.memory.encode(value);
    const cell = this.#find() ?? this.#state.cellAt(scope.identity);
    this.#cell = cell;
    this.#state.memory.write(cell, scope.identity, 0, size, scope.undo);
  }

  clear(): void {
    const scope = this.#scope;
    scope.check();
    const cell = this.#find();
    if (cell !== undefined) this.#state.memory.clear(cell, scope.identity, scope.undo);
  }

  /** A handler that waits may outlive its cell. */
  #find(): Cell | undefined {
    if (this.#cell === undefined || this.#cell.address === ASLEEP) this.#cell = this.#state.find(this.#scope.identity);
    return this.#cell;
  }
}

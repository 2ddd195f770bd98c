import type { Writer } from '../codec/writer.ts';
import { ASLEEP, type Cell, type CellGroup, MemberCell, NOWHERE, type PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { ListState } from './handles.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import type { RestingMembers } from './resting-values.ts';
import type { CallScope } from './scope.ts';

/** The list of one key: each item is a cell, so that an append writes one item to the changelog. */
class ListCells implements CellGroup {
  present = 0;
  readonly cells: MemberCell[] = [];

  changed(): void {}

  at(index: number): MemberCell {
    for (let i = this.cells.length; i <= index; i++) this.cells.push(new MemberCell(this, i));
    return this.cells[index] as MemberCell;
  }

  /** As a changelog brings items: in any order, and no room is made for those that never come. */
  restored(index: number): MemberCell {
    const cell = this.cells[index] ?? new MemberCell(this, index);
    this.cells[index] = cell;
    return cell;
  }

  /** What follows the last item that has a value. */
  get end(): number {
    const { cells, present } = this;
    let end = cells.length;
    while (end > present && (cells[end - 1] === undefined || cells[end - 1]?.address === NOWHERE)) end--;
    return end;
  }
}

/** Lists of more keys than these are put to rest at a checkpoint, where they can be. */
const MOST_AWAKE = 4096;

/** A list for each key. */
export class KeyedLists implements KeyedState {
  readonly kind = 'list';
  readonly name: string;
  readonly memory: CellMemory;
  readonly #lists = new Map<Identity, ListCells>();
  readonly #identities: KeyIdentity;
  /** Undefined where all are in memory. */
  readonly #resting: RestingMembers | undefined;
  readonly #mostAwake: number;
  /** Cells whose last record was a tombstone, when the changelog was read. */
  #deleted: PreImage[] = [];

  constructor(
    name: string,
    memory: CellMemory,
    identities: KeyIdentity,
    resting?: RestingMembers,
    mostAwake: number = MOST_AWAKE,
  ) {
    this.name = name;
    this.memory = memory;
    this.#identities = identities;
    this.#resting = resting;
    this.#mostAwake = mostAwake;
  }

  handle(scope: CallScope): ListState<unknown> {
    return new ListHandle(scope, this);
  }

  find(identity: Identity): ListCells | undefined {
    return this.#lists.get(identity) ?? this.#wake(identity);
  }

  listAt(identity: Identity): ListCells {
    let list = this.find(identity);
    if (list === undefined) {
      list = new ListCells();
      this.#lists.set(identity, list);
    }
    return list;
  }

  restore({ bytes, reader, keyFrom, keyTo, valueFrom, valueTo, schema }: ChangelogPlace): void {
    if (this.#resting !== undefined) return;
    reader.reset(keyFrom, keyTo);
    const identity = this.#identities.read(reader);
    const cell = this.listAt(identity).restored(reader.view.getUint32(keyTo));
    if (valueFrom >= 0) {
      this.memory.restore(cell, bytes, valueFrom, valueTo, schema);
      return;
    }
    this.memory.restoreTombstone(cell);
    this.#deleted.push({ cell, identity, address: NOWHERE, length: 0, schema: 0 });
  }

  /** @throws Error where items are missing in front of others: no job writes that */
  restored(): void {
    for (const list of this.#lists.values()) {
      if (list.end !== list.present)
        throw new Error(`list ${this.name} with an item ${list.end - 1}, and ${list.present} in all`);
    }
    this.sweep(this.#deleted);
    this.#deleted = [];
  }

  writeMember(writer: Writer, cell: Cell): void {
    if (!(cell instanceof MemberCell)) return;
    writer.ensure(4);
    writer.view.setUint32(writer.position, Number(cell.member));
    writer.position += 4;
  }

  relax(pinned?: ReadonlySet<Cell>): void {
    if (this.#resting === undefined || this.#lists.size <= this.#mostAwake) return;
    for (const [identity, { cells }] of this.#lists) {
      if (cells.some((cell) => cell.before !== undefined || pinned?.has(cell) === true)) continue;
      for (const cell of cells) {
        this.#resting.rest(cell);
        cell.address = ASLEEP;
      }
      this.#lists.delete(identity);
    }
  }

  #wake(identity: Identity): ListCells | undefined {
    if (this.#resting === undefined) return undefined;
    const list = new ListCells();
    this.#resting.wake(identity, (member) => list.at(member.readUInt32BE(0)));
    if (list.cells.length === 0) return undefined;
    list.present = list.cells.length;
    this.#lists.set(identity, list);
    return list;
  }

  sweep(clean: readonly PreImage[], pinned?: ReadonlySet<Cell>): void {
    for (const { cell, identity } of clean) {
      const list = cell instanceof MemberCell && this.#lists.get(identity);
      if (!list) continue;
      // Those behind the end have no value; one that has lost it since the last committed checkpoint may get it back.
      let length = list.cells.length;
      while (length > list.present && maySweep(list.cells[length - 1], pinned)) length--;
      if (length === 0) this.#lists.delete(identity);
      else list.cells.length = length;
    }
  }
}

function maySweep(cell: Cell | undefined, pinned: ReadonlySet<Cell> | undefined): boolean {
  return cell === undefined || (cell.before === undefined && pinned?.has(cell) !== true);
}

class ListHandle implements ListState<unknown> {
  readonly #scope: CallScope;
  readonly #state: KeyedLists;

  constructor(scope: CallScope, state: KeyedLists) {
    this.#scope = scope;
    this.#state = state;
  }

  get length(): number {
    this.#scope.check();
    return this.#state.find(this.#scope.identity)?.present ?? 0;
  }

  get(): readonly Readonly<unknown>[] {
    this.#scope.check();
    const list = this.#state.find(this.#scope.identity);
    const values: unknown[] = [];
    if (list !== undefined) {
      for (let i = 0; i < list.present; i++) values.push(this.#state.memory.read(list.at(i)));
    }
    return values as readonly Readonly<unknown>[];
  }

  append(value: unknown): void {
    const scope = this.#scope;
    scope.check();
    const size = this.#state.memory.encode(value);
    const list = this.#state.listAt(scope.identity);
    this.#state.memory.write(list.at(list.present), scope.identity, 0, size, scope.undo);
  }

  set(values: readonly unknown[]): void {
    const { memory } = this.#state;
    const { identity, undo } = this.#scope;
    this.#scope.check();
    // All are encoded before the first is stored: a value that is refused leaves the list as it was.
    const ends = values.map((value, i) => memory.encode(value, i > 0));
    const list = this.#state.listAt(identity);
    let start = 0;
    ends.forEach((end, i) => {
      memory.write(list.at(i), identity, start, end, undo);
      start = end;
    });
    this.#truncate(list, ends.length);
  }

  clear(): void {
    this.#scope.check();
    const list = this.#state.find(this.#scope.identity);
    if (list !== undefined) this.#truncate(list, 0);
  }

  #truncate(list: ListCells, length: number): void {
    const { identity, undo } = this.#scope;
    for (let i = list.present - 1; i >= length; i--) this.#state.memory.clear(list.at(i), identity, undo);
  }
}

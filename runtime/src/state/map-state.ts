import type { Codec } from '../codec/codec.ts';
import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { ASLEEP, type Cell, type CellGroup, MemberCell, NOWHERE, type PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { MapState } from './handles.ts';
import type { Identity, KeyIdentity } from './key-identity.ts';
import type { KeyedState } from './keyed-state.ts';
import type { RestingMembers } from './resting-values.ts';
import type { CallScope } from './scope.ts';

/** The map of one key: each entry is a cell, so that a change writes one entry to the changelog. */
class MapCells implements CellGroup {
  present = 0;
  /** By the encoding of the key, one character a byte. */
  readonly cells: Map<string, MemberCell> = new Map();
  #ordered: readonly MemberCell[] | undefined;

  changed(): void {
    this.#ordered = undefined;
  }

  /** Cells that have a value, by their keys' encoding: an order that a restart does not change. */
  ordered(): readonly MemberCell[] {
    this.#ordered ??= [...this.cells.values()].filter((cell) => cell.address !== NOWHERE).sort(byMember);
    return this.#ordered;
  }
}

function byMember(a: MemberCell, b: MemberCell): number {
  return a.member < b.member ? -1 : 1;
}

/** Maps of more keys than these are put to rest at a checkpoint, where they can be. */
const MOST_AWAKE = 4096;

/** A map for each key. */
export class KeyedMaps implements KeyedState {
  readonly kind = 'map';
  readonly name: string;
  readonly memory: CellMemory;
  readonly #keys: Codec<unknown>;
  readonly #maps = new Map<Identity, MapCells>();
  readonly #scratch: Writer = new Writer(256);
  readonly #identities: KeyIdentity;
  /** Undefined where all are in memory. */
  readonly #resting: RestingMembers | undefined;
  readonly #mostAwake: number;
  /** Cells whose last record was a tombstone, when the changelog was read. */
  #deleted: PreImage[] = [];

  constructor(
    name: string,
    memory: CellMemory,
    keys: Codec<unknown>,
    identities: KeyIdentity,
    resting?: RestingMembers,
    mostAwake: number = MOST_AWAKE,
  ) {
    this.name = name;
    this.memory = memory;
    this.#keys = keys;
    this.#identities = identities;
    this.#resting = resting;
    this.#mostAwake = mostAwake;
  }

  handle(scope: CallScope): MapState<unknown, unknown> {
    return new MapHandle(scope, this);
  }

  find(identity: Identity): MapCells | undefined {
    return this.#maps.get(identity) ?? this.#wake(identity);
  }

  /** @throws AvroEncodeError where the key is not of the map's key type */
  encodeKey(key: unknown): string {
    const scratch = this.#scratch;
    scratch.reset();
    this.#keys.write(scratch, key);
    return scratch.bytes.toString('latin1', 0, scratch.position);
  }

  decodeKey(member: string): unknown {
    return this.#keys.read(new Reader(Buffer.from(member, 'latin1')));
  }

  entryAt(identity: Identity, member: string): MemberCell {
    let map = this.find(identity);
    if (map === undefined) {
      map = new MapCells();
      this.#maps.set(identity, map);
    }
    let cell = map.cells.get(member);
    if (cell === undefined) {
      cell = new MemberCell(map, member);
      map.cells.set(member, cell);
    }
    return cell;
  }

  restore({ bytes, reader, keyFrom, keyTo, memberTo, valueFrom, valueTo, schema }: ChangelogPlace): void {
    if (this.#resting !== undefined) return;
    reader.reset(keyFrom, keyTo);
    const identity = this.#identities.read(reader);
    const cell = this.entryAt(identity, bytes.toString('latin1', keyTo, memberTo));
    if (valueFrom >= 0) {
      this.memory.restore(cell, bytes, valueFrom, valueTo, schema);
      return;
    }
    this.memory.restoreTombstone(cell);
    this.#deleted.push({ cell, identity, address: NOWHERE, length: 0, schema: 0 });
  }

  restored(): void {
    this.sweep(this.#deleted);
    this.#deleted = [];
  }

  writeMember(writer: Writer, cell: Cell): void {
    if (!(cell instanceof MemberCell)) return;
    const member = String(cell.member);
    writer.ensure(member.length);
    writer.position += writer.bytes.write(member, writer.position, 'latin1');
  }

  relax(pinned?: ReadonlySet<Cell>): void {
    if (this.#resting === undefined || this.#maps.size <= this.#mostAwake) return;
    for (const [identity, { cells }] of this.#maps) {
      if (someUndecided(cells, pinned)) continue;
      for (const cell of cells.values()) {
        this.#resting.rest(cell);
        cell.address = ASLEEP;
      }
      this.#maps.delete(identity);
    }
  }

  #wake(identity: Identity): MapCells | undefined {
    if (this.#resting === undefined) return undefined;
    const map = new MapCells();
    this.#resting.wake(identity, (bytes) => {
      const member = bytes.toString('latin1');
      const cell = new MemberCell(map, member);
      map.cells.set(member, cell);
      return cell;
    });
    if (map.cells.size === 0) return undefined;
    map.present = map.cells.size;
    this.#maps.set(identity, map);
    return map;
  }

  sweep(clean: readonly PreImage[], pinned?: ReadonlySet<Cell>): void {
    for (const { cell, identity } of clean) {
      const gone = cell.address === NOWHERE && cell.before === undefined && pinned?.has(cell) !== true;
      const map = gone && cell instanceof MemberCell && this.#maps.get(identity);
      if (!map) continue;
      map.cells.delete(String(cell.member));
      if (map.cells.size === 0) this.#maps.delete(identity);
    }
  }
}

function someUndecided(cells: ReadonlyMap<string, Cell>, pinned: ReadonlySet<Cell> | undefined): boolean {
  for (const cell of cells.values()) if (cell.before !== undefined || pinned?.has(cell) === true) return true;
  return false;
}

class MapHandle implements MapState<unknown, unknown> {
  readonly #scope: CallScope;
  readonly #state: KeyedMaps;

  constructor(scope: CallScope, state: KeyedMaps) {
    this.#scope = scope;
    this.#state = state;
  }

  get size(): number {
    this.#scope.check();
    return this.#state.find(this.#scope.identity)?.present ?? 0;
  }

  get(key: unknown): Readonly<unknown> | undefined {
    const cell = this.#find(key);
    return cell === undefined ? undefined : (this.#state.memory.read(cell) as Readonly<unknown> | undefined);
  }

  has(key: unknown): boolean {
    return (this.#find(key)?.address ?? NOWHERE) !== NOWHERE;
  }

  set(key: unknown, value: unknown): void {
    const { identity, undo } = this.#scope;
    this.#scope.check();
    const member = this.#state.encodeKey(key);
    const size = this.#state.memory.encode(value);
    this.#state.memory.write(this.#state.entryAt(identity, member), identity, 0, size, undo);
  }

  delete(key: unknown): void {
    const cell = this.#find(key);
    if (cell !== undefined) this.#state.memory.clear(cell, this.#scope.identity, this.#scope.undo);
  }

  *entries(): IterableIterator<readonly [unknown, Readonly<unknown>]> {
    this.#scope.check();
    const cells = this.#state.find(this.#scope.identity)?.ordered() ?? [];
    for (const cell of cells) {
      this.#scope.check();
      // A handler that waits in between may outlive its cells.
      const now =
        cell.address === ASLEEP ? this.#state.find(this.#scope.identity)?.cells.get(String(cell.member)) : cell;
      const value = now === undefined ? undefined : this.#state.memory.read(now);
      if (value !== undefined) yield [this.#state.decodeKey(String(cell.member)), value as Readonly<unknown>];
    }
  }

  clear(): void {
    this.#scope.check();
    const cells = this.#state.find(this.#scope.identity)?.ordered() ?? [];
    for (const cell of cells) this.#state.memory.clear(cell, this.#scope.identity, this.#scope.undo);
  }

  #find(key: unknown): MemberCell | undefined {
    this.#scope.check();
    return this.#state.find(this.#scope.identity)?.cells.get(this.#state.encodeKey(key));
  }
}

import type { Codec } from '../codec/codec.ts';
import type { Writer } from '../codec/writer.ts';
import { type Cell, type CellPlaces, MemberCell, NOWHERE, type PreImage } from './cell.ts';
import type { Identity } from './key-identity.ts';
import { olderDecoder } from './older-values.ts';
import type { Slab } from './slab.ts';
import type { UndoLog } from './undo.ts';
import type { WriterSchemas } from './writer-schemas.ts';

/** The memory that tasks share out to their states. */
export interface TaskMemory {
  readonly slab: Slab;
  readonly scratch: Writer;
  readonly schemas: WriterSchemas;
}

/** Each 512 bytes of a value, the former and the new one together, count as another value. */
const LARGE_BITS = 9;

/**
 * The cells of one state: encodes, decodes, and remembers what the last checkpoint held.
 * Values are encoded when they are set, so that whoever changes one afterwards changes nothing here,
 * and the changelog gets what was set (I17).
 *
 * Pre-images are in layers: while a checkpoint is sealed and its fate not known, handlers go on. What they overwrite is as of
 * the barrier; what the sealed checkpoint overwrote is as of the one before. Where several are sealed, each has its layer (I15).
 */
export class CellMemory implements CellPlaces {
  readonly codec: Codec<unknown>;
  readonly fingerprint: bigint;
  readonly #name: string;
  readonly #task: TaskMemory;
  readonly #decoders: ((bytes: Uint8Array) => unknown)[] = [];
  /** Of what was overwritten since the barrier. */
  #dirty: PreImage[] = [];
  #changed = 0;
  /** Of what each checkpoint overwrote that is sealed and not decided, oldest first. */
  readonly #sealed: PreImage[][] = [];

  constructor(name: string, codec: Codec<unknown>, task: TaskMemory) {
    this.#name = name;
    this.codec = codec;
    this.fingerprint = codec.fingerprint;
    this.#task = task;
  }

  /** How much was overwritten since the barrier: in values, of which large ones count as several. */
  get changed(): number {
    return this.#changed;
  }

  /** What the checkpoint changed that was sealed last. Until something is overwritten again, cells hold its values. */
  get sealed(): readonly PreImage[] {
    return this.#sealed.at(-1) ?? [];
  }

  /** Cells that checkpoints changed which are sealed: they may have to go back. Undefined where none is sealed. */
  pinned(): ReadonlySet<Cell> | undefined {
    if (this.#sealed.length === 0) return undefined;
    return new Set(this.#sealed.flat().map(({ cell }) => cell));
  }

  /** A new value each time. */
  read(cell: Cell): unknown {
    if (cell.address === NOWHERE) return undefined;
    const reader = this.#task.slab.read(cell.address, cell.length);
    return cell.schema === 0 ? this.codec.read(reader) : this.#decodeOlder(cell.schema, reader);
  }

  /**
   * Encodes a value into the task's scratch writer, behind what is there where `append` is set, and returns where it ends.
   * @throws AvroEncodeError
   */
  encode(value: unknown, append = false): number {
    const { scratch } = this.#task;
    if (!append) scratch.reset();
    this.codec.write(scratch, value);
    return scratch.position;
  }

  /** Stores what lies between `start` and `end` in the task's scratch writer. */
  write(cell: Cell, identity: Identity, start: number, end: number, undo: UndoLog): void {
    const { slab, scratch } = this.#task;
    // First of all, since memory may be short.
    const address = slab.store(scratch.bytes, start, end);
    this.#overwrite(cell, identity, end - start, undo);
    this.place(cell, address, end - start, 0);
  }

  clear(cell: Cell, identity: Identity, undo: UndoLog): void {
    if (cell.address === NOWHERE) return;
    this.#overwrite(cell, identity, 0, undo);
    this.place(cell, NOWHERE, 0, 0);
  }

  /** Puts a value that a changelog held; nothing of it is dirty. */
  restore(cell: Cell, bytes: Buffer, start: number, end: number, schema: number): void {
    this.free(cell.address, cell.length);
    this.place(cell, this.#task.slab.store(bytes, start, end), end - start, schema);
  }

  /** Removes a value whose tombstone a changelog held. */
  restoreTombstone(cell: Cell): void {
    this.free(cell.address, cell.length);
    this.place(cell, NOWHERE, 0, 0);
  }

  free(address: number, length: number): void {
    if (address !== NOWHERE) this.#task.slab.free(address, length);
  }

  place(cell: Cell, address: number, length: number, schema: number): void {
    if (cell instanceof MemberCell && (cell.address === NOWHERE) !== (address === NOWHERE)) {
      cell.group.present += address === NOWHERE ? -1 : 1;
      cell.group.changed();
    }
    cell.address = address;
    cell.length = length;
    cell.schema = schema;
  }

  /** The barrier: what was overwritten until now belongs to the checkpoint, which is `sealed` from here on. No call may be under way. */
  seal(): void {
    for (const { cell } of this.#dirty) cell.before = undefined;
    this.#sealed.push(this.#dirty);
    this.#dirty = [];
    this.#changed = 0;
  }

  /**
   * The oldest checkpoint that is sealed is committed: its pre-images are of no use any more. Gives cells that it left without
   * a value.
   */
  commit(): readonly PreImage[] {
    const clean: PreImage[] = [];
    const images = this.#sealed.shift() ?? [];
    const later = this.#sealed.length === 0 ? undefined : firstOfEach(this.#sealed);
    for (const before of images) {
      const { cell } = before;
      // What it had at the barrier, which may be its pre-image again.
      const overwritten = later?.get(cell) ?? cell.before;
      const { address } = overwritten ?? cell;
      if (before.address !== address) this.free(before.address, before.length);
      // One that was overwritten since is swept with a later checkpoint: it may have to go back.
      if (address === NOWHERE && overwritten === undefined) clean.push(before);
    }
    return clean;
  }

  /** The transaction was aborted: all cells are as of the last checkpoint again (I12), those of sealed ones as well. Gives them. */
  rollback(): readonly PreImage[] {
    const layers = [...this.#sealed, this.#dirty];
    for (const images of layers.toReversed()) this.#restore(images);
    const clean = layers.flat();
    this.#sealed.length = 0;
    this.#dirty = [];
    this.#changed = 0;
    return clean;
  }

  #restore(images: readonly PreImage[]): void {
    for (const before of images) {
      const { cell } = before;
      if (before.address !== cell.address) this.free(cell.address, cell.length);
      this.place(cell, before.address, before.length, before.schema);
      cell.before = undefined;
    }
  }

  /** Notes what is about to be overwritten: for the checkpoint to go back to, and for the call at hand. */
  #overwrite(cell: Cell, identity: Identity, size: number, undo: UndoLog): void {
    if (cell.before === undefined) {
      const { address, length, schema } = cell;
      cell.before = { cell, identity, address, length, schema };
      this.#dirty.push(cell.before);
      this.#changed += 1 + ((length + size) >>> LARGE_BITS);
    }
    // After a call that was taken back, a dirty cell is at its pre-image again.
    undo.add(this, cell, cell.address === cell.before.address);
  }

  /** How values that an older schema wrote are read. @throws Error, naming state and path, where no value of it can be, or would mean something else */
  decoderOf(schema: number): (bytes: Uint8Array) => unknown {
    const known = this.#decoders[schema];
    if (known !== undefined) return known;
    const { schemas } = this.#task;
    const decode = olderDecoder(this.#name, this.codec, schemas.textFor(schema, this.#name));
    this.#decoders[schema] = decode;
    return decode;
  }

  #decodeOlder(
    schema: number,
    reader: { readonly bytes: Buffer; readonly position: number; readonly end: number },
  ): unknown {
    return this.decoderOf(schema)(reader.bytes.subarray(reader.position, reader.end));
  }
}

/** Of each cell the pre-image in the oldest of these layers that has one. */
function firstOfEach(layers: readonly (readonly PreImage[])[]): ReadonlyMap<Cell, PreImage> {
  const first = new Map<Cell, PreImage>();
  for (const images of layers.toReversed()) for (const image of images) first.set(image.cell, image);
  return first;
}

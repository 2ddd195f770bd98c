import type { Writer } from '../codec/writer.ts';
import type { Cell, PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { CallScope } from './scope.ts';

/** One state of a job in one task, over all keys. */
export interface KeyedState {
  readonly name: string;
  readonly kind: 'value' | 'list' | 'map' | 'timer';
  readonly memory: CellMemory;
  /** What handlers use: this state under the call's key. */
  handle(scope: CallScope): object;
  /** Appends what tells a cell from others under the same key; nothing for a value. */
  writeMember(writer: Writer, cell: Cell): void;
  /** Puts a value that a changelog held, or removes the one whose tombstone it held; nothing of it is dirty. */
  restore(place: ChangelogPlace): void;
  /** The changelog is read. */
  restored(): void;
  /** Drops cells without a value among those that are clean now. `pinned` stay, as for `relax`. */
  sweep(clean: readonly PreImage[], pinned?: ReadonlySet<Cell>): void;
  /**
   * Gives back memory of keys that nobody asked for lately. To be called when a checkpoint is committed: cells without a
   * pre-image are as of it, and may go, but for those that checkpoints changed which are sealed: `pinned`.
   */
  relax(pinned?: ReadonlySet<Cell>): void;
}

import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { Cell, PreImage } from './cell.ts';
import type { CellMemory } from './cell-memory.ts';
import type { Identity } from './key-identity.ts';
import type { CallScope } from './scope.ts';

/** One state of a job in one task, over all keys. */
export interface KeyedState {
  readonly name: string;
  readonly kind: 'value' | 'list' | 'map';
  readonly memory: CellMemory;
  /** What handlers use: this state under the call's key. */
  handle(scope: CallScope): object;
  /** Appends what tells a cell from others under the same key; nothing for a value. */
  writeMember(writer: Writer, cell: Cell): void;
  /** The cell that a changelog key names, made where there is none. `key` stands at the member, which it ends with. */
  cellAt(identity: Identity, key: Reader): Cell;
  /** Drops cells without a value among those that are clean now. */
  sweep(clean: readonly PreImage[]): void;
}

import type { Cell } from './cell.ts';
import type { ChangelogPlace } from './changelog-place.ts';
import type { Identity } from './key-identity.ts';

/**
 * Where the values of a state are that nobody has asked for lately. A cell is made when a handler asks for a key, and goes
 * to rest when its value is as of the last checkpoint and others need the memory.
 */
export interface RestingValues {
  /** Memory that it takes beside the slab. */
  readonly bytes: number;
  /** Lets the cell have the value of a key; false where there is none. */
  wake(identity: Identity, cell: Cell): boolean;
  /** Takes the cell's value, or that it has none; the cell is not used any more. */
  rest(identity: Identity, cell: Cell): void;
  /** Puts a value that a changelog held. */
  restore(place: ChangelogPlace): void;
}

/** Where the items of lists, or the entries of maps, are while nobody asks for their key. A key's come and go together. */
export interface RestingMembers {
  /** Gives each of a key's a cell: `each` makes one for the member, which is good until it returns. */
  wake(identity: Identity, each: (member: Buffer) => Cell): void;
  /** The cell, which is as of the last checkpoint, is not used any more. */
  rest(cell: Cell): void;
}

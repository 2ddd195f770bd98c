import type { Identity } from './key-identity.ts';

/** Address of a cell without a value. */
export const NOWHERE = -1;
/** Address of a cell that was put to rest: whoever still has it is to ask for the key's cell anew. */
export const ASLEEP = -2;

/** One value of state, encoded, in a slab. What is decoded of it is not kept: whoever changes that in place changes nothing here. */
export class Cell {
  address: number = NOWHERE;
  length = 0;
  /** Which schema wrote it, see `WriterSchemas`; 0 is the state's own. */
  schema = 0;
  /** Set while the cell differs, or may differ, from what it was at the last barrier. */
  before: PreImage | undefined = undefined;
}

/** What a dirty cell held at the last barrier: one for each key and checkpoint (I12). */
export interface PreImage {
  readonly cell: Cell;
  readonly identity: Identity;
  readonly address: number;
  readonly length: number;
  readonly schema: number;
}

/** A cell of a list or a map: one of several under a key. */
export class MemberCell extends Cell {
  readonly group: CellGroup;
  /** Index in a list; in a map the key's encoding, one character a byte. */
  readonly member: number | string;

  constructor(group: CellGroup, member: number | string) {
    super();
    this.group = group;
    this.member = member;
  }
}

/** The cells of a list or a map under one key. */
export interface CellGroup {
  /** How many of them have a value. */
  present: number;
  /** Called when a cell gained or lost its value. */
  changed(): void;
}

/** Where the cells of a state have their values. */
export interface CellPlaces {
  free(address: number, length: number): void;
  /** Lets a cell have the value at an address. */
  place(cell: Cell, address: number, length: number, schema: number): void;
}

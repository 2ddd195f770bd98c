import type { Reader } from '../codec/reader.ts';

/** Where in a chunk a changelog has a value of state. */
export interface ChangelogPlace {
  readonly bytes: Buffer;
  /** Of the chunk; wherever it stands. */
  readonly reader: Reader;
  /** The record's key: where it begins, where it ends, and where what comes after it (the member of a list or a map) ends. */
  readonly keyFrom: number;
  readonly keyTo: number;
  readonly memberTo: number;
  /** The value without its header; -1 for a tombstone. */
  readonly valueFrom: number;
  readonly valueTo: number;
  /** Which schema wrote it, see `WriterSchemas`; 0 is the state's own. */
  readonly schema: number;
}

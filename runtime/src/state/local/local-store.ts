import type { ChangeBatch } from './change-batch.ts';

/**
 * A store on this machine: keys and values as the changelog has them, of one task. It holds nothing that the changelog does
 * not hold as well, so it may be wiped at any time.
 *
 * What was written survives the death of the process. Of what was written before the death of the machine a beginning survives.
 */
export interface LocalStore {
  /** Bytes from `start` to `end` are the key. The value is good until the next call; undefined where there is none. @throws StoreFailedError */
  get(bytes: Buffer, start: number, end: number): Buffer | undefined;
  /** Entries whose keys begin so, in the order of the keys' bytes. They are good until the next call. @throws StoreFailedError */
  entries(prefix: Buffer): Iterable<LocalEntry>;
  /** Changes `from` to `to` of the batch, in their order: all of them, or none. @throws LogError, `fenced`, where another has opened it since */
  write(changes: ChangeBatch, from: number, to: number): void;
  /** Removes everything. */
  clear(): void;
  close(): Promise<void>;
}

export interface LocalEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The stores of a job on this machine. */
export interface LocalStores {
  /** The store of a task, which is its only user from now on. */
  open(task: number): LocalStore;
  /** Closes all that were opened. */
  close(): Promise<void>;
}

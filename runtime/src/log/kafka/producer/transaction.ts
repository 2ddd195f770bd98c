import type { LogError } from '../../port.ts';

/** One transaction as its producer sees it. */
export interface Transaction {
  /** Something was appended, or offsets were committed: there is something to end. */
  dirty: boolean;
  /** The broker may know of it: a request that opens it was sent. */
  begun: boolean;
  /** Batches that are sealed, and not acknowledged yet. */
  unacknowledged: number;
  /** Requests about offsets and partitions that are under way. */
  requests: number;
  /** Groups whose offsets were added (protocol 1). */
  readonly groups: Set<string>;
  /** Nothing of it is sent any more. */
  over: boolean;
  /** The first error: it can only be aborted. */
  error: LogError | undefined;
}

export function newTransaction(): Transaction {
  return {
    dirty: false,
    begun: false,
    unacknowledged: 0,
    requests: 0,
    groups: new Set(),
    over: false,
    error: undefined,
  };
}

import type { CommittedOffset, GroupMember, OutgoingRecord } from '../../../log/port.ts';

/**
 * Where what belongs to a checkpoint goes, one way for each guarantee: outputs, the changelog, and at the end offsets.
 *
 * What was taken since the last `seal` belongs to the next checkpoint.
 */
export interface Outlet {
  /** Who writes: part of each checkpoint's identity. */
  readonly producerId: number;
  readonly epoch: number;
  readonly outputs: Taker;
  readonly changelog: Taker;
  /** The barrier: what is taken from now on belongs to the next checkpoint. */
  seal(): SealedOutlet;
  /** Takes back what is not committed, as far as it can be. */
  abort(): Promise<void>;
  /** A job that ends waits for what is on its way and was not awaited. */
  finish(): Promise<void>;
  /** Ends it as a crash would. */
  close(): void;
}

/** A sealed checkpoint: `commitOffsets`, then `commit`, make it hold. Each may be called again after an error that is `retriable`. */
export interface SealedOutlet {
  /** @throws LogError; `abortable` where all is to go back to the last checkpoint */
  commitOffsets(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void>;
  /** @throws LogError, as a commit of {@link TransactionalProducer}; where there is no transaction, nothing is left to do */
  commit(): Promise<void>;
}

/** Part of a producer. */
export interface Taker {
  /** A promise asks to wait. @throws LogError */
  append(record: OutgoingRecord): Promise<void> | undefined;
}

import type { CommittedOffset } from '../port.ts';

/** One transaction of the embedded log. Its fate decides whether readers see the batches that refer to it. */
export interface Transaction {
  readonly transactionalId: string;
  readonly producerId: number;
  state: 'open' | 'committed' | 'aborted';
  /** Where it wrote. */
  readonly partitions: Set<Participant>;
  /** Offsets that take effect if it commits, by group. */
  readonly offsets: Map<string, readonly AddedOffset[]>;
}

/** An offset, and where it stands among all that were added: of several the one added last counts, whichever commits last. */
export interface AddedOffset {
  readonly offset: CommittedOffset;
  readonly order: number;
}

/** What is told how a transaction was decided. */
export interface Participant {
  mark(transaction: Transaction): void;
}

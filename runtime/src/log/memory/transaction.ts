import type { CommittedOffset } from '../port.ts';
import type { Partition } from './partition.ts';

/** One transaction of the embedded log. Its fate decides whether readers see the batches that refer to it. */
export interface Transaction {
  readonly producerId: number;
  state: 'open' | 'committed' | 'aborted';
  /** Where it wrote. */
  readonly partitions: Set<Partition>;
  /** Offsets that take effect if it commits, by group. */
  readonly offsets: Map<string, CommittedOffset[]>;
}

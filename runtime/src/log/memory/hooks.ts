/** What tests of recovery do to an embedded log; no program has a use for it, and no entry of the package gives it. */
export interface MemoryHooks {
  /**
   * Writes the markers of a decided transaction, one for each partition and one for each group's offsets: at once, or later,
   * in any order, but after those of the transactional id's transaction before. Default: at once.
   */
  readonly markers?: ((transactionalId: string, writes: readonly (() => void)[]) => void) | undefined;
  /** Called when a transaction begins, with what aborts it as its timeout does, and fences its producer, if it is open still: timeouts of the test's own. */
  readonly begun?: ((timeOut: () => void) => void) | undefined;
  /** The protocol of transactions: in 2, the default, each has an epoch of its own (KIP-890). */
  readonly protocol?: 1 | 2 | undefined;
  /** After this epoch a transactional id gets another producer id. Default: as in Kafka. */
  readonly lastEpoch?: number | undefined;
  /** Producers go on under the identity that EndTxn has replaced: a sabotage. */
  readonly ignoreIdentity?: boolean | undefined;
  /** Called where one does so: it is refused, as if another had taken its place. */
  readonly outdated?: ((transactionalId: string) => void) | undefined;
  /** How much of one partition a poll gives, give or take a batch. Default: a lot. */
  readonly fetchBytes?: number | undefined;
  /** Readers get aborted records like others: a sabotage. */
  readonly deliverAborted?: boolean | undefined;
}

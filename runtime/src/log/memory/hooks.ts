/** What tests of recovery do to an embedded log; no program has a use for it, and no entry of the package gives it. */
export interface MemoryHooks {
  /**
   * Writes the markers of a decided transaction, one for each partition and one for each group's offsets: at once, or later,
   * in any order, but after those of the producer's transaction before. Default: at once.
   */
  readonly markers?: ((producerId: number, writes: readonly (() => void)[]) => void) | undefined;
  /** Called when a transaction begins, with what aborts it as its timeout does, and fences its producer, if it is open still: timeouts of the test's own. */
  readonly begun?: ((timeOut: () => void) => void) | undefined;
  /** Readers get aborted records like others: a sabotage. */
  readonly deliverAborted?: boolean | undefined;
}

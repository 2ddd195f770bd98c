/** What tests of recovery do to an embedded log; no program has a use for it, and no entry of the package gives it. */
export interface MemoryHooks {
  /**
   * Writes one marker of a decided transaction, of a partition or of a group's offsets: at once, or later.
   * Those of one producer must keep their order. Default: at once.
   */
  readonly marker?: ((producerId: number, write: () => void) => void) | undefined;
  /** Readers get aborted records like others: a sabotage. */
  readonly deliverAborted?: boolean | undefined;
}

/**
 * Invariants that a test leaves out, to show that the simulation notices. They come from the test by hand:
 * no option of `run` leads here, and no entry of the package gives it.
 */
export interface Sabotage {
  /** After an abort one task goes back, and the others stay where they are (against I12). */
  readonly rewindOneTask?: boolean | undefined;
  /** After EndTxn(commit) of unknown outcome all goes back from memory (against I5). */
  readonly rewindAfterUnknownOutcome?: boolean | undefined;
  /** The changelog is serialised while handlers go on (against I17). Called at the barrier, with whose it is. */
  readonly serialiseLate?: ((of: { readonly producerId: number; readonly epoch: number }) => void) | undefined;
  /** What a handler did before it failed stays (against I17): a last checkpoint is made of it, or its record is passed over. */
  readonly keepPartialEffects?: 'at the end' | 'when passed over' | undefined;
  /** Checkpoint record and offsets need not agree (against I13). */
  readonly ignoreDisagreement?: boolean | undefined;
  /** Start positions are not committed before the first record (against I20). */
  readonly skipStartPositions?: boolean | undefined;
  /** Of checkpoints that are under way at once, offsets or commits go out in any order (against I15). */
  readonly disorder?: 'offsets' | 'commits' | undefined;
  /** The store on this machine is ahead of its checkpoint: written before the commit, and trusted at the start (against I24). */
  readonly localStoreAhead?: boolean | undefined;
  /** Of a task that is asked back only the first partition is given up (against I23). */
  readonly keepHalfTasks?: boolean | undefined;
  /** Offsets are committed before the outputs are there (against I10, where the guarantee is at-least-once). */
  readonly leaveOutputs?: boolean | undefined;
}

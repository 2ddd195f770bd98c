/** What becomes of a job whose log failed, or a record: whether it starts over from the last checkpoint, and when. */
export type RestartStrategy = NoRestart | FixedDelayRestart | ExponentialRestart | FailureRateRestart;

/** The first failure ends the job. */
export interface NoRestart {
  readonly strategy: 'none';
}

/** Restarts after pauses of the same length. */
export interface FixedDelayRestart extends RestartLimits {
  readonly strategy: 'fixed-delay';
  /** Milliseconds before each restart. Default 1,000. */
  readonly delay?: number | undefined;
}

/** Restarts after pauses that grow. What befell several instances at once does not bring them back at the same moment. */
export interface ExponentialRestart extends RestartLimits {
  readonly strategy: 'exponential';
  /** Milliseconds before the first restart. Default 100. */
  readonly initialDelay?: number | undefined;
  /** Milliseconds that no pause exceeds, but for the jitter. Default 30,000. */
  readonly maxDelay?: number | undefined;
  /** How much longer each pause is than the one before. Default 2. */
  readonly multiplier?: number | undefined;
  /** By which part of itself a pause is longer or shorter, as chance has it: 0 to 1. Default 0.1. */
  readonly jitter?: number | undefined;
}

/**
 * Restarts after pauses of the same length, as long as failures are rare: what matters is how often a job fails, and not how often in
 * a row.
 */
export interface FailureRateRestart extends SameFailures {
  readonly strategy: 'failure-rate';
  /** So many failures may lie within `interval`; one more ends the job. `Infinity` for no end. Default 3. */
  readonly failures?: number | undefined;
  /** In milliseconds. Default 300,000. */
  readonly interval?: number | undefined;
  /** Milliseconds before each restart. Default 1,000. */
  readonly delay?: number | undefined;
}

export interface RestartLimits extends SameFailures {
  /** So many restarts in a row, then the job has failed for good. `Infinity` for no end. Default 10. */
  readonly attempts?: number | undefined;
  /** A job that ran for so many milliseconds since its last restart has all of its attempts again. Default 60,000. */
  readonly resetAfter?: number | undefined;
}

export interface SameFailures {
  /**
   * A record that fails so often in a row, for the same reason each time, ends the job, whatever attempts are left: restarting
   * does not help. So does a hook, or a timer. `Infinity` where reasons pass, such as a service that is away. Default 3.
   */
  readonly sameFailures?: number | undefined;
}

export const DEFAULT_RESTART: RestartStrategy = { strategy: 'exponential' };

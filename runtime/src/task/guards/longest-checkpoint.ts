import type { JobLog } from '../../ops/job-log.ts';
import { lasting } from './lasting.ts';

/** Of the log's limit: where a transaction was open for more than this part of it, the next one may be aborted. */
const NEAR = 0.7;
/** It is said again when a checkpoint took so many times as long as the longest before. */
const MORE = 1.25;

export interface CheckpointLimits {
  /** For how long the log lets a transaction be open, in milliseconds; undefined where there is none, or no limit. */
  readonly transactionTimeout: number | undefined;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
}

/**
 * Told how long each checkpoint took, it warns of those that come near what the log allows (I7): a transaction is open from one
 * barrier until the checkpoint of the next one is committed.
 */
export function longestCheckpoint(
  { transactionTimeout = Number.POSITIVE_INFINITY, checkpointInterval }: CheckpointLimits,
  jobLog: JobLog,
): (duration: number) => void {
  let longest = 0;
  return (duration) => {
    const open = checkpointInterval + duration;
    if (open < transactionTimeout * NEAR || duration < longest * MORE) return;
    longest = duration;
    const took = `a checkpoint took ${lasting(duration)}, so that its transaction was open for up to ${lasting(open)}`;
    const limit = `after ${lasting(transactionTimeout)} (transactionTimeout) the log aborts it, and the job starts over`;
    jobLog.warn(
      { duration: Math.round(duration), checkpointInterval, transactionTimeout },
      `${took}: ${limit}. Raise transactionTimeout, or lower the checkpoint interval (${lasting(checkpointInterval)}), so that there is less to commit at once`,
    );
  };
}

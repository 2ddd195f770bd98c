/** What a run has done so far, counted from its start. */
export interface JobMetrics {
  /** Records that handlers were called for, whose effects are committed. */
  readonly records: number;
  /** Timers that fired, whose effects are committed. */
  readonly timers: number;
  /** Records and timers that failed, and were skipped as `onError` says: the job has gone on without them, and committed that. */
  readonly skipped: number;
  /** Records and timers that failed, and lie in a topic for dead letters, committed. */
  readonly deadLetters: number;
  /** Records of tables that could not be read, and were skipped as `onError` says. Each start counts them again. */
  readonly skippedRows: number;
  /** Records emitted to outputs and committed. */
  readonly outputs: number;
  /** Committed transactions. */
  readonly checkpoints: number;
  /** Checkpoints that were due and waited, since as many were under way as may be. */
  readonly checkpointsDelayed: number;
  /** Transactions that were aborted, their records processed again. */
  readonly aborts: number;
  /** Times the run started over from the last checkpoint, after the log had failed. */
  readonly restarts: number;
  /** Times a partition was gone on with elsewhere, since its records were lost: see `onOutOfRange`. */
  readonly outOfRange: number;
  /** Partitions of which nothing is read at the moment, since a transaction of another program is open there. */
  readonly blockedPartitions: number;
  /** Bytes of records fetched, tables and replays included. */
  readonly bytesRead: number;
  /** Bytes of keys and values written and committed, the changelog included. */
  readonly bytesWritten: number;
  /** Records written to the changelog and committed. */
  readonly changelogRecords: number;
  /** Changelog records read at starts. */
  readonly restoredRecords: number;
  /** Table records applied. */
  readonly tableRecords: number;
  /** Schemas that the Schema Registry was asked for, of ids that were not known when the job was generated. */
  readonly schemasFetched: number;
}

export type Counters = { -readonly [K in keyof JobMetrics]: number };

export function newCounters(): Counters {
  return {
    records: 0,
    timers: 0,
    skipped: 0,
    deadLetters: 0,
    skippedRows: 0,
    outputs: 0,
    checkpoints: 0,
    checkpointsDelayed: 0,
    aborts: 0,
    restarts: 0,
    outOfRange: 0,
    blockedPartitions: 0,
    bytesRead: 0,
    bytesWritten: 0,
    changelogRecords: 0,
    restoredRecords: 0,
    tableRecords: 0,
    schemasFetched: 0,
  };
}

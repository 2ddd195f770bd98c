import type { JobLog } from '../ops/job-log.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { JobError, reasonOf } from './job-error.ts';
import type { Pace } from './pace.ts';
import type { Roster } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import type { Task } from './task.ts';
import type { CheckpointInfo, Transactions } from './transactions.ts';

/** Of an interval: when the first checkpoint of new tasks is due. Whoever waits for a start, or for a failover, waits for it. */
const FIRST = 0.1;
/** Aborts in a row before the job gives up. */
const MAX_ABORTS = 8;

export interface CheckpointsWorld {
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly pace: Pace;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  readonly onCheckpoint: (info: CheckpointInfo) => Promise<void>;
  readonly sabotage: Sabotage;
}

/** When the tasks of an instance are committed, and how they go back where that fails. */
export class Checkpoints {
  /** True from giving tasks up to the next generation: no offsets are committed meanwhile (I4). */
  rejoining = false;
  /** Counts rewinds: records fetched before one are not to be processed after it. */
  rewinds = 0;
  readonly transactions: Transactions;
  readonly #roster: Roster;
  readonly #world: CheckpointsWorld;
  readonly #alive: () => void;
  #abortsInARow = 0;

  /** `alive` throws when the job is to end. */
  constructor(transactions: Transactions, roster: Roster, world: CheckpointsWorld, alive: () => void) {
    this.transactions = transactions;
    this.#roster = roster;
    this.#world = world;
    this.#alive = alive;
    world.pace.checkpointAt = world.clock.monotonic() + world.checkpointInterval;
  }

  /** Tasks begin to work. */
  begin(): void {
    const { pace, clock, checkpointInterval } = this.#world;
    pace.checkpointAt = Math.min(pace.checkpointAt, clock.monotonic() + checkpointInterval * FIRST);
  }

  /** A checkpoint of all tasks that did something; never of none. */
  async make(): Promise<void> {
    const { clock, pace, checkpointInterval } = this.#world;
    const tasks = this.#roster.dirty();
    if (tasks.length === 0 || this.rejoining) return;
    // Start to start: a slow one is followed at once.
    pace.checkpointAt = clock.monotonic() + checkpointInterval;
    await this.commit(tasks);
  }

  async commit(tasks: readonly Task[]): Promise<void> {
    const info = await this.transactions.commit(tasks);
    if (info === undefined) {
      await this.rewind(undefined);
      return;
    }
    this.#abortsInARow = 0;
    this.#world.jobLog.debug(info, `checkpoint ${info.number}`);
    await this.#world.onCheckpoint(info);
    this.#alive();
  }

  /** Aborts the transaction, with everything in it: all tasks go back to the last checkpoint, together (I12). */
  async rewind(cause: unknown): Promise<void> {
    const { jobLog, clock, sabotage } = this.#world;
    if (++this.#abortsInARow > MAX_ABORTS) {
      const message = `${MAX_ABORTS} transactions in a row were aborted${cause === undefined ? '' : `: ${reasonOf(cause)}`}`;
      throw new JobError('JOB_LOG_FAILED', message, { cause });
    }
    jobLog.warn({ err: cause }, 'the transaction was aborted: its records are processed again');
    await this.transactions.abort();
    this.rewinds++;
    this.#roster.rollback(sabotage);
    await sleep(clock, 2 ** this.#abortsInARow);
    this.#alive();
  }
}

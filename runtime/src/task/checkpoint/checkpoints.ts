import { isLogError } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { type Clock, sleep } from '../../time/clock.ts';
import { JobError, reasonOf } from '../job-error.ts';
import type { Counters } from '../metrics.ts';
import type { Pace } from '../pace.ts';
import type { Roster } from '../roster.ts';
import type { Sabotage } from '../sabotage.ts';
import type { Task } from '../task.ts';
import type { CheckpointInfo, SealedCheckpoint, Transactions } from './transactions.ts';
import { Turn } from './turn.ts';

/** Of an interval: when the first checkpoint of new tasks is due. Whoever waits for a start, or for a failover, waits for it. */
const FIRST = 0.2;
/** So many values of state may be changed, more or less, before a checkpoint is due: some 50 MB of large ones. */
const MOST_CHANGED = 100_000;
/** Aborts in a row before the job gives up. */
const MAX_ABORTS = 8;

export interface CheckpointsWorld {
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly pace: Pace;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  /** How many may be under way at once. */
  readonly concurrentCheckpoints: number;
  readonly counters: Counters;
  readonly onCheckpoint: (info: CheckpointInfo) => Promise<void>;
  readonly sabotage: Sabotage;
}

/** A checkpoint that is sealed and not decided. */
interface UnderWay {
  /** Undefined where there is never another. */
  readonly turn: Turn | undefined;
  /** Resolves when it is decided, whatever came of it. */
  readonly decided: Promise<void>;
}

/**
 * When the tasks of an instance are committed, and how they go back where that fails. One checkpoint is under way at a time, or
 * as many as the job allows: from the barrier on handlers go on, and what they do waits for the fate of those before (I15).
 */
export class Checkpoints {
  /** True from giving tasks up to the next generation: no offsets are committed meanwhile (I4). */
  rejoining = false;
  /** Counts rewinds: records fetched before one are not to be processed after it. */
  rewinds = 0;
  readonly transactions: Transactions;
  readonly #roster: Roster;
  readonly #world: CheckpointsWorld;
  readonly #alive: () => void;
  readonly #wake: () => void;
  #abortsInARow = 0;
  /** When the next one is due, by the clock's `monotonic`. */
  #next: number;
  /** Oldest first. */
  readonly #underWay: UnderWay[] = [];
  /** How one failed, until the loop has seen to it: the first that ends the incarnation, else the first. */
  #failure: { readonly error: unknown; readonly aborted: boolean } | undefined;

  /** `alive` throws when the job is to end; `wake` lets the loop look here. */
  constructor(
    transactions: Transactions,
    roster: Roster,
    world: CheckpointsWorld,
    alive: () => void,
    wake: () => void,
  ) {
    this.transactions = transactions;
    this.#roster = roster;
    this.#world = world;
    this.#alive = alive;
    this.#wake = wake;
    this.#next = world.clock.monotonic() + world.checkpointInterval;
    world.pace.checkpointAt = this.#next;
  }

  /** Tasks begin to work. */
  begin(): void {
    const { pace, clock, checkpointInterval } = this.#world;
    this.#next = Math.min(this.#next, clock.monotonic() + checkpointInterval * FIRST);
    pace.checkpointAt = Math.min(pace.checkpointAt, this.#next);
  }

  /** In milliseconds: how long the loop may wait for records before there is something to do here. */
  wait(): number {
    const { clock, pace } = this.#world;
    if (this.#failure !== undefined) return 0;
    if (this.#isFull || this.rejoining || !this.#roster.hasWork) return Infinity;
    return Math.max(0, pace.checkpointAt - clock.monotonic());
  }

  /** To be called when `pace.checkpointAt` has come: begins a checkpoint, or sees to one that failed. Does not wait for its end. */
  async due(): Promise<void> {
    if (this.#failure !== undefined) return this.settle();
    if (this.#isFull) {
      // Somebody asked for one: at once when the oldest is decided.
      this.#next = this.#world.clock.monotonic();
      this.#world.pace.checkpointAt = Infinity;
      return;
    }
    const tasks = await this.#idle();
    if (tasks.length > 0) await this.#begin(tasks);
  }

  /**
   * Values that were changed are kept twice until they are committed: where there are many, a checkpoint is due before its time;
   * and where there are still more while one is under way, its end is awaited.
   */
  async relieve(): Promise<void> {
    let changed = 0;
    for (const task of this.#roster.tasks()) changed += task.changed;
    if (changed < MOST_CHANGED) return;
    if (this.#isFull && changed >= 2 * MOST_CHANGED) await this.#underWay[0]?.decided;
    if (this.#failure === undefined && !this.rejoining) await this.due();
  }

  /** Commits all that was done, and waits for it. Of tasks that did nothing, nothing. */
  async make(): Promise<void> {
    await this.settle();
    const tasks = await this.#idle();
    if (tasks.length > 0) await this.commit(tasks);
  }

  /** Waits for calls that are under way, and gives the tasks that there is something to commit of. */
  async #idle(): Promise<readonly Task[]> {
    if (this.rejoining || !this.#roster.hasWork) return [];
    try {
      await this.#roster.idle();
      this.#alive();
    } catch (error) {
      if (!isLogError(error) || error.kind !== 'abortable') throw error;
      await this.rewind(error);
    }
    return this.#roster.dirty();
  }

  async commit(tasks: readonly Task[]): Promise<void> {
    await this.settle();
    await this.#begin(tasks);
    await this.settle();
  }

  /** Waits for the checkpoint under way, if there is one; where it was aborted, all has gone back when this resolves. */
  async settle(): Promise<void> {
    await this.decided();
    if (this.#failure !== undefined) await this.rewind(undefined);
  }

  /** Resolves when no checkpoint is under way any more, whatever came of it. */
  async decided(): Promise<void> {
    for (let last = this.#underWay.at(-1); last !== undefined; last = this.#underWay.at(-1)) await last.decided;
  }

  get #isFull(): boolean {
    return this.#underWay.length >= this.#world.concurrentCheckpoints;
  }

  /** The barrier: then the transaction is ended while the loop goes on. */
  async #begin(tasks: readonly Task[]): Promise<void> {
    const { clock, pace, checkpointInterval } = this.#world;
    // Start to start: a slow one is followed at once.
    this.#next = clock.monotonic() + checkpointInterval;
    pace.checkpointAt = Infinity;
    try {
      const sealed = await this.transactions.seal(tasks);
      // One before it has failed meanwhile: this one fails with it.
      if (this.#failure !== undefined) return await this.rewind(undefined);
      pace.ending = true;
      const last = this.#underWay.at(-1);
      const turn = this.#world.concurrentCheckpoints > 1 ? new Turn(last?.turn) : undefined;
      const { promise: decided, resolve } = Promise.withResolvers<void>();
      this.#underWay.push({ turn, decided });
      void this.#finish(sealed, turn).then(resolve);
      if (!this.#isFull) pace.checkpointAt = this.#next;
    } catch (error) {
      pace.checkpointAt = this.#next;
      if (!isLogError(error) || error.kind !== 'abortable') throw error;
      await this.rewind(error);
    }
  }

  async #finish(sealed: SealedCheckpoint, turn: Turn | undefined): Promise<void> {
    const { clock, counters, jobLog, pace, onCheckpoint } = this.#world;
    let committed = false;
    try {
      const done = await this.transactions.commit(sealed, turn);
      if (isLogError(done)) {
        this.#failure ??= { error: done, aborted: true };
      } else {
        committed = true;
        this.#abortsInARow = 0;
        jobLog.debug(done, `checkpoint ${done.number}`);
        await onCheckpoint(done);
        this.#alive();
      }
    } catch (error) {
      committed = false;
      // Graver than an abort, also where that came before it: a later one may be aborted first (I5).
      if (this.#failure?.aborted !== false) this.#failure = { error, aborted: false };
    }
    if (this.#isFull && clock.monotonic() >= this.#next) counters.checkpointsDelayed++;
    // Where one that waits for another fails first, it is not the oldest.
    this.#underWay.splice(
      this.#underWay.findIndex((each) => each.turn === turn),
      1,
    );
    turn?.end(committed);
    pace.ending = this.#underWay.length > 0;
    // After a failure the loop is to look here before its next record.
    pace.checkpointAt = this.#failure === undefined ? this.#next : 0;
    this.#wake();
  }

  /**
   * Aborts what is not committed, with everything in it: all tasks go back to the last checkpoint, together (I12). A checkpoint
   * that is under way is decided first: it may be that one, or take this one with it.
   * @throws what ended the checkpoint under way, where that was more than an abort
   */
  async rewind(thrown: unknown): Promise<void> {
    const { jobLog, clock, pace, sabotage } = this.#world;
    await this.decided();
    const failure = this.#failure;
    this.#failure = undefined;
    pace.checkpointAt = this.#next;
    if (failure?.aborted === false) throw failure.error;
    const cause = failure?.error ?? thrown;
    if (++this.#abortsInARow > MAX_ABORTS) {
      const message = `${MAX_ABORTS} transactions in a row were aborted${cause === undefined ? '' : `: ${reasonOf(cause)}`}`;
      throw new JobError('JOB_LOG_FAILED', message, { cause });
    }
    jobLog.warn({ err: cause }, 'the transaction was aborted: its records are processed again');
    await this.#roster.abandon();
    await this.transactions.abort();
    this.rewinds++;
    this.#roster.rollback(sabotage);
    await sleep(clock, 2 ** this.#abortsInARow);
    this.#alive();
  }
}

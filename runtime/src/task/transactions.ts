import { isLogError, LogError, type Membership, type OutgoingRecord, type TransactionalProducer } from '../log/port.ts';
import type { Clock } from '../time/clock.ts';
import type { CheckpointIdentity } from './checkpoint-record.ts';
import type { Counters } from './metrics.ts';
import { retrying } from './retry.ts';
import type { Sabotage } from './sabotage.ts';
import type { Append } from './stage.ts';
import type { Task } from './task.ts';

/** A committed checkpoint. */
export interface CheckpointInfo {
  /** Counts the checkpoints of this run, from 1. */
  readonly number: number;
  /** Records processed since the checkpoint before. */
  readonly records: number;
  /** Timers fired since then. */
  readonly timers: number;
  /** Records emitted since then. */
  readonly outputs: number;
  /** Records written to the changelog. */
  readonly changelogRecords: number;
  /** From the seal to the commit, in milliseconds. */
  readonly duration: number;
}

export interface TransactionsWorld {
  readonly clock: Clock;
  readonly counters: Counters;
  /** Throws when the job is to end. */
  readonly alive: () => void;
  readonly sabotage: Sabotage;
}

/** The transactions of one instance: one at a time, of all its tasks together. */
export class Transactions {
  /** Takes the outputs of tasks. */
  readonly append: Append;
  readonly #producer: TransactionalProducer;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #alive: () => void;
  readonly #sabotage: Sabotage;
  /** True once EndTxn(commit) was sent and not answered with success: nothing else may follow under this epoch (I5). */
  undecided = false;
  /** Outputs in the transaction under way. */
  #outputs = 0;
  #bytes = 0;

  constructor(producer: TransactionalProducer, membership: Membership, world: TransactionsWorld) {
    this.#producer = producer;
    this.#membership = membership;
    this.#clock = world.clock;
    this.#counters = world.counters;
    this.#alive = world.alive;
    this.#sabotage = world.sabotage;
    this.append = (record) => {
      this.#outputs++;
      this.#bytes += sizeOf(record);
      return producer.append(record);
    };
  }

  /**
   * One checkpoint: changelog, offsets and what was emitted, in the transaction under way (I1).
   * Resolves to undefined where it had to be aborted: then all tasks, also those not in it, are to go back (I12).
   */
  async commit(tasks: readonly Task[]): Promise<CheckpointInfo | undefined> {
    const clock = this.#clock;
    const started = clock.monotonic();
    // I4: the generation under which it is sealed, in retries too.
    const member = this.#membership.member();
    let changelogRecords = 0;
    try {
      for (const task of tasks) {
        const written = await task.writeChangelog(this.#identity(task), clock.now(), (record) => {
          this.#bytes += sizeOf(record);
          return this.#producer.append(record);
        });
        changelogRecords += written;
        this.#alive();
      }
      const offsets = tasks.flatMap((task) => task.offsets(this.#identity(task)));
      await this.#retrying(() => this.#producer.commitOffsets(member, offsets));
    } catch (error) {
      if (!isLogError(error) || error.kind !== 'abortable') throw error;
      return undefined;
    }
    if (!(await this.#endTransaction())) return undefined;
    this.#alive();
    const info: CheckpointInfo = {
      number: this.#counters.checkpoints + 1,
      records: tasks.reduce((sum, task) => sum + task.processed, 0),
      timers: tasks.reduce((sum, task) => sum + task.fired, 0),
      outputs: this.#outputs,
      changelogRecords,
      duration: clock.monotonic() - started,
    };
    for (const task of tasks) task.commit(task.checkpoint + 1);
    this.#count(info);
    return info;
  }

  /** Takes the transaction under way back. */
  async abort(): Promise<void> {
    this.#outputs = 0;
    this.#bytes = 0;
    this.#counters.aborts++;
    await this.#retrying(() => this.#producer.abort());
    this.#alive();
  }

  /**
   * I5: once EndTxn(commit) is on the wire, only its success means committed, and whatever else comes back may have come
   * after it was applied: the incarnation ends, and the next one reads what was committed. Nothing goes back from memory.
   */
  async #endTransaction(): Promise<boolean> {
    this.#alive();
    this.undecided = true;
    try {
      await this.#retrying(() => this.#producer.commit());
      this.undecided = false;
      return true;
    } catch (error) {
      if (isLogError(error) && this.#sabotage.rewindAfterUnknownOutcome === true) return false;
      if (!isLogError(error) || error.kind !== 'abortable') throw error;
      throw new LogError('unknown-outcome', `the commit may have been applied: ${error.message}`, { cause: error });
    }
  }

  #identity(task: Task): CheckpointIdentity {
    const { producerId, epoch } = this.#producer;
    return { checkpoint: task.checkpoint + 1, producerId, epoch, state: task.kept.length > 0 };
  }

  #retrying(request: () => Promise<void>): Promise<void> {
    return retrying(this.#clock, this.#alive, request);
  }

  #count(info: CheckpointInfo): void {
    const counters = this.#counters;
    counters.checkpoints++;
    counters.records += info.records;
    counters.timers += info.timers;
    counters.outputs += info.outputs;
    counters.changelogRecords += info.changelogRecords;
    counters.bytesWritten += this.#bytes;
    this.#outputs = 0;
    this.#bytes = 0;
  }
}

function sizeOf({ keyStart, keyEnd, valueStart, valueEnd }: OutgoingRecord): number {
  return keyEnd - keyStart + (valueEnd - valueStart);
}

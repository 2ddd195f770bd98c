import {
  type CommittedOffset,
  type GroupMember,
  isLogError,
  type Log,
  LogError,
  type Membership,
  type OutgoingRecord,
} from '../../log/port.ts';
import { type Clock, sleep } from '../../time/clock.ts';
import type { Append } from '../calls/stage.ts';
import type { Counters } from '../metrics.ts';
import type { LocalPositions } from '../opening/local-positions.ts';
import type { Pace } from '../pace.ts';
import { retrying } from '../retry.ts';
import type { Sabotage } from '../sabotage.ts';
import type { Task } from '../task.ts';
import type { CheckpointIdentity } from './checkpoint-record.ts';
import type { Outlet, SealedOutlet } from './outlet/outlet.ts';
import type { Turn } from './turn.ts';

/** A committed checkpoint. */
export interface CheckpointInfo {
  /** Counts the checkpoints of this run, from 1. */
  readonly number: number;
  /** Records processed since the checkpoint before. */
  readonly records: number;
  /** Timers fired since then. */
  readonly timers: number;
  /** Records and timers that failed since then, and were skipped, or lie in a topic for dead letters. */
  readonly skipped: number;
  readonly deadLetters: number;
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
  readonly pace: Pace;
  /** Throws when the job is to end. */
  readonly alive: () => void;
  readonly sabotage: Sabotage;
  readonly positions: LocalPositions;
  readonly log: Pick<Log, 'sizes'>;
}

/** A checkpoint that is sealed: what belongs to it is settled, and not yet whether it is committed. */
export interface SealedCheckpoint {
  readonly tasks: readonly Task[];
  /** Its transaction. Undefined where a sabotage has yet to serialise it. */
  readonly outlet: SealedOutlet | undefined;
  readonly offsets: readonly CommittedOffset[];
  /** I4: the generation under which it was sealed, in retries too. */
  readonly member: GroupMember;
  /** On the clock's `monotonic`. */
  readonly started: number;
  readonly outputs: number;
  readonly bytes: number;
  readonly changelogRecords: number;
}

/** What one instance commits, of all its tasks together: one checkpoint is filled while the one before is being ended. */
export class Transactions {
  /** Takes the outputs of tasks. */
  readonly append: Append;
  /** Takes dead letters: they are no outputs. */
  readonly appendAside: Append;
  readonly #outlet: Outlet;
  readonly #membership: Membership;
  readonly #world: TransactionsWorld;
  /** Takes the changelog. Giving way to others is part of its back-pressure: a large state is a long work. */
  readonly #appendChangelog: Append;
  /** True once EndTxn(commit) may be on the wire and was not answered with success: nothing else may follow under this epoch (I5). */
  undecided = false;
  /** Outputs since the barrier. */
  #outputs = 0;
  #bytes = 0;

  constructor(outlet: Outlet, membership: Membership, world: TransactionsWorld) {
    this.#outlet = outlet;
    this.#membership = membership;
    this.#world = world;
    const { outputs, changelog } = outlet;
    const append: Append = (record) => {
      this.#outputs++;
      this.#bytes += sizeOf(record);
      return outputs.append(record);
    };
    this.append = Object.assign(append, { sizes: world.log.sizes });
    this.appendAside = (record) => {
      this.#bytes += sizeOf(record);
      return outputs.append(record);
    };
    this.#appendChangelog = (record) => {
      this.#bytes += sizeOf(record);
      return changelog.append(record) ?? world.pace.step();
    };
  }

  /**
   * The barrier. Positions and outputs are those of now, and so is the changelog, which is serialised here (I17): no handler
   * may run until this resolves. What is emitted afterwards goes into the next transaction.
   * @throws LogError; where it is `abortable`, all tasks are to go back (I12)
   */
  async seal(tasks: readonly Task[]): Promise<SealedCheckpoint> {
    const { clock, sabotage } = this.#world;
    const started = clock.monotonic();
    for (const task of tasks) task.seal();
    const member = this.#membership.member();
    const offsets = tasks.flatMap((task) => task.offsets(this.#identity(task)));
    let changelogRecords = 0;
    if (sabotage.serialiseLate === undefined) changelogRecords = await this.#writeChangelog(tasks);
    else sabotage.serialiseLate(this.#outlet);
    const [outputs, bytes] = [this.#outputs, this.#bytes];
    const outlet = sabotage.serialiseLate === undefined ? this.#outlet.seal() : undefined;
    this.#outputs = 0;
    this.#bytes = 0;
    return { tasks, outlet, offsets, member, started, changelogRecords, outputs, bytes };
  }

  /**
   * Commits a sealed checkpoint: changelog, offsets and what was emitted, as the guarantee has it. Handlers may go on meanwhile.
   * Resolves to the error where it had to be aborted: then all tasks, also those not in it, are to go back (I12).
   * `turn` is its place where several may be under way.
   */
  async commit(sealed: SealedCheckpoint, turn: Turn | undefined): Promise<CheckpointInfo | LogError> {
    const { clock, counters, alive, sabotage } = this.#world;
    const { tasks, member, offsets } = sealed;
    try {
      const outlet = sealed.outlet ?? (await this.#serialiseLate(tasks));
      if (turn !== undefined && sabotage.disorder !== 'offsets') await turn.forOffsets();
      await this.#retrying(() => outlet.commitOffsets(member, offsets));
      turn?.offsetsSent();
      alive();
      if (sabotage.localStoreAhead === true) {
        for (const { local } of tasks) await local?.save(clock.now(), () => clock.turn());
      }
      if (turn !== undefined && sabotage.disorder !== 'commits') {
        await turn.forCommit();
        alive();
      }
      await this.#endTransaction(outlet);
    } catch (error) {
      if (!isLogError(error) || error.kind !== 'abortable') throw error;
      return error;
    }
    alive();
    const info: CheckpointInfo = {
      number: counters.checkpoints + 1,
      records: tasks.reduce((sum, task) => sum + task.sealed.records, 0),
      timers: tasks.reduce((sum, task) => sum + task.sealed.timers, 0),
      skipped: tasks.reduce((sum, task) => sum + task.sealed.skipped, 0),
      deadLetters: tasks.reduce((sum, task) => sum + task.sealed.deadLetters, 0),
      outputs: sealed.outputs,
      changelogRecords: sealed.changelogRecords,
      duration: clock.monotonic() - sealed.started,
    };
    for (const task of tasks) task.commit();
    for (const task of tasks) await task.keep(clock, alive);
    this.#world.positions.look(tasks);
    counters.checkpoints++;
    counters.records += info.records;
    counters.timers += info.timers;
    counters.skipped += info.skipped;
    counters.deadLetters += info.deadLetters;
    counters.outputs += info.outputs;
    counters.changelogRecords += info.changelogRecords;
    counters.bytesWritten += sealed.bytes;
    return info;
  }

  /** Takes everything back that is not committed. No commit may be under way. */
  async abort(): Promise<void> {
    this.#outputs = 0;
    this.#bytes = 0;
    this.#world.counters.aborts++;
    await this.#retrying(() => this.#outlet.abort());
    this.#world.alive();
  }

  async #serialiseLate(tasks: readonly Task[]): Promise<SealedOutlet> {
    await sleep(this.#world.clock, 1);
    await this.#writeChangelog(tasks);
    return this.#outlet.seal();
  }

  async #writeChangelog(tasks: readonly Task[]): Promise<number> {
    const { clock, alive } = this.#world;
    let records = 0;
    for (const task of tasks) {
      records += await task.writeChangelog(this.#identity(task), clock.now(), this.#appendChangelog);
      alive();
    }
    return records;
  }

  /**
   * I5: once EndTxn(commit) is on the wire, only its success means committed, and whatever else comes back may have come after
   * it was applied: the incarnation ends, and the next one reads what was committed. Nothing goes back from memory then.
   * A producer says `abortable` only where it has written none.
   */
  async #endTransaction(outlet: SealedOutlet): Promise<void> {
    this.undecided = true;
    try {
      await this.#retrying(() => outlet.commit());
    } catch (error) {
      if (isLogError(error) && this.#world.sabotage.rewindAfterUnknownOutcome === true)
        throw new LogError('abortable', error.message);
      if (isLogError(error) && error.kind === 'abortable') this.undecided = false;
      throw error;
    }
    this.undecided = false;
  }

  #identity(task: Task): CheckpointIdentity {
    const { producerId, epoch } = this.#outlet;
    const at = Math.round(this.#world.clock.now());
    const { sealedCheckpoint: checkpoint, hasChangelog: state, origin } = task;
    return { checkpoint, producerId, epoch, state, at, origin };
  }

  #retrying(request: () => Promise<void>): Promise<void> {
    return retrying(this.#world.clock, this.#world.alive, request);
  }
}

function sizeOf({ keyStart, keyEnd, valueStart, valueEnd }: OutgoingRecord): number {
  return keyEnd - keyStart + (valueEnd - valueStart);
}

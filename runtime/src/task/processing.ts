import { type FetchedPartition, isLogError, type Log, type Source } from '../log/port.ts';
import { isRecordsLost } from '../log/records-lost.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { Clock } from '../time/clock.ts';
import type { Assignments } from './assignments.ts';
import { Blockers } from './checkpoint/blockers.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import type { Lane } from './lane.ts';
import type { Counters } from './metrics.ts';
import { TableReader } from './opening/table-reader.ts';
import type { Pace } from './pace.ts';
import { BoundedCursor } from './positions/bounded-cursor.ts';
import { goOnAfterLoss } from './positions/lost-records.ts';
import type { Ends } from './positions/until.ts';
import type { Roster } from './roster.ts';
import type { Portion } from './waiting-portions.ts';

/** Without anything to do, the loop looks up this often, in milliseconds. */
const IDLE_WAIT = 1000;

export interface ProcessingWorld {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly counters: Counters;
  /** Of a bounded run. */
  readonly ends: Ends | undefined;
  readonly log: Log;
  readonly jobLog: JobLog;
}

export interface ProcessingParts {
  readonly source: Source;
  readonly roster: Roster;
  readonly assignments: Assignments;
  readonly checkpoints: Checkpoints;
}

/** Fetches records and gives them to the tasks, with checkpoints and the group's wishes in between. */
export class Processing {
  readonly #world: ProcessingWorld;
  readonly #source: Source;
  readonly #roster: Roster;
  readonly #assignments: Assignments;
  readonly #checkpoints: Checkpoints;
  readonly #alive: () => void;
  readonly #blockers: Blockers;

  /** `alive` throws when the job is to end. */
  constructor(parts: ProcessingParts, world: ProcessingWorld, alive: () => void) {
    this.#world = world;
    this.#source = parts.source;
    this.#roster = parts.roster;
    this.#assignments = parts.assignments;
    this.#checkpoints = parts.checkpoints;
    this.#alive = alive;
    this.#blockers = new Blockers(world, () => parts.roster.readingCommitted());
  }

  /** Until the job is to stop, or done. */
  async run(): Promise<void> {
    const { pace, clock } = this.#world;
    while (!pace.halted) {
      await this.#assignments.follow();
      if (this.isDone()) return;
      try {
        const fetched = await this.#poll();
        this.#alive();
        this.#roster.check();
        await this.#process(this.#portions(fetched));
        this.#alive();
        this.#roster.look(clock.monotonic());
        this.#blockers.look();
        await this.#fire();
        if (clock.monotonic() >= pace.checkpointAt) await this.#checkpoints.due();
      } catch (error) {
        if (!isLogError(error) || error.kind !== 'abortable') throw error;
        await this.#checkpoints.rewind(error);
      }
    }
    this.#alive();
  }

  async #poll(): Promise<readonly FetchedPartition[]> {
    const [source, roster, alive] = [this.#source, this.#roster, this.#alive];
    try {
      return await source.poll(this.#wait());
    } catch (error) {
      if (!isRecordsLost(error)) throw error;
      alive();
      await goOnAfterLoss(error, { ...this.#world, source, roster, alive });
      return [];
    }
  }

  /** True where the run is bounded, and all is processed up to its end. */
  isDone(): boolean {
    const assignments = this.#assignments;
    if (this.#world.ends === undefined || !assignments.assigned) return false;
    if (this.#checkpoints.rejoining || assignments.isCalled || assignments.isOpening) return false;
    if (!this.#roster.isCaughtUp()) return false;
    return this.#roster.quietFor(this.#world.clock) > 0;
  }

  #wait(): number {
    const { pace, clock } = this.#world;
    if (this.#assignments.isCalled || pace.halted) return 0;
    return Math.max(0, Math.min(IDLE_WAIT, this.#roster.quietFor(clock), this.#checkpoints.wait()));
  }

  /** Timers that are due have their handlers called: by the clock, or since a partition is idle now. */
  async #fire(): Promise<void> {
    const timed = this.#roster.timed();
    if (timed.length === 0) return;
    const { rewinds } = this.#checkpoints;
    const now = this.#world.clock.now();
    for (const task of timed) {
      // It may have moved away while timers of others fired.
      while (this.#roster.task(task.number) === task) {
        const pending = task.firing?.step(now);
        if (pending === undefined) break;
        await this.#between(pending);
        if (this.#checkpoints.rewinds !== rewinds) return;
      }
    }
  }

  /** Waits for a handler, or for the turn of others, and lets a checkpoint and the group have theirs. */
  async #between(pending: Promise<void>): Promise<void> {
    const { clock, pace } = this.#world;
    await pending;
    // A handler that only seems to wait gives way to nobody.
    const turn = pace.step();
    if (turn !== undefined) await turn;
    this.#alive();
    if (clock.monotonic() >= pace.checkpointAt) await this.#checkpoints.due();
    // One record may make many timers due.
    await this.#checkpoints.relieve();
    if (this.#assignments.isCalled) await this.#assignments.follow();
  }

  /** What waited and may go on, and what was fetched, with who takes it. */
  #portions(fetched: readonly FetchedPartition[]): readonly Portion[] {
    const waited = this.#roster.waiting.take();
    // Whose they are is settled now: a task that moves away and comes back meanwhile goes on where the group says.
    const given = fetched.flatMap((part): Portion[] => {
      const target = this.#roster.target(part.topic, part.partition);
      if (target === undefined) return [];
      // Mostly it ends with the last record of a fetch: a lane that has met one kind of cursor alone is faster.
      const isBounded = !(target instanceof TableReader) && part.nextOffset > target.end;
      return [{ part, target, records: isBounded ? new BoundedCursor(part.records, target.end) : part.records }];
    });
    this.#world.counters.bytesRead += given.reduce((bytes, { part }) => bytes + part.bytes, 0);
    return waited.length === 0 ? given : [...waited, ...given];
  }

  async #process(portions: readonly Portion[]): Promise<void> {
    const { pace, counters } = this.#world;
    const checkpoints = this.#checkpoints;
    const { rewinds } = checkpoints;
    for (const portion of portions) {
      const { part, target, records } = portion;
      const { topic, partition } = part;
      if (pace.halted) return;
      if (this.#roster.target(topic, partition) !== target) continue;
      if (target instanceof TableReader) {
        const before = target.records;
        const waits = target.apply(part);
        if (waits !== undefined) this.#roster.waiting.add(portion, waits);
        counters.tableRecords += target.records - before;
        await pace.look();
        continue;
      }
      target.leaderEpoch = Math.max(target.leaderEpoch, part.leaderEpoch);
      for (;;) {
        const pending = target.step(records);
        if (pending === undefined) break;
        await this.#between(pending);
        if (checkpoints.rewinds === rewinds) await this.#fire();
        if (checkpoints.rewinds !== rewinds) return;
        if (this.#roster.target(topic, partition) !== target) break;
      }
      if (pace.halted) return;
      if (this.#roster.target(topic, partition) === target) this.#leave(portion, target);
      await checkpoints.relieve();
      if (checkpoints.rewinds !== rewinds) return;
    }
  }

  /** A lane takes no more of what was fetched for now: it is at its end, or the next record waits. */
  #leave(portion: Portion, lane: Lane): void {
    const { end, waits } = lane;
    const { nextOffset } = portion.part;
    if (waits !== undefined) {
      this.#roster.waiting.add(portion, waits);
      return;
    }
    lane.passed(Math.min(nextOffset, end));
    if (nextOffset >= end) this.#roster.finish(lane);
  }
}

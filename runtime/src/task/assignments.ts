import { isLogError, type Log, LogError } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { LocalStores } from '../state/local/local-store.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { type Bags, defineBags } from './bags.ts';
import type { HandlerLimit } from './calls/handler-limit.ts';
import type { Checkpoints } from './checkpoints.ts';
import { runHook } from './hooks.ts';
import type { GroupEvent, Mailbox } from './mailbox.ts';
import type { Counters } from './metrics.ts';
import { findEnds, openTasks } from './open-tasks.ts';
import type { Pace } from './pace.ts';
import type { JobPlan } from './plan.ts';
import type { StartFrom } from './resume.ts';
import type { Roster } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import { TableReader } from './table-reader.ts';
import { Task } from './task.ts';

export interface AssignmentsWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly pace: Pace;
  readonly counters: Counters;
  readonly startFrom: StartFrom;
  /** True where the job is done with what its inputs hold when it takes them on. */
  readonly untilLatest: boolean;
  readonly sabotage: Sabotage;
  /** Where state is kept on this machine; undefined for memory. */
  readonly stores: LocalStores | undefined;
}

export interface AssignmentsParts {
  readonly mailbox: Mailbox;
  readonly roster: Roster;
  readonly checkpoints: Checkpoints;
  readonly limit: HandlerLimit;
}

/** What the group gives this member, and asks back. */
export class Assignments {
  /** True when the group has answered for the first time. */
  assigned = false;
  readonly #plan: JobPlan;
  readonly #world: AssignmentsWorld;
  readonly #bags: Bags;
  readonly #mailbox: Mailbox;
  readonly #roster: Roster;
  readonly #checkpoints: Checkpoints;
  readonly #limit: HandlerLimit;
  readonly #alive: () => void;
  readonly #wake: () => void;
  readonly #globals = new Map<string, TableReader>();

  /** `alive` throws when the job is to end; `wake` lets the loop look for what there is to do. */
  constructor(plan: JobPlan, parts: AssignmentsParts, world: AssignmentsWorld, alive: () => void, wake: () => void) {
    this.#plan = plan;
    this.#world = world;
    this.#bags = defineBags({
      state: Object.keys(plan.declaration.state),
      tables: plan.tables.map(({ name }) => name),
      outputs: plan.outputs.map(({ name }) => name),
    });
    this.#mailbox = parts.mailbox;
    this.#roster = parts.roster;
    this.#checkpoints = parts.checkpoints;
    this.#limit = parts.limit;
    this.#alive = alive;
    this.#wake = wake;
  }

  /** Does what the group has asked for meanwhile. */
  async follow(): Promise<void> {
    for (;;) {
      this.#alive();
      const event = this.#mailbox.take();
      if (event === undefined) return;
      try {
        await this.#handle(event);
      } catch (error) {
        // The event is taken: to go on after an abort would leave its tasks aside.
        if (!isLogError(error) || error.kind !== 'abortable') throw error;
        throw new LogError('retriable', error.message, { cause: error });
      }
    }
  }

  /** A stop waits for the new generation before its last checkpoint. */
  async settle(): Promise<void> {
    while (this.#checkpoints.rejoining && this.#roster.hasWork) {
      if (this.#mailbox.isEmpty) await sleep(this.#world.clock, 5);
      await this.follow();
    }
  }

  /** The work of all tasks is committed, and they end. */
  async stopAll(): Promise<void> {
    for (const task of this.#roster.tasks()) await this.#stop(task);
  }

  async #handle(event: GroupEvent): Promise<void> {
    const checkpoints = this.#checkpoints;
    // I6: before tasks are given up, or others taken on, what was done is committed.
    await checkpoints.make();
    if (event.kind === 'revoked') {
      // Where it could not be, since this member was rejoining already, it is undone.
      if (this.#roster.hasWork) await checkpoints.rewind(undefined);
      for (const number of event.tasks) {
        const task = this.#roster.task(number);
        if (task === undefined) continue;
        if (this.#world.sabotage.keepHalfTasks === true) this.#roster.halve(task);
        else await this.#stop(task);
      }
      if (event.tasks.length > 0) this.#world.jobLog.info({ tasks: event.tasks }, 'tasks given up');
      checkpoints.rejoining = true;
      event.done();
      return;
    }
    checkpoints.rejoining = false;
    this.assigned = true;
    await checkpoints.make();
    if (event.tasks.length > 0 && !this.#world.pace.halted) await this.#open(event.tasks);
  }

  async #open(numbers: readonly number[]): Promise<void> {
    const { log, clock, counters, startFrom, jobLog, pace, sabotage } = this.#world;
    const plan = this.#plan;
    for (const input of plan.tables) {
      if (!input.global || this.#globals.has(input.name)) continue;
      this.#globals.set(input.name, new TableReader(plan.declaration, input));
    }
    const globals = [...this.#globals.values()];
    const limit = this.#limit;
    const isOver = (): boolean => pace.killed || this.#mailbox.loss !== undefined || limit.isExceeded;
    const { append } = this.#checkpoints.transactions;
    const { stores } = this.#world;
    const bags = this.#bags;
    const wake = this.#wake;
    const surroundings = { plan, bags, pace, append, log: jobLog, clock, isOver, wake, limit, sabotage, stores };
    const tasks = numbers.map((number) => {
      const tables = plan.tables.map((input) => {
        return this.#globals.get(input.name) ?? new TableReader(plan.declaration, input, number);
      });
      return new Task(number, surroundings, tables);
    });
    const world = { log, clock, plan, startFrom, counters, jobLog, alive: this.#alive, sabotage };
    const fresh = await openTasks(world, tasks, globals);
    for (const task of tasks) this.#roster.add(task);
    // I20: start positions are committed before the first record, in a transaction of their own.
    const due = sabotage.skipStartPositions === true ? [] : fresh;
    for (let left = due; left.length > 0; left = left.filter(({ checkpoint }) => checkpoint < 0)) {
      await this.#checkpoints.commit(left);
    }
    if (this.#world.untilLatest) await findEnds(log, tasks);
    for (const task of tasks) {
      this.#alive();
      await runHook(plan.hooks, 'onStart', task);
    }
    this.#alive();
    for (const task of tasks) this.#roster.start(task);
    // Those that were read already may have caught up with where a task was elsewhere.
    for (const table of globals) this.#roster.startTable(table);
    this.#checkpoints.begin();
    jobLog.info({ tasks: numbers, of: plan.tasks }, 'tasks taken on');
  }

  /** The task's work is committed. */
  async #stop(task: Task): Promise<void> {
    this.#roster.remove(task);
    await runHook(this.#plan.hooks, 'onStop', task);
    this.#alive();
  }
}

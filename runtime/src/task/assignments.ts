import { covers, sameLayout, tasksOf } from '../log/layout.ts';
import { isLogError, type Layout, type Log, LogError } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { LocalStores } from '../state/local/local-store.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { type Bags, defineBags } from './calls/bags.ts';
import type { HandlerLimit } from './calls/handler-limit.ts';
import type { Checkpoints } from './checkpoint/checkpoints.ts';
import { FailedRecords } from './errors/failed-records.ts';
import { runHook } from './hooks.ts';
import type { GroupEvent, Mailbox } from './mailbox.ts';
import type { Counters } from './metrics.ts';
import { Opening } from './opening/opening.ts';
import { TableReader } from './opening/table-reader.ts';
import type { Pace } from './pace.ts';
import type { Discovery } from './plan/discovery.ts';
import type { JobPlan } from './plan/plan.ts';
import { following, layoutOf, sameTopics } from './plan/replan.ts';
import type { StartNotice } from './positions/start-notice.ts';
import type { TopicsRead } from './positions/topics-read.ts';
import type { Ends } from './positions/until.ts';
import type { Roster } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import { Task } from './task.ts';

export interface AssignmentsWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly pace: Pace;
  readonly counters: Counters;
  /** Of a bounded run. */
  readonly ends: Ends | undefined;
  /** Says once where tasks begin, or go on. */
  readonly startNotice: StartNotice;
  /** By this run, in incarnations before as well. */
  readonly topicsRead: TopicsRead;
  readonly sabotage: Sabotage;
  /** Where state is kept on this machine; undefined for memory. */
  readonly stores: LocalStores | undefined;
}

export interface AssignmentsParts {
  readonly mailbox: Mailbox;
  readonly roster: Roster;
  readonly checkpoints: Checkpoints;
  readonly discovery: Discovery;
  readonly limit: HandlerLimit;
}

/**
 * What the group gives this member, and asks back. Tasks it gives are opened beside the loop, one lot after another; the loop
 * takes them on when they are ready.
 */
export class Assignments {
  /** True when the group has answered for the first time. */
  assigned = false;
  /** With the topics and partitions that the group follows. */
  #plan: JobPlan;
  readonly #world: AssignmentsWorld;
  readonly #bags: Bags;
  readonly #mailbox: Mailbox;
  readonly #roster: Roster;
  readonly #checkpoints: Checkpoints;
  readonly #discovery: Discovery;
  readonly #limit: HandlerLimit;
  readonly #failures: FailedRecords;
  readonly #alive: () => void;
  readonly #wake: () => void;
  readonly #globals = new Map<string, TableReader>();
  #opening: Opening | undefined;
  /** Tasks whose opening has not begun. */
  #waiting: readonly number[] = [];

  /** `alive` throws when the job is to end; `wake` lets the loop look for what there is to do. */
  constructor(plan: JobPlan, parts: AssignmentsParts, world: AssignmentsWorld, alive: () => void, wake: () => void) {
    this.#plan = plan;
    this.#world = world;
    world.topicsRead.keep(new Set(layoutOf(plan).map(({ topic }) => topic)));
    this.#bags = defineBags({
      state: Object.keys(plan.declaration.state),
      tables: plan.tables.map(({ name }) => name),
      outputs: plan.outputs.map(({ name }) => name),
    });
    this.#mailbox = parts.mailbox;
    this.#roster = parts.roster;
    this.#checkpoints = parts.checkpoints;
    this.#discovery = parts.discovery;
    this.#limit = parts.limit;
    const { clock, counters, jobLog } = world;
    const append = parts.checkpoints.transactions.appendAside;
    this.#failures = new FailedRecords(plan.errors, { job: plan.declaration.name, clock, counters, jobLog, append });
    this.#alive = alive;
    this.#wake = wake;
  }

  /** True where there are tasks that are not taken on yet. */
  get isOpening(): boolean {
    return this.#opening !== undefined || this.#waiting.length > 0;
  }

  /** True where `follow` has something to do. */
  get isCalled(): boolean {
    return !this.#mailbox.isEmpty || this.#opened() !== undefined;
  }

  /** Does what the group has asked for meanwhile, and takes on tasks that are ready. */
  async follow(): Promise<void> {
    for (;;) {
      this.#alive();
      const event = this.#mailbox.take();
      const opened = this.#opened();
      if (event === undefined && opened === undefined) return;
      try {
        if (event !== undefined) await this.#handle(event);
        else if (opened !== undefined) await this.#end(opened);
      } catch (error) {
        // The event is taken: to go on after an abort would leave its tasks aside.
        if (!isLogError(error) || error.kind !== 'abortable') throw error;
        throw new LogError('retriable', error.message, { cause: error });
      }
      this.#openNext();
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
    this.callOff();
    for (const task of this.#roster.tasks()) await this.#stop(task);
  }

  /** No more tasks are taken on. */
  callOff(): void {
    this.#opening?.callOff();
    this.#opening = undefined;
    this.#waiting = [];
  }

  async #handle(event: GroupEvent): Promise<void> {
    if (event.kind === 'revoked') {
      await this.#giveUp(event.tasks);
      event.done();
      return;
    }
    this.#checkpoints.rejoining = false;
    this.assigned = true;
    await this.#follow(event.layout);
    this.#waiting = [...this.#waiting, ...event.tasks];
  }

  /**
   * The group reads other topics or partitions from this generation on: what was done is committed, and all tasks are opened
   * anew, with lanes for those that are new. All members do so, and nobody commits as it was before (I4, I23).
   */
  async #follow(layout: Layout): Promise<void> {
    const { known } = this.#discovery;
    // Who does not know them has no tasks now.
    if (!covers(layoutOf(known), layout)) return this.#discovery.lookFor(layout);
    if (tasksOf(layout) === 0 || sameLayout(layout, layoutOf(this.#plan))) return;
    const checkpoints = this.#checkpoints;
    const running = this.#roster.tasks();
    const opening = this.#opening?.tasks() ?? [];
    const again = [...running, ...opening].map(({ number }) => number);
    await checkpoints.settle();
    // Offsets of a topic that is gone cannot be committed any more: what was done since the last checkpoint is done again.
    const followed = new Set(layout.map(({ topic }) => topic));
    this.#world.topicsRead.keep(followed);
    const gone = running.some(({ lanes }) => lanes.some(({ topic }) => !followed.has(topic)));
    if (gone && this.#roster.hasWork) await checkpoints.rewind(undefined);
    else await checkpoints.make();
    for (const task of running) await this.#stop(task);
    this.#opening?.callOff();
    this.#opening = undefined;
    this.#waiting = [...again, ...this.#waiting];
    const before = this.#plan;
    this.#plan = following(known, layout);
    for (const [name, table] of this.#globals) {
      if (sameTopics(before, this.#plan, name)) continue;
      this.#globals.delete(name);
      this.#roster.removeTable(table);
    }
    this.#world.jobLog.info(
      { tasks: again, of: this.#plan.tasks },
      'tasks are opened anew, with the topics that there are now',
    );
  }

  async #giveUp(numbers: readonly number[]): Promise<void> {
    const checkpoints = this.#checkpoints;
    this.#drop(numbers);
    // I6: before tasks are given up, what was done is committed. Where nothing of them runs, I4 asks for an answer only.
    const running = numbers.flatMap((number) => this.#roster.task(number) ?? []);
    if (running.length === 0) await checkpoints.settle();
    else await checkpoints.make();
    // Where it could not be, since this member was rejoining already, it is undone.
    if (running.length > 0 && this.#roster.hasWork) await checkpoints.rewind(undefined);
    for (const task of running) {
      if (this.#world.sabotage.keepHalfTasks === true) this.#roster.halve(task);
      else await this.#stop(task);
    }
    if (numbers.length > 0) this.#world.jobLog.info({ tasks: numbers }, 'tasks given up');
    checkpoints.rejoining = true;
  }

  /** Of tasks that do not run yet. */
  #drop(numbers: readonly number[]): void {
    this.#waiting = this.#waiting.filter((number) => !numbers.includes(number));
    this.#opening?.drop(numbers);
    if (this.#opening?.isCalledOff === true) this.#opening = undefined;
  }

  #openNext(): void {
    if (this.#opening !== undefined || this.#waiting.length === 0 || this.#world.pace.halted) return;
    this.#opening = this.#open(this.#waiting);
    this.#waiting = [];
  }

  #open(numbers: readonly number[]): Opening {
    const { log, clock, counters, ends, startNotice, topicsRead, jobLog, pace, sabotage, stores } = this.#world;
    const plan = this.#plan;
    const globals = plan.tables
      .filter(({ global }) => global)
      .map((input) => this.#globals.get(input.name) ?? new TableReader(plan.declaration, input, this.#failures));
    const shared = new Map(globals.map((table) => [table.input.name, table]));
    const limit = this.#limit;
    const isOver = (): boolean => pace.killed || this.#mailbox.loss !== undefined || limit.isExceeded;
    const { append } = this.#checkpoints.transactions;
    const bags = this.#bags;
    const wake = this.#wake;
    const failures = this.#failures;
    const surroundings = {
      plan,
      bags,
      pace,
      append,
      log: jobLog,
      clock,
      isOver,
      wake,
      limit,
      sabotage,
      stores,
      failures,
    };
    const tasks = numbers.map((number) => {
      const tables = plan.tables.map((input) => {
        return shared.get(input.name) ?? new TableReader(plan.declaration, input, this.#failures, number);
      });
      return new Task(number, surroundings, tables);
    });
    const world = { log, clock, plan, ends, startNotice, topicsRead, counters, jobLog, alive: this.#alive, sabotage };
    return new Opening(world, tasks, globals, wake);
  }

  /** The opening that has come to its end, if one has; while this member rejoins, it waits (I4). */
  #opened(): Opening | undefined {
    return this.#opening?.result === undefined || this.#checkpoints.rejoining ? undefined : this.#opening;
  }

  async #end(opening: Opening): Promise<void> {
    const { result } = opening;
    const tasks = opening.tasks();
    this.#opening = undefined;
    if (result === undefined || this.#world.pace.halted) return;
    if ('fresh' in result) {
      const fresh = result.fresh.filter((task) => tasks.includes(task));
      return this.#takeOn(tasks, fresh, opening.globals);
    }
    if (opening.isWhole) throw result.error;
    // It may have failed with what others have already: once more, without that.
    this.#world.jobLog.info({ err: result.error }, 'tasks could not be opened while some of them were given up');
    this.#waiting = [...tasks.map(({ number }) => number), ...this.#waiting];
  }

  async #takeOn(tasks: readonly Task[], fresh: readonly Task[], globals: readonly TableReader[]): Promise<void> {
    const plan = this.#plan;
    const checkpoints = this.#checkpoints;
    // I20: start positions are committed before the first record, in a transaction of their own.
    const due = this.#world.sabotage.skipStartPositions === true ? [] : fresh;
    if (due.length > 0) await checkpoints.make();
    for (const task of tasks) this.#roster.add(task);
    const before = new Map(due.map((task) => [task, task.checkpoint]));
    for (let left = due; left.length > 0; left = left.filter((task) => task.checkpoint === before.get(task))) {
      await checkpoints.commit(left);
    }
    for (const task of tasks) {
      this.#alive();
      await runHook(plan.hooks, 'onStart', task);
    }
    this.#alive();
    for (const task of tasks) {
      this.#roster.start(task);
      this.#world.topicsRead.begun(task.lanes);
    }
    for (const table of globals) {
      this.#globals.set(table.input.name, table);
      // Those that were read already may have caught up with where a task was elsewhere.
      this.#roster.startTable(table);
    }
    checkpoints.begin();
    this.#world.jobLog.info({ tasks: tasks.map(({ number }) => number), of: plan.tasks }, 'tasks taken on');
  }

  /** The task's work is committed. */
  async #stop(task: Task): Promise<void> {
    this.#roster.remove(task);
    await runHook(this.#plan.hooks, 'onStop', task);
    this.#alive();
  }
}

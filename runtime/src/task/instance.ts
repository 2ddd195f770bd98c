import {
  type FetchedPartition,
  isLogError,
  type Log,
  LogError,
  type Membership,
  type Source,
  type TransactionalProducer,
} from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import { atMost, type Clock, sleep } from '../time/clock.ts';
import { type Bags, defineBags } from './bags.ts';
import { ensureChangelog } from './changelog-topic.ts';
import { runHook } from './hooks.ts';
import { JobError, reasonOf } from './job-error.ts';
import { type GroupEvent, Mailbox } from './mailbox.ts';
import type { Counters } from './metrics.ts';
import { findEnds, openTasks } from './open-tasks.ts';
import type { Pace } from './pace.ts';
import type { JobPlan } from './plan.ts';
import type { StartFrom } from './resume.ts';
import { Roster } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import { TableReader } from './table-reader.ts';
import { Task } from './task.ts';
import { type CheckpointInfo, Transactions } from './transactions.ts';

/** Without anything to do, the loop looks up this often, in milliseconds. */
const IDLE_WAIT = 1000;
/** Aborts in a row before the job gives up. */
const MAX_ABORTS = 8;
/** A member that lost its place ends within this time, in milliseconds, unless a handler holds it up: then without it. */
const LEAVE_WITHIN = 1000;
/** A producer is fenced before the group says that its member was replaced: longer than between two heartbeats, in milliseconds. */
const REPLACED_WITHIN = 5000;

export interface InstanceWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly jobLog: JobLog;
  readonly pace: Pace;
  readonly counters: Counters;
  readonly startFrom: StartFrom;
  /** True where the job is done with what its inputs hold when it takes them on. */
  readonly untilLatest: boolean;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  readonly onCheckpoint: (info: CheckpointInfo) => Promise<void>;
  readonly sabotage: Sabotage;
}

/** One incarnation of an instance: a member of the group, a transactional producer, and the tasks it was given. */
export class Instance {
  readonly #plan: JobPlan;
  readonly #world: InstanceWorld;
  readonly #bags: Bags;
  readonly #mailbox: Mailbox;
  readonly #source: Source;
  readonly #roster: Roster;
  readonly #globals = new Map<string, TableReader>();
  readonly #death = new AbortController();
  #producer: TransactionalProducer | undefined;
  #membership: Membership | undefined;
  #transactions: Transactions | undefined;
  #assigned = false;
  /** True from giving tasks up to the next generation: no offsets are committed meanwhile (I4). */
  #rejoining = false;
  /** Counts rewinds: records fetched before one are not to be processed after it. */
  #rewinds = 0;
  #abortsInARow = 0;

  constructor(plan: JobPlan, world: InstanceWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#bags = defineBags({
      state: Object.keys(plan.declaration.state),
      tables: plan.tables.map(({ name }) => name),
      outputs: plan.outputs.map(({ name }) => name),
    });
    this.#source = world.log.source();
    this.#roster = new Roster(this.#source);
    this.#mailbox = new Mailbox(() => this.#source.wake());
    world.pace.checkpointAt = world.clock.monotonic() + world.checkpointInterval;
  }

  /**
   * Runs until it is stopped, or done.
   * @throws JobError, or the LogError that ended this incarnation
   */
  async run(): Promise<void> {
    const life = this.#live();
    await Promise.race([life, this.#expulsion(life)]);
  }

  /** Rejects when this member has lost its place, and a handler that does not settle keeps it from noticing. */
  async #expulsion(life: Promise<void>): Promise<never> {
    await this.#mailbox.whenLost;
    await atMost(this.#world.clock, LEAVE_WITHIN, life);
    this.#close();
    throw this.#lost();
  }

  async #live(): Promise<void> {
    try {
      const transactions = await this.#start();
      this.#transactions = transactions;
      do {
        await this.#loop(transactions);
        await this.#leaveGeneration(transactions);
        await this.#checkpoint(transactions);
      } while (!this.#world.pace.halted && !this.#isDone());
      for (const task of this.#roster.tasks()) await this.#stopTask(task);
      await this.#membership?.end({ leave: true });
    } catch (error) {
      await this.#giveUp(error);
      throw this.#mailbox.loss === undefined ? error : this.#lost();
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.#source.close();
    this.#producer?.close();
  }

  /** `pace` says something new. */
  wake(): void {
    this.#source.wake();
  }

  /** As if the process were gone: nobody says good-bye to the group, and the transaction stays open. */
  kill(): void {
    this.#death.abort();
    this.#close();
  }

  /** I2: the producer's init, which ends what a predecessor left open, and joining, at the same time. */
  async #start(): Promise<Transactions> {
    const { log } = this.#world;
    const { group, instance, transactionalId, tasks, changelog } = this.#plan;
    const topics = [...this.#plan.streams, ...this.#plan.tables]
      .filter(({ global }) => !global)
      .flatMap((input) => input.topics.map(({ name }) => name));
    if (changelog !== undefined) await ensureChangelog(log, changelog, tasks);
    this.#alive();
    const join = { group, instance, static: this.#plan.static, topics, tasks, signal: this.#death.signal };
    const initialised = log.producer(transactionalId).then((producer) => {
      this.#producer = producer;
      return producer;
    });
    const joined = log.join(join, this.#mailbox).then((membership) => {
      this.#membership = membership;
      return membership;
    });
    // Of both, also where one fails: what the other got is to be given back.
    await Promise.allSettled([initialised, joined]);
    if (this.#world.pace.killed) this.kill();
    this.#alive();
    const [producer, membership] = [await initialised, await joined];
    return new Transactions(producer, membership, { ...this.#world, alive: () => this.#alive() });
  }

  async #loop(transactions: Transactions): Promise<void> {
    const { pace, clock } = this.#world;
    while (!pace.halted) {
      await this.#handleEvents(transactions);
      if (this.#isDone()) return;
      try {
        const fetched = await this.#source.poll(this.#wait());
        this.#alive();
        await this.#process(fetched, transactions);
        this.#alive();
        if (clock.monotonic() >= pace.checkpointAt) await this.#checkpoint(transactions);
      } catch (error) {
        if (!isLogError(error) || error.kind !== 'abortable') throw error;
        await this.#rewind(transactions, error);
      }
    }
    this.#alive();
  }

  #wait(): number {
    if (!this.#mailbox.isEmpty || this.#world.pace.halted) return 0;
    const dirty = this.#roster.dirty().length > 0 && !this.#rejoining;
    return dirty
      ? Math.max(0, Math.min(IDLE_WAIT, this.#world.pace.checkpointAt - this.#world.clock.monotonic()))
      : IDLE_WAIT;
  }

  async #process(fetched: readonly FetchedPartition[], transactions: Transactions): Promise<void> {
    const { clock, pace, counters } = this.#world;
    const rewinds = this.#rewinds;
    // Whose they are is settled now: a task that moves away and comes back meanwhile goes on where the group says.
    const targets = fetched.map(({ topic, partition }) => this.#roster.target(topic, partition));
    for (const [i, part] of fetched.entries()) {
      const { topic, partition } = part;
      const target = targets[i];
      if (target === undefined || this.#roster.target(topic, partition) !== target) continue;
      counters.bytesRead += part.bytes;
      if (target instanceof TableReader) {
        const before = target.records;
        target.apply(part);
        counters.tableRecords += target.records - before;
        await pace.look();
        continue;
      }
      for (;;) {
        const pending = target.step(part.records);
        if (pending === undefined) break;
        await pending;
        // A handler that only seems to wait gives way to nobody.
        const turn = pace.step();
        if (turn !== undefined) await turn;
        this.#alive();
        if (clock.monotonic() >= pace.checkpointAt) await this.#checkpoint(transactions);
        if (!this.#mailbox.isEmpty) await this.#handleEvents(transactions);
        if (this.#rewinds !== rewinds) return;
        if (this.#roster.target(topic, partition) !== target) break;
      }
      if (pace.halted) return;
      if (this.#roster.target(topic, partition) === target) target.position = part.nextOffset;
    }
  }

  /** A checkpoint of all tasks that did something; never of none. */
  async #checkpoint(transactions: Transactions): Promise<void> {
    const { clock, pace, checkpointInterval } = this.#world;
    const tasks = this.#roster.dirty();
    if (tasks.length === 0 || this.#rejoining) return;
    // Start to start: a slow one is followed at once.
    pace.checkpointAt = clock.monotonic() + checkpointInterval;
    await this.#commit(transactions, tasks);
  }

  async #commit(transactions: Transactions, tasks: readonly Task[]): Promise<void> {
    const info = await transactions.commit(tasks);
    if (info === undefined) {
      await this.#rewind(transactions, undefined);
      return;
    }
    this.#abortsInARow = 0;
    this.#world.jobLog.debug(info, `checkpoint ${info.number}`);
    await this.#world.onCheckpoint(info);
    this.#alive();
  }

  /** Aborts the transaction, with everything in it: all tasks go back to the last checkpoint, together (I12). */
  async #rewind(transactions: Transactions, cause: unknown): Promise<void> {
    const { jobLog, clock } = this.#world;
    if (++this.#abortsInARow > MAX_ABORTS) {
      const message = `${MAX_ABORTS} transactions in a row were aborted${cause === undefined ? '' : `: ${reasonOf(cause)}`}`;
      throw new JobError('JOB_LOG_FAILED', message, { cause });
    }
    jobLog.warn({ err: cause }, 'the transaction was aborted: its records are processed again');
    await transactions.abort();
    this.#rewinds++;
    this.#roster.rollback(this.#world.sabotage);
    await sleep(clock, 2 ** this.#abortsInARow);
    this.#alive();
  }

  async #handleEvents(transactions: Transactions): Promise<void> {
    for (;;) {
      this.#alive();
      const event = this.#mailbox.take();
      if (event === undefined) return;
      try {
        await this.#handleEvent(event, transactions);
      } catch (error) {
        // The event is taken: to go on after an abort would leave its tasks aside.
        if (!isLogError(error) || error.kind !== 'abortable') throw error;
        throw new LogError('retriable', error.message, { cause: error });
      }
    }
  }

  async #handleEvent(event: GroupEvent, transactions: Transactions): Promise<void> {
    // I6: before tasks are given up, or others taken on, what was done is committed.
    await this.#checkpoint(transactions);
    if (event.kind === 'revoked') {
      // Where it could not be, since this member was rejoining already, it is undone.
      if (this.#roster.dirty().length > 0) await this.#rewind(transactions, undefined);
      for (const number of event.tasks) {
        const task = this.#roster.task(number);
        if (task !== undefined) await this.#stopTask(task);
      }
      this.#rejoining = true;
      event.done();
      return;
    }
    this.#rejoining = false;
    this.#assigned = true;
    await this.#checkpoint(transactions);
    if (event.tasks.length > 0 && !this.#world.pace.halted) await this.#openTasks(event.tasks, transactions);
  }

  /** A stop waits for the new generation before its last checkpoint. */
  async #leaveGeneration(transactions: Transactions): Promise<void> {
    while (this.#rejoining && this.#roster.dirty().length > 0) {
      if (this.#mailbox.isEmpty) await sleep(this.#world.clock, 5);
      await this.#handleEvents(transactions);
    }
  }

  async #openTasks(numbers: readonly number[], transactions: Transactions): Promise<void> {
    const { log, clock, counters, startFrom, jobLog, pace, sabotage } = this.#world;
    const alive = (): void => this.#alive();
    const plan = this.#plan;
    const newGlobals = plan.tables.filter(({ global, name }) => global && !this.#globals.has(name));
    for (const input of newGlobals) this.#globals.set(input.name, new TableReader(plan.declaration, input));
    const isOver = (): boolean => pace.killed || this.#mailbox.loss !== undefined;
    const surroundings = { plan, bags: this.#bags, pace, append: transactions.append, log: jobLog, isOver };
    const tasks = numbers.map((number) => {
      const tables = plan.tables.map((input) => {
        return this.#globals.get(input.name) ?? new TableReader(plan.declaration, input, number);
      });
      return new Task(number, surroundings, tables);
    });
    const globals = newGlobals.flatMap(({ name }) => this.#globals.get(name) ?? []);
    const fresh = await openTasks({ log, clock, plan, startFrom, counters, alive, sabotage }, tasks, globals);
    for (const task of tasks) this.#roster.add(task);
    // I20: start positions are committed before the first record, in a transaction of their own.
    const due = sabotage.skipStartPositions === true ? [] : fresh;
    for (let left = due; left.length > 0; left = left.filter(({ checkpoint }) => checkpoint < 0)) {
      await this.#commit(transactions, left);
    }
    if (this.#world.untilLatest) await findEnds(log, tasks);
    for (const task of tasks) {
      this.#alive();
      await runHook(plan.hooks, 'onStart', task);
    }
    this.#alive();
    for (const task of tasks) this.#roster.start(task);
    for (const table of globals) this.#roster.startTable(table);
  }

  /** The task's work is committed. */
  async #stopTask(task: Task): Promise<void> {
    this.#roster.remove(task);
    await runHook(this.#plan.hooks, 'onStop', task);
    this.#alive();
  }

  #isDone(): boolean {
    if (!this.#world.untilLatest || !this.#assigned || this.#rejoining || !this.#mailbox.isEmpty) return false;
    return this.#roster.isCaughtUp();
  }

  /** After an error: what can be is tidied up, without hiding the error. */
  async #giveUp(error: unknown): Promise<void> {
    const { pace, clock, jobLog } = this.#world;
    if (pace.killed) return;
    const fenced = isLogError(error) && error.kind === 'fenced';
    // Who took this instance's name joins as well: then it is to stay, and this one to go.
    if (fenced && this.#plan.static) await atMost(clock, REPLACED_WITHIN, this.#mailbox.whenLost);
    const lost = fenced || this.#mailbox.loss !== undefined;
    const replaced = this.#mailbox.loss === 'replaced';
    // I5: after an unknown outcome nothing may follow under this epoch; the next incarnation's init settles it.
    const unknown = this.#transactions?.undecided === true || (isLogError(error) && error.kind === 'unknown-outcome');
    try {
      // Also of a member that was expelled: its transaction would hold up readers of its outputs. It harms nobody else.
      if (!replaced && !unknown) await this.#producer?.abort().catch(unlessFenced);
      await this.#membership?.end({ leave: !lost });
    } catch (failure) {
      jobLog.warn({ err: failure }, 'tidying up after the failure failed as well');
    }
  }

  #alive(): void {
    if (this.#world.pace.killed)
      throw new JobError('JOB_KILLED', 'the job was killed; its next run resumes from the last checkpoint');
    if (this.#mailbox.loss !== undefined) throw this.#lost();
  }

  /** For good where another has the name now; else the job may join anew. */
  #lost(): JobError | LogError {
    const { instance, group } = this.#plan;
    if (this.#mailbox.loss === 'replaced') {
      const advice = 'Another instance of that name has taken over: give each its own `instance`';
      return new JobError('JOB_FENCED', `instance ${instance} is no member of group ${group} any more. ${advice}`);
    }
    return new LogError('fenced', `group ${group} expelled instance ${instance}, which did not answer in time`);
  }
}

/** Whoever fenced a producer has ended its transaction. */
function unlessFenced(error: unknown): void {
  if (!isLogError(error) || error.kind !== 'fenced') throw error;
}

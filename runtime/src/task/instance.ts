import { isLogError, type Log, LogError, type Membership, type Seat, type Source } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { LocalStores } from '../state/local/local-store.ts';
import { atMost, type Clock } from '../time/clock.ts';
import { Assignments } from './assignments.ts';
import { HandlerLimit } from './calls/handler-limit.ts';
import { Checkpoints } from './checkpoint/checkpoints.ts';
import { openOutlet } from './checkpoint/outlet/open-outlet.ts';
import type { Outlet } from './checkpoint/outlet/outlet.ts';
import { type CheckpointInfo, Transactions } from './checkpoint/transactions.ts';
import { handlerTimeoutOf } from './guards/time-limits.ts';
import { JobError } from './job-error.ts';
import { Mailbox } from './mailbox.ts';
import type { Counters } from './metrics.ts';
import { LocalPositions } from './opening/local-positions.ts';
import type { Pace } from './pace.ts';
import { type ChangelogOptions, ensureChangelog } from './plan/changelog-topic.ts';
import { Discovery } from './plan/discovery.ts';
import type { JobPlan } from './plan/plan.ts';
import { layoutOf } from './plan/replan.ts';
import { jobSource } from './positions/job-source.ts';
import type { StartNotice } from './positions/start-notice.ts';
import type { TopicsRead } from './positions/topics-read.ts';
import type { Ends } from './positions/until.ts';
import { Processing } from './processing.ts';
import { type Progress, Roster } from './roster.ts';
import type { Sabotage } from './sabotage.ts';

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
  readonly changelog: ChangelogOptions;
  /** Of a bounded run. */
  readonly ends: Ends | undefined;
  /** Says once where tasks begin, or go on. */
  readonly startNotice: StartNotice;
  /** By this run, in incarnations before as well. */
  readonly topicsRead: TopicsRead;
  /** In milliseconds, start to start. */
  readonly checkpointInterval: number;
  /** How many checkpoints may be under way at once. */
  readonly concurrentCheckpoints: number;
  readonly onCheckpoint: (info: CheckpointInfo) => Promise<void>;
  readonly sabotage: Sabotage;
  /** Where state is kept on this machine; undefined for memory. */
  readonly stores: LocalStores | undefined;
  /** Of the run, one incarnation after another. */
  readonly seat: Seat;
}

/** One incarnation of an instance: a member of the group, a transactional producer, and the tasks it was given. */
export class Instance {
  readonly #plan: JobPlan;
  readonly #world: InstanceWorld;
  readonly #mailbox: Mailbox;
  readonly #source: Source;
  readonly #roster: Roster;
  readonly #limit: HandlerLimit;
  readonly #death = new AbortController();
  #outlet: Outlet | undefined;
  #membership: Membership | undefined;
  #transactions: Transactions | undefined;
  #checkpoints: Checkpoints | undefined;
  #assignments: Assignments | undefined;
  #discovery: Discovery | undefined;
  /** Why the job cannot go on with the topics that there are now. */
  #unfit: { readonly error: unknown } | undefined;
  /** What a handler that took too long has ended it with. */
  #overdue: JobError | undefined;
  #tidied: Promise<void> | undefined;

  /** @throws JobError with code `JOB_OPTIONS` where the log has too little patience for such a job */
  constructor(plan: JobPlan, world: InstanceWorld) {
    this.#plan = plan;
    this.#world = world;
    const { checkpointInterval, concurrentCheckpoints } = world;
    const { handlerTimeout } = plan.declaration;
    const transactions = plan.transactionalId !== undefined;
    const settings = { checkpointInterval, concurrentCheckpoints, handlerTimeout, transactions };
    const limit = handlerTimeoutOf(settings, world.log.limits);
    this.#limit = new HandlerLimit(limit, world.clock);
    this.#source = jobSource(world.log, plan, () => this.#discovery?.known ?? plan);
    this.#roster = new Roster(this.#source);
    this.#mailbox = new Mailbox(() => this.#source.wake());
  }

  /**
   * Runs until it is stopped, or done.
   * @throws JobError, or the LogError that ended this incarnation
   */
  async run(): Promise<void> {
    const life = this.#live();
    await Promise.race([life, this.#expulsion(life), this.#overtime()]);
  }

  /**
   * Rejects when a handler has taken too long. This member leaves: others get its tasks, and are not held up with it. What the
   * handler still does has no effect.
   */
  async #overtime(): Promise<never> {
    this.#overdue = await this.#limit.exceeded;
    await this.#giveUp(this.#overdue);
    this.#close();
    throw this.#overdue;
  }

  /** Rejects when this member has lost its place, and a handler that does not settle keeps it from noticing. */
  async #expulsion(life: Promise<void>): Promise<never> {
    await this.#mailbox.whenLost;
    await atMost(this.#world.clock, LEAVE_WITHIN, life);
    this.#close();
    throw this.#lost();
  }

  async #live(): Promise<void> {
    const { pace } = this.#world;
    try {
      const transactions = await this.#start();
      this.#transactions = transactions;
      const alive = (): void => this.#alive();
      const [mailbox, source, roster] = [this.#mailbox, this.#source, this.#roster];
      const wake = (): void => source.wake();
      const checkpoints = new Checkpoints(transactions, roster, this.#world, alive, wake);
      this.#checkpoints = checkpoints;
      const discovery = this.#discover();
      this.#discovery = discovery;
      const given = { mailbox, roster, checkpoints, discovery, limit: this.#limit };
      const assignments = new Assignments(this.#plan, given, this.#world, alive, wake);
      this.#assignments = assignments;
      const parts = { source, roster, assignments, checkpoints };
      const processing = new Processing(parts, this.#world, alive);
      do {
        await processing.run();
        await assignments.settle();
        await checkpoints.make();
      } while (!pace.halted && !processing.isDone());
      await assignments.stopAll();
      await this.#outlet?.finish();
      await this.#membership?.end({ leave: true });
    } catch (error) {
      await this.#giveUp(error);
      throw this.#mailbox.loss === undefined ? error : this.#lost();
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.#assignments?.callOff();
    this.#discovery?.close();
    this.#limit.close();
    this.#source.close();
    this.#outlet?.close();
  }

  progress(): Progress {
    return this.#roster.progress();
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
    const { group, instance, changelog } = this.#plan;
    if (changelog !== undefined) await ensureChangelog(log, changelog, this.#plan, this.#world.changelog);
    this.#alive();
    const { seat } = this.#world;
    const layout = layoutOf(this.#plan);
    const join = { group, instance, static: this.#plan.static, seat, layout, signal: this.#death.signal };
    const opened = openOutlet(log, this.#plan, this.#world.sabotage, this.#death.signal).then((outlet) => {
      this.#outlet = outlet;
      return outlet;
    });
    const joined = log.join(join, this.#mailbox).then((membership) => {
      this.#membership = membership;
      return membership;
    });
    // Of both, also where one fails: what the other got is to be given back.
    await Promise.allSettled([opened, joined]);
    if (this.#world.pace.killed) this.kill();
    this.#alive();
    const [outlet, membership] = [await opened, await joined];
    const positions = new LocalPositions(log, this.#world.clock, changelog);
    return new Transactions(outlet, membership, { ...this.#world, positions, alive: () => this.#alive() });
  }

  /** A bounded run reads what there is when it begins. */
  #discover(): Discovery {
    const { ends, log, clock, jobLog } = this.#world;
    return new Discovery(this.#plan, {
      log,
      clock,
      jobLog,
      off: ends !== undefined,
      news: (layout) => this.#membership?.know(layout),
      failed: (error) => {
        this.#unfit = { error };
        this.#source.wake();
      },
    });
  }

  /** After an error: what can be is tidied up, without hiding the error. */
  #giveUp(error: unknown): Promise<void> {
    this.#tidied ??= this.#tidyUp(error);
    return this.#tidied;
  }

  async #tidyUp(error: unknown): Promise<void> {
    const { pace, clock, jobLog } = this.#world;
    if (pace.killed) return;
    const fenced = isLogError(error) && error.kind === 'fenced';
    // Its offsets may be committed still, and nothing may follow its EndTxn before that is answered (I5).
    await this.#checkpoints?.decided();
    if (this.#world.sabotage.keepPartialEffects === 'at the end') await this.#checkpoints?.make();
    // Who took this instance's name joins as well: then it is to stay, and this one to go.
    if (fenced && this.#plan.static) await atMost(clock, REPLACED_WITHIN, this.#mailbox.whenLost);
    const lost = fenced || this.#mailbox.loss !== undefined;
    const replaced = this.#mailbox.loss === 'replaced';
    // I5: after an unknown outcome nothing may follow under this epoch; the next incarnation's init settles it.
    const unknown = this.#transactions?.undecided === true || (isLogError(error) && error.kind === 'unknown-outcome');
    const failed = (failure: unknown): void =>
      jobLog.warn({ err: failure }, 'tidying up after the failure failed as well');
    // Also of a member that was expelled: its transaction would hold up readers of its outputs. It harms nobody else.
    if (!replaced && !unknown) await this.#outlet?.abort().catch(unlessFenced).catch(failed);
    // Whatever became of that: a member that goes on with its heartbeats would keep tasks that nobody works on. One with a configured
    // name is most likely back soon: until its session ends, its tasks wait for it.
    await this.#membership?.end({ leave: !lost && !this.#plan.static }).catch(failed);
  }

  #alive(): void {
    if (this.#world.pace.killed)
      throw new JobError('JOB_KILLED', 'the job was killed; its next run resumes from the last checkpoint');
    if (this.#mailbox.loss !== undefined) throw this.#lost();
    if (this.#overdue !== undefined) throw this.#overdue;
    if (this.#unfit !== undefined) throw this.#unfit.error;
  }

  /** For good where another has the name now, or the group refuses it; else the job may join anew. */
  #lost(): JobError | LogError {
    const { instance, group } = this.#plan;
    if (this.#mailbox.loss === 'replaced') {
      const advice = 'Another instance of that name has taken over: give each its own `instance`';
      return new JobError('JOB_FENCED', `instance ${instance} is no member of group ${group} any more. ${advice}`);
    }
    const cause = this.#mailbox.lossCause;
    if (isLogError(cause) && cause.kind === 'fatal') return cause;
    return new LogError('fenced', `group ${group} expelled instance ${instance}, which did not answer in time`, {
      cause,
    });
  }
}

/** Whoever fenced a producer has ended its transaction. */
function unlessFenced(error: unknown): void {
  if (!isLogError(error) || error.kind !== 'fenced') throw error;
}

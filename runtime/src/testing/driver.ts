import type { SchemaSource } from '../format/schema-source.ts';
import type { Job, JobShape } from '../job/declaration.ts';
import { type DrivenJob, startWith } from '../job/run.ts';
import { type HookedMemoryLog, memoryLogWith } from '../log/memory/memory-log.ts';
import type { ProducedRecord } from '../log/memory/produced-record.ts';
import type { DeadLetter } from '../task/errors/read-dead-letter.ts';
import { isJobError, type JobError } from '../task/job-error.ts';
import type { JobMetrics } from '../task/metrics.ts';
import { transactionalIdPrefix } from '../task/plan/plan.ts';
import { capturedLog, type LogLine } from './captured-log.ts';
import { type DrivenMember, drivenLog } from './driven-log.ts';
import { drivenRegistry } from './driven-registry.ts';
import { DriverClock } from './driver-clock.ts';
import type { DriverRead, DriverSend, DriverState, ReadOptions, SendOptions } from './driver-types.ts';
import { Failures, type LogFailure, type LogRequest, type PlannedFailure } from './failures.ts';
import { DEFAULT_NOW, DEFAULT_PATIENCE, type DriveOptions, millisecondsOf } from './options.ts';
import { Pump } from './pump.ts';
import { StateView } from './state-view.ts';
import { DrivenTopics } from './topics.ts';
import { watchHandlers } from './watched-handlers.ts';

/**
 * A job in the hands of a test. What is awaited here is done when the promise resolves: nothing goes on by itself.
 * Where the job has failed, the next thing awaited throws its error; from then on the job is down, as after `crash()`.
 */
export interface Driver<S extends JobShape> {
  /** Sends a record to an input, and resolves when the job has processed it. While the job is down the record waits. */
  readonly send: DriverSend<S>;
  /** Sends bytes as they are to a topic: of another writer's schema, or corrupt ones. Resolves as `send` does. */
  produce(record: ProducedRecord): Promise<void>;
  /** What came out, decoded. */
  readonly read: DriverRead<S>;
  /** Records that the job went on without, as `onError` says, in all topics for dead letters. */
  deadLetters(options?: ReadOptions): readonly DeadLetter[];
  /** What the job remembers, as of the last checkpoint. */
  readonly state: DriverState<S>;
  /** What was logged by handlers and by the runtime. */
  readonly logs: readonly LogLine[];
  /** What time it is. */
  readonly now: Date;
  /** Lets time pass, such as `'5 s'` or a number of milliseconds: checkpoints and timers come when they are due. */
  advance(time: number | string): Promise<void>;
  /** Commits what was done since the last checkpoint, if anything. */
  checkpoint(): Promise<void>;
  /** What the present run of the job has done, or the last one where it is down. */
  metrics(): JobMetrics;
  /** Ends the job as `kill -9` does: nothing is flushed, committed or said. */
  crash(): Promise<void>;
  /** Stops the job as a deployment does, with a last checkpoint. */
  stop(): Promise<void>;
  /** Stops the job if it runs, and starts it again: `next`, or as it was. Resolves when it has caught up. */
  restart(next?: Job<S>): Promise<void>;
  /** Another instance of the job's name takes over. Resolves to the error that the job ends with: code `JOB_FENCED`. */
  fence(): Promise<JobError>;
  /** The group expels the job, as it does with a member that stood still. The job starts over by itself. */
  expel(): Promise<void>;
  /** Lets the next requests of a kind fail: one of them, or as many as `times` says. */
  fail(request: LogRequest, how: LogFailure, options?: { readonly times?: number | undefined }): PlannedFailure;
  /** Nothing fails any more. */
  heal(): void;
}

/** The driver of a job by its type: `DriverOf<AirportDelays>`. */
export type DriverOf<J> = J extends Job<infer S> ? Driver<S> : never;

interface Run {
  readonly job: DrivenJob;
  readonly calls: Set<{ readonly handler: string }>;
}

const INSTANCE = 'driver';

export class JobDriver<S extends JobShape> implements Driver<S> {
  readonly send: DriverSend<S>;
  readonly read: DriverRead<S>;
  readonly state: DriverState<S>;
  readonly logs: LogLine[] = [];
  readonly #options: DriveOptions;
  readonly #clock: DriverClock;
  readonly #log: HookedMemoryLog;
  readonly #failures: Failures;
  readonly #topics: DrivenTopics;
  readonly #pump: Pump;
  readonly #group: string;
  readonly #partitions: number;
  readonly #schemas: SchemaSource | undefined;
  #job: Job<S>;
  #run: Run | undefined;
  #member: DrivenMember | undefined;
  #metrics: (() => JobMetrics) | undefined;
  /** Why the job failed, until someone has heard it. */
  #failure: { readonly error: unknown } | undefined;
  /** What was asked for last: one thing is done after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(job: Job<S>, options: DriveOptions) {
    this.#job = job;
    this.#options = options;
    this.#group = options.group ?? job.declaration.name;
    this.#partitions = options.partitions ?? 1;
    this.#schemas = options.schemas === undefined ? undefined : drivenRegistry(options.schemas);
    this.#clock = new DriverClock(Number(options.now ?? DEFAULT_NOW), options.seed ?? 1);
    this.#log = memoryLogWith({ clock: this.#clock }, {});
    this.#failures = new Failures(this.#clock);
    this.#topics = new DrivenTopics(this.#log, options.topics ?? {});
    this.#pump = new Pump({
      clock: this.#clock,
      patience: options.patience ?? DEFAULT_PATIENCE,
      calls: () => Array.from(this.#run?.calls ?? [], ({ handler }) => handler),
      check: () => this.#check(),
    });
    const { inputs, outputs, state } = job.declaration;
    this.send = members(inputs, ({ topic }) => async (value: unknown, given: SendOptions<unknown> = {}) => {
      this.#topics.send(topic, value, given);
      await this.#inTurn(() => this.#settle());
    });
    this.read = members(outputs, (topic) => (given?: ReadOptions) => this.#topics.read(topic, given));
    const view = new StateView(job.declaration, this.#log, `${this.#group}-changelog`);
    this.state = members(state, (_, name) => ({ get: (key: unknown) => view.get(name, key) }));
  }

  get now(): Date {
    return new Date(this.#clock.now());
  }

  produce(record: ProducedRecord): Promise<void> {
    this.#log.produce([record]);
    return this.#inTurn(() => this.#settle());
  }

  deadLetters(options?: ReadOptions): readonly DeadLetter[] {
    return this.#topics.deadLetters(this.#job.declaration, options);
  }

  advance(time: number | string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#pump.advance(millisecondsOf(time));
      // Timers may have fired.
      if (this.#options.checkpoints !== 'interval' && this.#run?.job.progress()?.dirty === true)
        await this.#checkpoint();
    });
  }

  checkpoint(): Promise<void> {
    return this.#inTurn(() => this.#checkpoint());
  }

  metrics(): JobMetrics {
    if (this.#metrics === undefined) throw new TypeError('the job has not run yet');
    return this.#metrics();
  }

  crash(): Promise<void> {
    return this.#inTurn(async () => {
      this.#kill();
      this.#failure = undefined;
      await this.#pump.quiet();
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  restart(next?: Job<S>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop();
      if (next !== undefined) this.#job = next;
      this.#start();
      await this.#settle();
    });
  }

  fence(): Promise<JobError> {
    return this.#inTurn(async () => {
      const id = transactionalIdPrefix(this.#group) + INSTANCE;
      const join = { group: this.#group, instance: INSTANCE, static: true, layout: [] };
      (await this.#log.producer(id)).close();
      await this.#log.join(join, { revoked: async () => undefined, assigned: () => undefined, lost: () => undefined });
      try {
        await this.#pump.until('it is fenced', () => this.#run === undefined);
      } catch (error) {
        if (isJobError(error, 'JOB_FENCED')) return error;
        throw error;
      }
      throw new TypeError('the job does not run: there is nothing to fence');
    });
  }

  expel(): Promise<void> {
    return this.#inTurn(async () => {
      const member = this.#member;
      if (this.#run === undefined || member === undefined) throw new TypeError('the job does not run');
      await member.membership.end({ leave: true });
      member.listener.lost('expelled');
      await this.#settle();
    });
  }

  fail(
    request: LogRequest,
    how: LogFailure,
    { times = 1 }: { readonly times?: number | undefined } = {},
  ): PlannedFailure {
    const planned = typeof how === 'object' ? { delay: millisecondsOf(how.delay) } : how;
    return this.#failures.plan(request, planned, times);
  }

  heal(): void {
    this.#failures.clear();
  }

  #start(): void {
    const { declaration } = this.#job;
    this.#topics.create(declaration, this.#partitions);
    const calls = new Set<{ readonly handler: string }>();
    const late = (error: JobError): void => {
      if (this.#run !== run) return;
      this.#kill();
      this.#failure = { error };
    };
    const handlers = watchHandlers(this.#job.handlers, { declaration, calls, late });
    const log = drivenLog(this.#log, this.#failures, (member) => {
      this.#member = member;
    });
    const job = startWith(
      { declaration, handlers },
      {
        log,
        clock: this.#clock,
        logger: capturedLog(this.#clock, this.logs),
        instance: INSTANCE,
        group: this.#options.group,
        restart: this.#options.restart ?? { strategy: 'exponential', sameFailures: 1 },
      },
      { schemas: this.#schemas },
    );
    const run: Run = { job, calls };
    this.#run = run;
    this.#metrics = () => job.metrics();
    const ended = (failure: { readonly error: unknown } | undefined): void => {
      if (this.#run !== run) return;
      this.#run = undefined;
      this.#failure = failure;
    };
    job.result.then(
      () => ended(undefined),
      (error: unknown) => ended({ error }),
    );
  }

  async #stop(): Promise<void> {
    this.#check();
    const run = this.#run;
    if (run === undefined) return;
    run.job.stop().catch(() => undefined);
    await this.#pump.until('it stops', () => this.#run === undefined);
  }

  #kill(): void {
    this.#run?.job.kill();
    this.#run = undefined;
  }

  /** What was sent is processed, and committed where each send is. */
  async #settle(): Promise<void> {
    await this.#pump.until('what was sent is processed', () => this.#isCaughtUp());
    if (this.#options.checkpoints !== 'interval') await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    await this.#pump.until(
      'a checkpoint is committed',
      () => this.#isCommitted(),
      () => this.#run?.job.checkpoint(),
    );
  }

  #isCaughtUp(): boolean {
    if (this.#run === undefined) return true;
    const progress = this.#run.job.progress();
    if (progress === undefined) return false;
    const positions = new Map(
      progress.positions.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]),
    );
    const inputs = Object.values(this.#job.declaration.inputs).map(({ topic }) => topic);
    const ends = this.#topics.ends(inputs);
    return ends.every(({ topic, partition, end }) => (positions.get(`${topic}-${partition}`) ?? -1) >= end);
  }

  async #isCommitted(): Promise<boolean> {
    if (this.#run === undefined) return true;
    // A job that has just started over has nothing to commit, and its records again before it.
    if (!this.#isCaughtUp() || this.#run.job.progress()?.dirty !== false) return false;
    return (await this.#log.openTransactions(transactionalIdPrefix(this.#group))).length === 0;
  }

  /** Throws what the job failed with, once. */
  #check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const done = this.#last.then(what);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** An object with a member for each of the declaration's: the types are those of the job's shape. */
function members<T, B>(declared: { readonly [name: string]: T }, make: (declared: T, name: string) => unknown): B {
  return Object.fromEntries(Object.entries(declared).map(([name, each]) => [name, make(each, name)])) as B;
}

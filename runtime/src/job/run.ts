import { isLogError, type Log } from '../log/port.ts';
import { consoleLog } from '../ops/console-log.ts';
import { type JobLog, silentLog, withFields } from '../ops/job-log.ts';
import { Instance, type InstanceWorld } from '../task/instance.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import { type Counters, type JobMetrics, newCounters } from '../task/metrics.ts';
import { Pace } from '../task/pace.ts';
import { type JobPlan, planJob } from '../task/plan.ts';
import type { Progress } from '../task/roster.ts';
import type { Sabotage } from '../task/sabotage.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Job } from './declaration.ts';
import { checkOptions, type RunOptions, type RunResult } from './options.ts';

/** Pauses before the job starts over when the log fails, in milliseconds; a checkpoint in between counts from the first again. */
const RESTART_PAUSES: readonly number[] = [10, 100, 500, 2000, 5000, 10_000];

/** A job under way. */
export interface RunningJob {
  /** When it has ended. @throws JobError */
  readonly result: Promise<RunResult>;
  /** Asks it to stop: what was read is processed, and a last checkpoint made. */
  stop(): Promise<RunResult>;
  /**
   * Ends it as a crash would: nothing is flushed, aborted or said to the group. `result` rejects with code `JOB_KILLED`.
   * For demos and tests of recovery.
   */
  kill(): void;
  metrics(): JobMetrics;
}

/**
 * Runs a job until it is stopped or done, exactly once whatever happens in between: outputs, state and offsets
 * are committed together, and a run goes on where the last one of its group had come to.
 * @throws JobError; its `code` says why, its message what to do
 * @example
 * await run(job, { log, until: 'latest' });
 */
export function run(job: Job, options: RunOptions): Promise<RunResult> {
  return start(job, options).result;
}

/** As {@link run}, for who wants to stop, kill or watch it. */
export function start(job: Job, options: RunOptions): RunningJob {
  return startWith(job, options, {});
}

/** A job under way, as tests watch and drive it. */
export interface DrivenJob extends RunningJob {
  /** Makes a checkpoint due. */
  checkpoint(): void;
  /** Undefined before it is a member of its group. */
  progress(): Progress | undefined;
}

/** As {@link start}, with invariants left out where the simulation asks for it. For tests alone. */
export function startWith(job: Job, options: RunOptions, sabotage: Sabotage): DrivenJob {
  const clock = options.clock ?? systemClock;
  const pace = new Pace(clock);
  const counters = newCounters();
  const death = Promise.withResolvers<never>();
  let instance: Instance | undefined;
  const stop = (): void => {
    pace.halt();
    instance?.wake();
  };
  const life = live(job, options, { clock, pace, counters, sabotage }, (next) => {
    instance = next;
  });
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted) stop();
  const result = Promise.race([life, death.promise]).finally(() => options.signal?.removeEventListener('abort', stop));
  return {
    result,
    stop() {
      stop();
      return result;
    },
    kill() {
      if (pace.killed) return;
      pace.kill();
      instance?.kill();
      // Whoever kills a job knows that it failed; what it still does to end is of no interest.
      result.catch(() => undefined);
      life.catch(() => undefined);
      death.reject(killed());
    },
    metrics: () => ({ ...counters }),
    checkpoint() {
      pace.checkpointAt = Number.NEGATIVE_INFINITY;
      instance?.wake();
    },
    progress: () => instance?.progress(),
  };
}

interface Life {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly counters: Counters;
  readonly sabotage: Sabotage;
}

/** One incarnation after the other, until one ends well or fails for good. */
async function live(
  job: Job,
  options: RunOptions,
  { clock, pace, counters, sabotage }: Life,
  onInstance: (instance: Instance) => void,
): Promise<RunResult> {
  checkOptions(job.declaration.name, options);
  const started = clock.monotonic();
  const name =
    options.instance ??
    `instance-${Math.floor(clock.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')}`;
  const logger = options.logger === false ? silentLog : (options.logger ?? consoleLog({ clock }));
  const jobLog = withFields(logger, { job: job.declaration.name, instance: name });
  let failures = 0;
  const world: InstanceWorld = {
    log: options.log,
    clock,
    jobLog,
    pace,
    counters,
    sabotage,
    startFrom: options.startFrom ?? 'earliest',
    untilLatest: options.until === 'latest',
    checkpointInterval: options.checkpointInterval ?? job.declaration.checkpointInterval,
    async onCheckpoint(info) {
      if (info.records > 0) failures = 0;
      try {
        await options.onCheckpoint?.(info);
      } catch (cause) {
        throw new JobError('JOB_HANDLER_FAILED', `onCheckpoint failed: ${reasonOf(cause)}`, { cause });
      }
    },
  };
  const ended = (reason: RunResult['reason']): RunResult => {
    const duration = clock.monotonic() - started;
    jobLog.info({ duration, ...counters }, reason === 'latest' ? 'job done' : 'job stopped');
    return { reason, instance: name, duration, metrics: { ...counters } };
  };
  let plan: JobPlan | undefined;
  for (;;) {
    try {
      plan = await planned(job, options, name);
      if (pace.killed) throw killed();
      const instance = new Instance(plan, world);
      onInstance(instance);
      await instance.run();
      return ended(pace.halted ? 'stopped' : 'latest');
    } catch (error) {
      const pause = RESTART_PAUSES[failures++];
      if (pause === undefined || pace.halted || !canRestart(error)) throw asJobError(error, name);
      jobLog.warn({ err: error }, 'the log failed: the job starts over from the last checkpoint');
      await pace.pause(pause);
      if (pace.killed) throw killed();
      if (pace.halted) {
        await endTransaction(options.log, plan, jobLog);
        return ended('stopped');
      }
      counters.restarts++;
    }
  }
}

/** What an incarnation left undecided would hold up readers until it times out: there is no next one to end it. */
async function endTransaction(log: Log, plan: JobPlan | undefined, jobLog: JobLog): Promise<void> {
  if (plan === undefined) return;
  try {
    (await log.producer(plan.transactionalId)).close();
  } catch (err) {
    jobLog.warn(
      { err },
      'the last transaction could not be ended: it holds readers up until it times out, or the job runs again',
    );
  }
}

function planned(job: Job, options: RunOptions, instance: string): Promise<JobPlan> {
  const { topics = {} } = options;
  const rename =
    typeof topics === 'function'
      ? topics
      : (declared: string) => (Object.hasOwn(topics, declared) ? (topics[declared] ?? declared) : declared);
  return planJob(job.declaration, job.handlers, options.log, {
    group: options.group ?? job.declaration.name,
    instance,
    static: options.instance !== undefined,
    rename,
  });
}

function killed(): JobError {
  return new JobError('JOB_KILLED', 'the job was killed; its next run resumes from the last checkpoint');
}

/** A handler that failed once fails again; only what befell the log may pass, a fence by a wrong guess included (I16). */
function canRestart(error: unknown): boolean {
  return isLogError(error) && error.kind !== 'fatal';
}

function asJobError(error: unknown, instance: string): unknown {
  if (isJobError(error) || !isLogError(error)) return error;
  if (error.kind === 'fenced') {
    const advice = 'Another instance of that name may have taken over: give each its own `instance`';
    return new JobError('JOB_FENCED', `instance ${instance} is fenced: ${error.message}. ${advice}`, {
      cause: error,
    });
  }
  return new JobError('JOB_LOG_FAILED', `the log failed (${error.kind}): ${reasonOf(error)}`, { cause: error });
}

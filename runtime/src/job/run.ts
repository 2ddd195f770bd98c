import type { Instance } from '../task/instance.ts';
import { type JobMetrics, newCounters } from '../task/metrics.ts';
import { Pace } from '../task/pace.ts';
import type { Progress } from '../task/roster.ts';
import { systemClock } from '../time/clock.ts';
import type { Job } from './declaration.ts';
import { killed, live, type TestParts } from './live.ts';
import type { RunOptions, RunResult } from './options.ts';

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
  /** Undefined between two incarnations. */
  progress(): Progress | undefined;
}

/** As {@link start}, with parts that tests put in the place of others. */
export function startWith(job: Job, options: RunOptions, { sabotage = {}, ...parts }: TestParts): DrivenJob {
  const clock = options.clock ?? systemClock;
  const pace = new Pace(clock);
  const counters = newCounters();
  const death = Promise.withResolvers<never>();
  let instance: Instance | undefined;
  const stop = (): void => {
    pace.halt();
    instance?.wake();
  };
  const life = live(job, options, { clock, pace, counters, sabotage, ...parts }, (next) => {
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

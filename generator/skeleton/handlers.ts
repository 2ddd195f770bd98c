import { HOOKS } from '../model/job-names.ts';
import type { JobModel } from '../model/model.ts';

/** A handler that a job calls. */
export interface HandlerModel {
  /** The input's topic, or the timer. */
  readonly name: string;
  /** What it calls the record's value, or the timer. */
  readonly parameter: string;
}

/** The member of handlers that holds those of timers. */
export const ON_TIMER = 'onTimer';

/** One for each stream input: tables have none. */
export function handlersOf(job: JobModel): readonly HandlerModel[] {
  return job.inputs.filter(({ as }) => as === 'stream').map(({ topic, parameter }) => ({ name: topic.id, parameter }));
}

/** One for each timer. */
export function timersOf(job: JobModel): readonly HandlerModel[] {
  return job.timers.map((name) => ({ name, parameter: 'timer' }));
}

/** As files are searched for it, and as people read it: `onTimer.close`. */
export function timerPath(name: string): string {
  return `${ON_TIMER}.${name}`;
}

/** Handlers of a job that a file lacks, and those it has in vain; those of timers by their paths. */
export function compareHandlers(
  job: JobModel,
  names: ReadonlySet<string>,
): { readonly missing: readonly string[]; readonly uncalled: readonly string[] } {
  const called = [...handlersOf(job).map(({ name }) => name), ...job.timers.map(timerPath)];
  return {
    missing: called.filter((name) => !names.has(name)),
    uncalled: [...names].filter((name) => !called.includes(name) && !HOOKS.includes(name)),
  };
}

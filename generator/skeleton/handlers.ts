import { HOOKS } from '../model/job-names.ts';
import type { JobModel } from '../model/model.ts';

/** A handler that a job calls. */
export interface HandlerModel {
  /** The input's topic. */
  readonly name: string;
  /** What it calls the record's value. */
  readonly parameter: string;
}

/** One for each stream input: tables have none. */
export function handlersOf(job: JobModel): readonly HandlerModel[] {
  return job.inputs.filter(({ as }) => as === 'stream').map(({ topic, parameter }) => ({ name: topic.id, parameter }));
}

/** Handlers of a job that a file lacks, and those it has in vain. */
export function compareHandlers(
  job: JobModel,
  names: ReadonlySet<string>,
): { readonly missing: readonly string[]; readonly uncalled: readonly string[] } {
  const called = handlersOf(job).map(({ name }) => name);
  return {
    missing: called.filter((name) => !names.has(name)),
    uncalled: [...names].filter((name) => !called.includes(name) && !HOOKS.includes(name)),
  };
}

import type { Log } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { JobDeclaration } from '../task/declaration.ts';
import type { Pace } from '../task/pace.ts';
import { discoveryOf } from '../task/plan/plan.ts';
import { checkFound, findTopics, type Naming, topicsOf } from '../task/plan/planned-topics.ts';

export interface FirstTopicsWorld {
  readonly log: Log;
  readonly pace: Pace;
  readonly jobLog: JobLog;
  readonly naming: Naming;
  /** In milliseconds, for all inputs; undefined for what is declared. */
  readonly discovery: number | false | undefined;
}

/** Whether there is a topic to begin with: there is, one came while it was waited for, or the job was to stop meanwhile. */
export type FirstTopics = 'there' | 'came' | 'stopped';

/**
 * Waits for the first topic of a job that finds all of its topics by patterns, and looks for new ones: how many tasks it has, and
 * how many partitions its changelog is to have, is not known before. Of any other job it asks nothing. To be called again, after a
 * failure too.
 * @throws JobError with code `JOB_UNKNOWN_TOPIC` where a topic is missing that has a name; LogError
 */
export function firstTopics(declaration: JobDeclaration, world: FirstTopicsWorld): () => Promise<FirstTopics> {
  const { log, pace, jobLog, naming } = world;
  // Partitions of global tables make no tasks.
  const inputs = Object.entries(declaration.inputs).filter(([, { as }]) => as !== 'global-table');
  const patterns = inputs.map(([, { topic }]) => String(topic.pattern));
  const interval = Math.min(
    ...inputs.map(([, input]) => discoveryOf(world.discovery, input, declaration) ?? Number.POSITIVE_INFINITY),
  );
  let isThere = inputs.some(([, { topic }]) => topic.pattern === undefined) || interval === Number.POSITIVE_INFINITY;
  /** Also before a failure: what comes now was not there when the run began. */
  let waited = false;
  return async () => {
    while (!isThere) {
      const found = await findTopics(declaration, log, naming);
      checkFound(declaration, found, naming);
      isThere = inputs.some(([, { topic }]) => topicsOf(topic, found, naming).length > 0);
      if (isThere) return waited ? 'came' : 'there';
      if (!waited)
        jobLog.warn({ patterns, interval }, 'no topic matches what the job reads: it waits for the first one');
      waited = true;
      await pace.pause(interval);
      if (pace.halted) return 'stopped';
    }
    return 'there';
  };
}

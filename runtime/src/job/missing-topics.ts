import type { JobLog } from '../ops/job-log.ts';
import { isJobError } from '../task/job-error.ts';
import type { Pace } from '../task/pace.ts';
import { GONE_AFTER, MISSING, topicGone } from '../task/plan/discovery.ts';
import type { JobPlan } from '../task/plan/plan.ts';
import { layoutOf } from '../task/plan/replan.ts';
import type { Clock } from '../time/clock.ts';

/** In milliseconds. */
const LOOK_EVERY = 500;

export interface ReplanWorld {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly jobLog: JobLog;
}

/**
 * Plans the job once more, for its next incarnation. `before` is the plan of the last one; undefined for the first, which
 * finds its topics or fails. Undefined where the job was to stop while it waited.
 * @throws JobError, where topics are missing for long that there were before: they were deleted under the job
 */
export async function replanned(
  plan: () => Promise<JobPlan>,
  before: JobPlan | undefined,
  { clock, pace, jobLog }: ReplanWorld,
): Promise<JobPlan | undefined> {
  const since = clock.monotonic();
  for (let said = false; ; said = true) {
    try {
      const next = await plan();
      if (before !== undefined) tellMissing(before, next, jobLog);
      return next;
    } catch (error) {
      if (before === undefined || !isJobError(error, 'JOB_UNKNOWN_TOPIC')) throw error;
      const { topic } = error;
      if (clock.monotonic() - since >= GONE_AFTER) throw topic === undefined ? error : topicGone(topic);
      if (!said) jobLog.warn({ topic }, MISSING);
      await pace.pause(LOOK_EVERY);
      if (pace.halted) return undefined;
    }
  }
}

/** Of patterns, which go on with the rest. */
function tellMissing(before: JobPlan, now: JobPlan, jobLog: JobLog): void {
  const found = new Set(layoutOf(now).map(({ topic }) => topic));
  for (const { topic } of layoutOf(before))
    if (!found.has(topic)) jobLog.warn({ topic }, 'a topic is missing, or was deleted: the job goes on without it');
}

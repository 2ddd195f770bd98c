import { parseDuration } from '@kgen/runtime';
import type { JobConfig } from '../config/config.ts';
import type { JobSurroundings } from './job-surroundings.ts';
import type { JobModel } from './model.ts';

/** A timer of JavaScript cannot wait longer. */
const LONGEST = 0x7fffffff;

/** What a job promises, how many checkpoints it makes at once, and how often it commits where it makes none. */
export function buildCommits(
  job: JobConfig,
  path: string,
  around: JobSurroundings,
): Pick<JobModel, 'guarantee' | 'autoCommitInterval' | 'concurrentCheckpoints'> {
  const guarantee = job.guarantee ?? 'exactly-once';
  const keeps = Object.keys(job.state ?? {}).length > 0 || (job.timers ?? []).length > 0;
  const checkpoints = guarantee !== 'none' || keeps;
  if (!checkpoints && job.checkpoint?.interval !== undefined) {
    const reason = 'a job of guarantee none without state makes no checkpoints';
    around.report(
      `${path}.checkpoint.interval`,
      reason,
      'Use `autoCommitInterval`, which says how often it commits offsets',
    );
  }
  const { concurrent } = job.checkpoint ?? {};
  if (concurrent !== undefined && concurrent > 1 && guarantee !== 'exactly-once') {
    const reason = `outputs of guarantee ${guarantee} wait for no transaction`;
    around.report(`${path}.checkpoint.concurrent`, reason, 'Remove it: one checkpoint at a time holds nothing up');
  }
  const several = concurrent === undefined ? {} : { concurrentCheckpoints: concurrent };
  if (job.autoCommitInterval === undefined) return { guarantee, ...several };
  const at = `${path}.autoCommitInterval`;
  if (checkpoints) {
    const why = guarantee === 'none' ? 'the job has state' : `its guarantee is ${guarantee}`;
    around.report(at, `offsets are committed with checkpoints: ${why}`, 'Use `checkpoint.interval`, or remove it');
  }
  return { guarantee, ...several, autoCommitInterval: milliseconds(job.autoCommitInterval, at, around) };
}

function milliseconds(duration: number | string, path: string, { report }: JobSurroundings): number {
  const parsed = parseDuration(duration);
  if ('reason' in parsed) {
    report(path, parsed.reason, parsed.hint);
    return LONGEST;
  }
  if (parsed.milliseconds < 1)
    report(path, 'commits need some time between them', "Give at least 1 ms; the default is '5 s'");
  if (parsed.milliseconds > LONGEST) report(path, 'no timer waits that long', 'Give less than 24 days');
  return parsed.milliseconds;
}

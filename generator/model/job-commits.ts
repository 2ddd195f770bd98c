import { parseDuration } from '@kgen/runtime';
import type { JobConfig } from '../config/config.ts';
import type { JobSurroundings } from './job-surroundings.ts';
import type { JobModel } from './model.ts';

/** A timer of JavaScript cannot wait longer. */
const LONGEST = 0x7fffffff;

type Commits = Pick<JobModel, 'guarantee' | 'commitOffsets' | 'autoCommitInterval' | 'concurrentCheckpoints'>;

/** What a job promises, where its offsets are, how many checkpoints it makes at once, and how often it commits where it makes none. */
export function buildCommits(job: JobConfig, path: string, around: JobSurroundings): Commits {
  const guarantee = job.guarantee ?? 'exactly-once';
  const offsets = job.commitOffsets === false ? { commitOffsets: false as const } : {};
  if (job.commitOffsets === false && guarantee === 'exactly-once') {
    const reason =
      'offsets are part of the transactions of exactly-once: by them Kafka knows an instance that has lost its tasks';
    around.report(`${path}.commitOffsets`, reason, "Remove it, or use guarantee: 'at-least-once'");
  }
  const kept = whatIsKept(job);
  const checkpoints = guarantee !== 'none' || kept !== undefined;
  if (!checkpoints && job.checkpoint?.interval !== undefined) {
    const reason = 'a job of guarantee none without state makes no checkpoints';
    const advice = 'Use `autoCommitInterval`, which says how often it commits offsets';
    around.report(`${path}.checkpoint.interval`, reason, advice);
  }
  const { concurrent } = job.checkpoint ?? {};
  if (concurrent !== undefined && concurrent > 1 && guarantee !== 'exactly-once') {
    const reason = `outputs of guarantee ${guarantee} wait for no transaction`;
    around.report(`${path}.checkpoint.concurrent`, reason, 'Remove it: one checkpoint at a time holds nothing up');
  }
  const several = concurrent === undefined ? {} : { concurrentCheckpoints: concurrent };
  const commits = { guarantee, ...offsets, ...several };
  if (job.autoCommitInterval === undefined) return commits;
  const at = `${path}.autoCommitInterval`;
  if (checkpoints) {
    const why = guarantee === 'none' ? kept : `its guarantee is ${guarantee}`;
    around.report(
      at,
      `the job makes checkpoints, and offsets are kept with them: ${why}`,
      'Use `checkpoint.interval`, or remove it',
    );
  }
  return { ...commits, autoCommitInterval: milliseconds(job.autoCommitInterval, at, around) };
}

/** Why a job has a changelog; undefined where it has none. */
function whatIsKept({ state = {}, timers = [], commitOffsets = true }: JobConfig): string | undefined {
  if (Object.keys(state).length > 0) return 'it has state';
  if (timers.length > 0) return 'it has timers';
  return commitOffsets ? undefined : 'its offsets are not committed otherwise';
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

import type { Log, TopicPartition } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { knownSettings } from './known-settings.ts';
import { lasting } from './lasting.ts';

/** A job that was down for less time than this is of no concern, in milliseconds. */
const SOON = 60_000;

/** From the last checkpoint until now, in milliseconds since 1970. */
export interface Downtime {
  /** Undefined where it is not known. */
  readonly since: number | undefined;
  readonly now: number;
}

/** Where an input goes on. */
export interface Place extends TopicPartition {
  readonly position: number;
}

/**
 * Why records of topics may be gone that were not read: how long ago the last checkpoint was, and for how long each topic keeps
 * records. Each continues a sentence; without numbers it is empty.
 */
export async function whyGone(
  log: Log,
  topics: readonly string[],
  { since, now }: Downtime,
): Promise<ReadonlyMap<string, string>> {
  const retentions = await knownSettings(log, topics);
  const down = since === undefined ? undefined : now - since;
  const last = down === undefined ? '' : `. The last checkpoint was ${lasting(down)} ago`;
  return new Map(
    topics.map((topic) => {
      const age = retentions.get(topic)?.age ?? Number.POSITIVE_INFINITY;
      if (age === Number.POSITIVE_INFINITY) return [topic, last];
      const keeps = `${topic} keeps records for ${lasting(age)} (retention.ms=${age})`;
      const advice = down !== undefined && down > age ? ': raise that above how long the job may be down' : '';
      return [topic, `${last}${last === '' ? '. ' : ', and '}${keeps}${advice}`];
    }),
  );
}

/**
 * Says it where the last checkpoint is so long ago that records which are still to be read might have been deleted in twice that
 * time.
 */
export async function warnOfRetention(
  log: Log,
  lanes: readonly Place[],
  { since, now }: Downtime,
  jobLog: JobLog,
): Promise<void> {
  if (since === undefined || now - since < SOON) return;
  const down = now - since;
  const bounds = await log.bounds(lanes.map(({ topic, partition }) => ({ topic, partition })));
  const behind = lanes.filter(({ position }, i) => position < (bounds[i]?.end ?? 0)).map(({ topic }) => topic);
  for (const [topic, { age }] of await knownSettings(log, behind)) {
    if (down < age / 2) continue;
    const keeps = `topic ${topic} keeps records for ${lasting(age)} (retention.ms=${age})`;
    const advice = 'a job that is down for longer than that loses records: raise it';
    jobLog.warn(
      { topic, down, retention: age },
      `the last checkpoint was ${lasting(down)} ago, and ${keeps}; ${advice}`,
    );
  }
}

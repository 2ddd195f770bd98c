import type { Log } from '../../log/port.ts';
import { toolCommand } from '../../log/tool-command.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { ErrorPlan } from '../errors/error-plan.ts';
import { knownSettings } from './known-settings.ts';

/** Says it where dead letters would not stay: compaction leaves the last of each key, and its topics take none without a key. */
export async function warnOfCompactedDeadLetters(
  log: Log,
  { deadLetters }: Pick<ErrorPlan, 'deadLetters'>,
  jobLog: JobLog,
): Promise<void> {
  const names = new Set(Array.from(deadLetters.values(), ({ topic }) => topic));
  for (const [topic, { policy }] of await knownSettings(log, names)) {
    if (!policy.includes('compact')) continue;
    const call = `--alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=delete`;
    const set = toolCommand(log, 'kafka-configs.sh', call);
    jobLog.warn(
      { topic, policy },
      `of dead letters with the same key only the last would stay, and one without a key fails the job: topic ${topic} is compacted. Let it delete by age (${set})`,
    );
  }
}

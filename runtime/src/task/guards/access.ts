import type { AccessNeeds, Log } from '../../log/port.ts';
import { JobError } from '../job-error.ts';
import { type GuardedJob, namesOf } from './naming.ts';

/**
 * What a job will ask for is asked for at the start, so that all that is missing is said at once rather than one by one.
 * `creates`: the job creates topics of inputs and outputs that do not exist. Of topics that a pattern finds, those that may not
 * be seen are not known.
 * @throws JobError with code `JOB_ACCESS`
 */
export async function checkAccess(log: Log, job: GuardedJob, creates: boolean): Promise<void> {
  const missing = (await log.missingAccess?.(needsOf(job, creates))) ?? [];
  if (missing.length === 0) return;
  const list = missing.map(({ what }) => what).join('; ');
  const grants = missing.map(({ grant }) => `  ${grant}`).join('\n');
  throw new JobError(
    'JOB_ACCESS',
    `the brokers do not let this job do all that it is to do. It lacks ${list}. Whoever administers them grants it so:\n${grants}`,
  );
}

function needsOf(job: GuardedJob, creates: boolean): AccessNeeds {
  const { inputs, outputs, changelog, transactionalIds } = namesOf(job);
  const topics: AccessNeeds['topics'] = [...new Set([...inputs, ...outputs])].map((name) => ({
    name,
    operations: [
      ...(inputs.includes(name) ? (['Read'] as const) : []),
      ...(outputs.includes(name) ? (['Write'] as const) : []),
      ...(creates ? (['Create'] as const) : []),
    ],
  }));
  if (changelog === undefined) return { topics, group: job.group, transactionalIds };
  const own: AccessNeeds['topics'][number] = {
    name: changelog,
    operations: ['Create', 'DescribeConfigs', 'Read', 'Write'],
  };
  return { topics: [...topics, own], group: job.group, transactionalIds };
}

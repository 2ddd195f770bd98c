import type { AccessNeeds, Log, MissingAccess, TopicNeeds } from '../../log/port.ts';
import { JobError } from '../job-error.ts';
import { type GuardedJob, namesOf, namingOf } from './naming.ts';
import { readsOf } from './pattern-reads.ts';

/**
 * What a job will ask for is asked for at the start, so that all that is missing is said at once rather than one by one: of the
 * topics that patterns find as well. Those that may not even be seen are not known.
 * `creates`: the job creates topics of inputs and outputs that do not exist.
 * @throws JobError with code `JOB_ACCESS`
 */
export async function checkAccess(log: Log, job: GuardedJob, creates: boolean): Promise<void> {
  if (log.missingAccess === undefined) return;
  const found = await readsOf(log, job.declaration, namingOf(job));
  const missing = await log.missingAccess(needsOf(job, creates, found));
  if (missing.length > 0) throw lacksAccess(missing);
}

export function lacksAccess(missing: readonly MissingAccess[]): JobError {
  const message = 'the brokers do not let this job do all that it is to do. It lacks';
  return new JobError('JOB_ACCESS', `${message} ${accessText(missing)}`, { topic: missing[0]?.topic });
}

/** What is missing, and the commands that grant it. */
export function accessText(missing: readonly MissingAccess[]): string {
  const list = missing.map(({ what }) => what).join('; ');
  const grants = [...new Set(missing.map(({ grant }) => `  ${grant}`))].join('\n');
  return `${list}. Whoever administers them grants it so:\n${grants}`;
}

function needsOf(job: GuardedJob, creates: boolean, found: readonly TopicNeeds[]): AccessNeeds {
  const { inputs, outputs, changelog, transactionalIds } = namesOf(job);
  const names = [...new Set([...inputs, ...outputs])];
  const named = names.map(
    (name): TopicNeeds => ({
      name,
      operations: [
        ...(inputs.includes(name) ? (['Read'] as const) : []),
        ...(outputs.includes(name) ? (['Write'] as const) : []),
        ...(creates ? (['Create'] as const) : []),
      ],
    }),
  );
  const topics = [...named, ...found.filter(({ name }) => !names.includes(name))];
  if (changelog === undefined) return { topics, group: job.group, transactionalIds };
  const own: TopicNeeds = {
    name: changelog,
    operations: ['Create', 'DescribeConfigs', 'Read', 'Write'],
  };
  return { topics: [...topics, own], group: job.group, transactionalIds };
}

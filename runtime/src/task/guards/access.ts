import type { AccessNeeds, Log } from '../../log/port.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { CommitRules } from '../guarantee.ts';
import { JobError } from '../job-error.ts';
import type { Naming } from './naming.ts';

export interface GuardedJob {
  readonly declaration: JobDeclaration;
  readonly rules: CommitRules;
  readonly naming: Naming;
  /** True where it creates topics of inputs and outputs. */
  readonly creates: boolean;
}

/**
 * What a job will ask for is asked for at the start, so that all that is missing is said at once rather than one by one.
 * Of topics that a pattern finds, those that may not be seen are not known.
 * @throws JobError with code `JOB_ACCESS`
 */
export async function checkAccess(log: Log, job: GuardedJob): Promise<void> {
  const missing = (await log.missingAccess?.(needsOf(job))) ?? [];
  if (missing.length === 0) return;
  const list = missing.map(({ what }) => what).join('; ');
  const grants = missing.map(({ grant }) => `  ${grant}`).join('\n');
  throw new JobError(
    'JOB_ACCESS',
    `the brokers do not let this job do all that it is to do. It lacks ${list}. Whoever administers them grants it so:\n${grants}`,
  );
}

function needsOf({ declaration, rules, naming, creates }: GuardedJob): AccessNeeds {
  const { rename, changelog, transactionalIds } = naming;
  const create = creates ? (['Create'] as const) : [];
  const inputs = Object.values(declaration.inputs).flatMap(({ topic }) => topic.names.map(rename));
  const outputs = Object.values(declaration.outputs).flatMap(({ names }) => names.map(rename));
  const topics: AccessNeeds['topics'] = [...new Set([...inputs, ...outputs])].map((name) => ({
    name,
    operations: [
      ...(inputs.includes(name) ? (['Read'] as const) : []),
      ...(outputs.includes(name) ? (['Write'] as const) : []),
      ...create,
    ],
  }));
  const own: AccessNeeds['topics'][number] = {
    name: changelog,
    operations: ['Create', 'DescribeConfigs', 'Read', 'Write'],
  };
  const transactions = rules.changelog || rules.guarantee === 'exactly-once';
  return {
    topics: rules.changelog ? [...topics, own] : topics,
    group: naming.group,
    transactionalIds: transactions ? transactionalIds : undefined,
  };
}

import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { checkAccess } from './access.ts';
import { createMissingTopics } from './create-topics.ts';
import type { GuardedJob } from './naming.ts';
import type { CreateTopics } from './topics-to-create.ts';

/** What is settled before topics are looked up. `createTopics` comes before what is declared. @throws JobError, LogError */
export async function beforeStart(
  log: Log,
  job: GuardedJob,
  createTopics: CreateTopics | undefined,
  jobLog: JobLog,
): Promise<void> {
  const creating = createTopics ?? job.declaration.createTopics;
  await checkAccess(log, job, creating !== undefined);
  if (creating !== undefined) await createMissingTopics(log, job, creating, jobLog);
}

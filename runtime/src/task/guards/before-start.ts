import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { JobDeclaration } from '../declaration.ts';
import type { CommitRules } from '../guarantee.ts';
import { checkAccess } from './access.ts';
import { createMissingTopics } from './create-topics.ts';
import { namingOf } from './naming.ts';
import type { CreateTopics } from './topics-to-create.ts';

export interface GuardOptions {
  readonly group: string;
  readonly rename: (topic: string) => string;
  readonly rules: CommitRules;
  readonly createTopics: CreateTopics | undefined;
  readonly jobLog: JobLog;
}

/** What is settled before topics are looked up. @throws JobError */
export async function beforeStart(log: Log, declaration: JobDeclaration, options: GuardOptions): Promise<void> {
  const { group, rename, rules, createTopics = declaration.createTopics, jobLog } = options;
  const naming = namingOf(group, rename);
  await checkAccess(log, { declaration, rules, naming, creates: createTopics !== undefined });
  if (createTopics !== undefined) await createMissingTopics(log, declaration, naming, createTopics, jobLog);
}

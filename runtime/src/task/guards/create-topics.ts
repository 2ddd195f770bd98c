import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { JobDeclaration } from '../declaration.ts';
import { JobError } from '../job-error.ts';
import type { Naming } from './naming.ts';
import type { CreateTopics } from './topics-to-create.ts';

/**
 * Creates the topics of a job that do not exist, all with the same number of partitions. Those that a pattern is to find, and
 * those that exist, are left alone.
 * @throws JobError with code `JOB_NOT_CO_PARTITIONED` where an input exists that the new ones would not fit; LogError
 */
export async function createMissingTopics(
  log: Log,
  { inputs, outputs }: JobDeclaration,
  { rename }: Naming,
  create: CreateTopics,
  jobLog: JobLog,
): Promise<void> {
  const { partitions, replicationFactor } = create;
  const named = (topic: { readonly names: readonly string[] }): string[] => topic.names.map(rename);
  const together = Object.values(inputs)
    .filter(({ as }) => as !== 'global-table')
    .flatMap(({ topic }) => named(topic));
  const all = [...Object.values(inputs).map(({ topic }) => topic), ...Object.values(outputs)].flatMap(named);
  const names = [...new Set(all)];
  const found = await log.topics(names);
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  const other = together.find((name) => found.has(name) && found.get(name)?.partitions !== partitions);
  if (other !== undefined && together.some((name) => missing.includes(name))) {
    const count = found.get(other)?.partitions ?? 0;
    const advice = `Set createTopics.partitions to ${count}`;
    const message = `inputs of a job must be co-partitioned: ${other} has ${count} partitions, and ${missing.filter((name) => together.includes(name)).join(', ')} would have ${partitions}. ${advice}`;
    throw new JobError('JOB_NOT_CO_PARTITIONED', message, { topic: other });
  }
  await log.createTopics(missing.map((name) => ({ name, partitions, replicationFactor })));
  jobLog.info({ topics: missing, partitions }, 'topics were created that did not exist');
}

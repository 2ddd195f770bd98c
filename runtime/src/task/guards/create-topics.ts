import type { Log } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import { JobError } from '../job-error.ts';
import { type GuardedJob, namesOf } from './naming.ts';
import type { CreateTopics } from './topics-to-create.ts';

/**
 * Creates the topics of a job that do not exist, all with the same number of partitions. Those that a pattern is to find, and
 * those that exist, are left alone.
 * @throws JobError with code `JOB_NOT_CO_PARTITIONED` where an input exists that the new ones would not fit; LogError
 */
export async function createMissingTopics(
  log: Log,
  job: GuardedJob,
  { partitions, replicationFactor }: CreateTopics,
  jobLog: JobLog,
): Promise<void> {
  const { inputs, outputs } = namesOf(job);
  const names = [...new Set([...inputs, ...outputs])];
  const found = await log.topics(names);
  const missing = names.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  const together = coPartitioned(job);
  const odd = together.filter((name) => missing.includes(name));
  const other = together.find((name) => found.has(name) && found.get(name)?.partitions !== partitions);
  if (other !== undefined && odd.length > 0) {
    const count = found.get(other)?.partitions ?? 0;
    const advice = `Set createTopics.partitions to ${count}`;
    const message = `inputs of this job must be co-partitioned: ${other} has ${count} partitions, and ${odd.join(', ')} would have ${partitions}. ${advice}`;
    throw new JobError('JOB_NOT_CO_PARTITIONED', message, { topic: other });
  }
  const dated = datedByBrokers(job);
  await log.createTopics(
    missing.map((name) => ({
      name,
      partitions,
      replicationFactor,
      settings: dated.includes(name) ? { 'message.timestamp.type': 'LogAppendTime' } : undefined,
    })),
  );
  jobLog.info({ topics: missing, partitions }, 'topics were created that did not exist');
}

/** Kafka's names of outputs that are declared to have the times of brokers. */
function datedByBrokers({ declaration, rename }: GuardedJob): readonly string[] {
  return Object.values(declaration.outputs)
    .filter(({ timestamps }) => timestamps === 'broker')
    .flatMap(({ names }) => names.map(rename));
}

/** Kafka's names of inputs that keys meet in (I18). */
function coPartitioned({ declaration, rules, rename }: GuardedJob): readonly string[] {
  const inputs = Object.values(declaration.inputs).filter(({ as }) => as !== 'global-table');
  if (!rules.changelog && inputs.every(({ as }) => as === 'stream')) return [];
  return inputs.flatMap(({ topic }) => topic.names.map(rename));
}

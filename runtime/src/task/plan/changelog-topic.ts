import type { Log } from '../../log/port.ts';
import { toolCommand } from '../../log/tool-command.ts';
import { JobError } from '../job-error.ts';
import type { JobPlan } from './plan.ts';
import { layoutOf, partitionsChanged } from './replan.ts';

/** How a changelog is created; one that exists keeps what it has. */
export interface ChangelogOptions {
  /** How many brokers hold it. Default: what the log's options say, else the brokers' default. */
  readonly replicationFactor?: number | undefined;
  /** Kafka's settings for it, such as `{ 'min.insync.replicas': '2' }`, beside those that kgen makes. */
  readonly settings?: { readonly [name: string]: string } | undefined;
}

/** By the clock of the brokers: they refuse records of a machine whose own is more than an hour ahead (KIP-937). */
const SETTINGS: Readonly<Record<string, string>> = { 'message.timestamp.type': 'LogAppendTime' };

/**
 * Creates the changelog, or finds it. I18: changelog partition is task number, so the number of tasks cannot change
 * under a job's state.
 * @throws JobError with code `JOB_PARTITIONS_CHANGED`, or `JOB_CHANGELOG` where the topic would lose state
 */
export async function ensureChangelog(
  log: Log,
  changelog: string,
  plan: JobPlan,
  options: ChangelogOptions = {},
): Promise<void> {
  const { tasks } = plan;
  const existing = (await log.topics([changelog])).get(changelog);
  if (existing === undefined) return createChangelog(log, changelog, tasks, options);
  if (existing.partitions !== tasks) {
    const topics = layoutOf(plan).filter(({ global }) => !global);
    throw partitionsChanged(
      topics.map(({ topic, partitions }) => ({ topic, now: partitions })),
      existing.partitions,
      changelog,
    );
  }
  const { compacted, policy } = await log.topicSettings(changelog);
  if (compacted) return;
  const call = `--alter --entity-type topics --entity-name ${changelog} --add-config cleanup.policy=compact`;
  const advice = `Set it to compact (${toolCommand(log, 'kafka-configs.sh', call)})`;
  const message = `the changelog ${changelog} has cleanup.policy=${policy}: Kafka would delete state that is still valid. ${advice}`;
  throw new JobError('JOB_CHANGELOG', message, { topic: changelog });
}

/** Creates one that is not there. */
export async function createChangelog(
  log: Log,
  name: string,
  partitions: number,
  options: ChangelogOptions,
): Promise<void> {
  const settings = { ...SETTINGS, ...options.settings };
  await log.createTopics([{ ...options, settings, name, partitions, compacted: true }]);
}

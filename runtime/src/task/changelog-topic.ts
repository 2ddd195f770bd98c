import type { Log } from '../log/port.ts';
import { JobError } from './job-error.ts';

/**
 * Creates the changelog, or finds it. I18: changelog partition is task number, so the number of tasks cannot change
 * under a job's state.
 * @throws JobError with code `JOB_PARTITIONS_CHANGED`
 */
export async function ensureChangelog(log: Log, changelog: string, tasks: number): Promise<void> {
  const existing = (await log.topics([changelog])).get(changelog);
  if (existing === undefined) {
    await log.createTopics([{ name: changelog, partitions: tasks, compacted: true }]);
  } else if (existing.partitions !== tasks) {
    const advice =
      'State is kept by partition: give the inputs their old number of partitions, or start over under another group';
    const message = `the inputs have ${tasks} partitions, and the changelog ${changelog} has ${existing.partitions}. ${advice}`;
    throw new JobError('JOB_PARTITIONS_CHANGED', message, { topic: changelog });
  }
}

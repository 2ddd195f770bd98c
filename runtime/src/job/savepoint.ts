import type { CommittedOffset } from '../log/port.ts';
import { consoleLog } from '../ops/console-log.ts';
import { silentLog, withFields } from '../ops/job-log.ts';
import { type Savepoint, writeSavepointFile } from '../savepoint/write-savepoint.ts';
import { type CheckpointRecord, parseOffsetMetadata } from '../task/checkpoint-record.ts';
import { commitRules } from '../task/guarantee.ts';
import { JobError } from '../task/job-error.ts';
import type { JobPlan } from '../task/plan.ts';
import { systemClock } from '../time/clock.ts';
import type { Job } from './declaration.ts';
import { planned } from './live.ts';
import type { RunOptions } from './options.ts';

export type { SavedTask, Savepoint } from '../savepoint/write-savepoint.ts';

export interface SavepointOptions extends Pick<RunOptions, 'log' | 'group' | 'topics' | 'logger' | 'clock'> {
  /** Path of the file to write; there must be none yet. */
  readonly file: string;
  /** Gives the savepoint up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a savepoint: offsets and state of a job, as an Avro Object Container File. The job may be running: it notices nothing.
 * @throws JobError with code `JOB_SAVEPOINT`
 * @example
 * await writeSavepoint(job, { log, file: 'totals.avro' });
 */
export async function writeSavepoint(job: Job, options: SavepointOptions): Promise<Savepoint> {
  const { log, file, logger, clock = systemClock, signal } = options;
  const { declaration } = job;
  const group = options.group ?? declaration.name;
  const jobLog = withFields(logger === false ? silentLog : (logger ?? consoleLog({ clock })), {
    job: declaration.name,
  });
  const alive = (): void => {
    if (signal?.aborted) throw new JobError('JOB_SAVEPOINT', 'the savepoint was given up');
  };
  const stateless = Object.keys(declaration.state).length === 0 && (declaration.timers ?? []).length === 0;
  const common = { log, clock, jobLog, declaration, group, file, alive, onStalled: async () => {}, stopped: false };
  if (stateless) {
    const rules = commitRules(declaration, {});
    const run = { log, group, topics: options.topics };
    const plan = await planned(job, run, { name: 'savepoint', rules, schemas: undefined });
    const records = await committedRecords(plan, options);
    return writeSavepointFile({ ...common, changelog: undefined, partitions: plan.tasks, stateless: records });
  }
  const changelog = `${group}-changelog`;
  const partitions = (await log.topics([changelog])).get(changelog)?.partitions ?? 0;
  return writeSavepointFile({ ...common, changelog, partitions, stateless: [] });
}

/** What a job without state has in place of checkpoint records: the offsets of its group. */
async function committedRecords(
  { streams, tasks, group }: JobPlan,
  { log }: SavepointOptions,
): Promise<readonly (CheckpointRecord | undefined)[]> {
  const topics = streams.flatMap((input) => input.topics);
  const partitions = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  );
  const offsets = await log.committedOffsets(group, partitions);
  const ids = new Map(topics.map(({ name, id }) => [name, id]));
  return Array.from({ length: tasks }, (_, task) => {
    const own = offsets.filter(({ partition }) => partition === task);
    return own.length === 0 ? undefined : recordOf(own, ids);
  });
}

function recordOf(offsets: readonly CommittedOffset[], ids: ReadonlyMap<string, string>): CheckpointRecord {
  const [first] = offsets;
  const identity = first === undefined ? undefined : parseOffsetMetadata(first.metadata);
  const inputs = offsets.map(({ topic, partition, offset, leaderEpoch }) => {
    return { topic, id: ids.get(topic) ?? '', partition, offset, leaderEpoch };
  });
  const { checkpoint = 0, producerId = -1, epoch = -1 } = identity ?? {};
  return { version: 1, checkpoint, producerId, epoch, inputs, tables: [] };
}

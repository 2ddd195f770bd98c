import { consoleLog } from '../ops/console-log.ts';
import { type JobLog, silentLog, withFields } from '../ops/job-log.ts';
import { committedRecords } from '../savepoint/committed-records.ts';
import { type GroupWorld, whenEmpty } from '../savepoint/empty-group.ts';
import type { StartFromSavepoint } from '../savepoint/start-from.ts';
import { type Savepoint, writeSavepointFile } from '../savepoint/write-savepoint.ts';
import { JobError } from '../task/job-error.ts';
import { endDeadOwners } from '../task/opening/dead-owners.ts';
import { commitRules } from '../task/plan/guarantee.ts';
import { systemClock } from '../time/clock.ts';
import type { Job } from './declaration.ts';
import { planned } from './live.ts';
import type { RunOptions } from './options.ts';

export { type SavepointStartOptions, type StartFromSavepoint, savepoint } from '../savepoint/start-from.ts';
export type { SavedTask, Savepoint } from '../savepoint/write-savepoint.ts';

export interface SavepointOptions extends Pick<RunOptions, 'log' | 'group' | 'topics' | 'logger' | 'clock'> {
  /** Path of the file to write; there must be none yet. */
  readonly file: string;
  /**
   * True where the job is, or is being, stopped: waits until its group has no members, ends what was left undecided, and saves all
   * that the job has committed. Refused where somebody starts it meanwhile. Default false: the job may run, and notices nothing.
   */
  readonly stopped?: boolean | undefined;
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
  const { log, file, clock = systemClock, signal, stopped = false } = options;
  const { declaration } = job;
  const group = options.group ?? declaration.name;
  const jobLog = logOf(job, options);
  const alive = (): void => {
    if (signal?.aborted) throw new JobError('JOB_SAVEPOINT', 'the savepoint was given up');
  };
  const world = { log, clock, jobLog, declaration, group, file, alive, onStalled: async () => undefined, stopped };
  if (stopped) await whenStopped(world);
  const rules = commitRules(declaration, {});
  if (!rules.changelog) {
    const run = { log, group, topics: options.topics };
    const plan = await planned(job, run, { name: 'savepoint', rules, schemas: undefined });
    const stateless = await committedRecords(plan, log);
    return writeSavepointFile({ ...world, changelog: undefined, partitions: stateless.length, stateless });
  }
  const changelog = `${group}-changelog`;
  const partitions = (await log.topics([changelog])).get(changelog)?.partitions ?? 0;
  return writeSavepointFile({ ...world, changelog, partitions, stateless: [] });
}

/**
 * Gives a group what a savepoint has, as `run` does by its option `from` before it begins: for who starts several instances.
 * @throws JobError with code `JOB_SAVEPOINT`
 */
export async function importSavepoint(
  job: Job,
  options: RunOptions & { readonly from: StartFromSavepoint },
): Promise<void> {
  const { log, from, clock = systemClock, signal, changelog = {}, instance } = options;
  const rules = commitRules(job.declaration, options);
  const name = instance ?? 'savepoint-import';
  await from['~check'](job.declaration);
  const plan = await planned(job, options, { name, rules, schemas: undefined });
  const alive = (): void => {
    if (signal?.aborted) throw new JobError('JOB_SAVEPOINT', 'the import of the savepoint was given up');
  };
  await from['~begin']({ log, clock, plan, jobLog: logOf(job, options), changelog, alive });
}

function logOf({ declaration: { name } }: Job, { logger, clock }: Pick<RunOptions, 'logger' | 'clock'>): JobLog {
  return withFields(logger === false ? silentLog : (logger ?? consoleLog({ clock })), { job: name });
}

/** How long a job may take to stop that is being stopped, in milliseconds: longer than any session of a member that was killed. */
const WAIT_FOR_STOP = 60_000;

/** Nobody runs the job, and nothing that it began is undecided. */
async function whenStopped(world: GroupWorld & { readonly jobLog: JobLog }): Promise<void> {
  const { group, jobLog } = world;
  const members = await whenEmpty(world, {
    within: WAIT_FOR_STOP,
    waits: (members) => jobLog.info({ group, members }, 'the job runs still: waiting until it has stopped'),
  });
  if (members.length > 0) {
    const advice = 'Stop them all, or take a savepoint of the running job: without --stopped';
    throw new JobError('JOB_SAVEPOINT', `group ${group} has members still: ${members.join(', ')}. ${advice}`);
  }
  await endDeadOwners({
    ...world,
    plan: { group, instance: '', transactionalId: undefined, concurrentCheckpoints: 1 },
  });
}

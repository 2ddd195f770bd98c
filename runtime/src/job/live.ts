import type { SchemaSource } from '../format/schema-source.ts';
import { isLogError, type Log, LogError, newSeat } from '../log/port.ts';
import { consoleLog } from '../ops/console-log.ts';
import { COUNTS, type JobLog, silentLog, withFields } from '../ops/job-log.ts';
import type { JobRegistry } from '../registry/job-registry.ts';
import { lmdbStores } from '../state/local/lmdb-store.ts';
import type { LocalStores } from '../state/local/local-store.ts';
import { transactionalIdsOf } from '../task/checkpoint/transactional-ids.ts';
import { beforeStart } from '../task/guards/before-start.ts';
import { warnOfCompactedDeadLetters } from '../task/guards/compacted-dead-letters.ts';
import { watchLog } from '../task/guards/log-away.ts';
import { longestCheckpoint } from '../task/guards/longest-checkpoint.ts';
import { type GuardedJob, namingOf } from '../task/guards/naming.ts';
import { warnOfTimestamps } from '../task/guards/timestamps.ts';
import { Instance, type InstanceWorld } from '../task/instance.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import type { Counters } from '../task/metrics.ts';
import type { Pace } from '../task/pace.ts';
import { type CommitRules, checkAcks, commitRules, hasTransactions } from '../task/plan/guarantee.ts';
import { type JobPlan, planJob } from '../task/plan/plan.ts';
import { StartNotice } from '../task/positions/start-notice.ts';
import { TopicsRead } from '../task/positions/topics-read.ts';
import { type Ends, findEnds } from '../task/positions/until.ts';
import { DEFAULT_RESTART } from '../task/restart-strategy.ts';
import type { Sabotage } from '../task/sabotage.ts';
import type { Clock } from '../time/clock.ts';
import { discoveryInterval } from './check-discovery.ts';
import type { Job } from './declaration.ts';
import { failedForGood, mayPass } from './failure.ts';
import { firstTopics } from './first-topics.ts';
import { replanned } from './missing-topics.ts';
import { checkOptions, type RunOptions, type RunResult } from './options.ts';
import { restartsBy } from './restarts.ts';

/** Opens what is kept on this machine of the state of a group. */
export type OpenStores = (group: string) => Promise<LocalStores>;

/** What tests may put in the place of what the options say. */
export interface TestParts {
  readonly sabotage?: Sabotage | undefined;
  readonly openStores?: OpenStores | undefined;
  readonly schemas?: SchemaSource | undefined;
}

export interface Life extends TestParts {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly counters: Counters;
  readonly sabotage: Sabotage;
}

/** One incarnation after the other, until one ends well or fails for good. */
export async function live(
  job: Job,
  options: RunOptions,
  { clock, pace, counters, sabotage, openStores = storesOf(options), schemas }: Life,
  onInstance: (instance: Instance | undefined) => void,
): Promise<RunResult> {
  checkOptions(job.declaration, options);
  const rules = commitRules(job.declaration, options);
  checkAcks(rules, options.log.limits);
  await options.from?.['~check'](job.declaration);
  const started = clock.monotonic();
  const name = options.instance ?? randomName(clock);
  const logger = options.logger === false ? silentLog : (options.logger ?? consoleLog({ clock }));
  const jobLog = withFields(logger, { job: job.declaration.name, instance: name });
  const strategy = options.restart ?? job.declaration.restart ?? DEFAULT_RESTART;
  const restarts = restartsBy(strategy, clock);
  const tookLong = longestCheckpoint(
    {
      transactionTimeout: hasTransactions(rules) ? options.log.limits?.transactionTimeout : undefined,
      checkpointInterval: rules.interval,
    },
    jobLog,
  );
  /** What `onCheckpoint` threw: it ends the job. */
  let refusal: JobError | undefined;
  const world: Omit<InstanceWorld, 'stores' | 'ends'> = {
    log: options.log,
    clock,
    jobLog,
    pace,
    counters,
    sabotage,
    seat: newSeat(),
    startNotice: new StartNotice(jobLog),
    topicsRead: new TopicsRead(),
    changelog: options.changelog ?? {},
    checkpointInterval: rules.interval,
    concurrentCheckpoints: rules.concurrent,
    async onCheckpoint(info) {
      tookLong(info.duration);
      try {
        await options.onCheckpoint?.(info);
      } catch (cause) {
        refusal = new JobError('JOB_HANDLER_FAILED', `onCheckpoint failed: ${reasonOf(cause)}`, { cause });
        throw refusal;
      }
    },
  };
  const ended = (reason: RunResult['reason']): RunResult => {
    const duration = clock.monotonic() - started;
    const fields = { [COUNTS]: true, duration: Math.round(duration), ...counters };
    jobLog.info(fields, reason === 'done' ? 'job done' : 'job stopped');
    return { reason, instance: name, duration, metrics: { ...counters } };
  };
  const registry = openRegistry(options, { clock, counters, jobLog });
  // Whoever waits for an answer is not to keep the job from stopping.
  void pace.stopped.then(() => registry?.close());
  const firstTopic = firstTopics(job.declaration, {
    ...{ log: options.log, pace, jobLog, naming: namingOf(guardedJob(job, options, rules)) },
    discovery: options.until === undefined ? discoveryInterval(options.discovery) : false,
  });
  let allCame = false;
  let plan: JobPlan | undefined;
  let ends: Ends | undefined;
  let stores: LocalStores | undefined;
  let imported = false;
  const unwatch = watchLog(options.log, clock, jobLog);
  try {
    for (;;) {
      try {
        await guarded(job, options, rules, jobLog);
        const first = await firstTopic();
        if (pace.killed) throw killed();
        if (first === 'stopped') return ended('stopped');
        if (first === 'came') {
          allCame = true;
          await guarded(job, options, rules, jobLog);
        }
        const given = { name, rules, schemas: schemas ?? registry, allCame };
        const next = await replanned(() => planned(job, options, given), plan, { clock, pace, jobLog });
        if (pace.killed) throw killed();
        if (next === undefined) {
          await endTransaction(options.log, plan, jobLog);
          return ended('stopped');
        }
        const isFirst = plan === undefined;
        plan = next;
        if (isFirst) {
          logStart(plan, options, jobLog);
          await warnOfTimestamps(options.log, plan.outputs, jobLog);
          await warnOfCompactedDeadLetters(options.log, plan.errors, jobLog);
        }
        if (options.from !== undefined && !imported) {
          await options.from['~begin']({ ...world, plan, alive: () => mustGoOn(pace) });
          imported = true;
        }
        if (options.until !== undefined) {
          ends ??= await findEnds(options.until, plan, { log: options.log, rename: renaming(options) });
        }
        stores ??= await opened(openStores, plan.group);
        const instance = new Instance(plan, { ...world, stores, ends });
        onInstance(instance);
        await instance.run();
        return ended(pace.halted ? 'stopped' : 'done');
      } catch (error) {
        onInstance(undefined);
        if (pace.killed || error === refusal) throw failedForGood(error, name);
        if (pace.halted) {
          await stoppedBy(error, { log: options.log, plan, jobLog, name });
          return ended('stopped');
        }
        if (!mayPass(error)) throw failedForGood(error, name);
        const next = restarts.failed(error);
        if (!next.restart) throw failedForGood(error, name, next);
        const { attempt, attempts } = next;
        const pause = Math.round(next.pause);
        jobLog.warn(
          { err: error, pause, attempt, ...(attempts === Number.POSITIVE_INFINITY ? {} : { attempts }) },
          restartMessage(error),
        );
        await pace.pause(next.pause);
        if (pace.killed) throw killed();
        if (pace.halted) {
          await endTransaction(options.log, plan, jobLog);
          return ended('stopped');
        }
        counters.restarts++;
      }
    }
  } finally {
    unwatch();
    registry?.close();
    await stores?.close();
  }
}

/** @throws JobError with code `JOB_OPTIONS` where its URL is none */
function openRegistry(
  { registry }: RunOptions,
  { clock, counters, jobLog }: Pick<InstanceWorld, 'clock' | 'counters' | 'jobLog'>,
): JobRegistry | undefined {
  if (registry === undefined) return undefined;
  try {
    return registry['~open']({
      clock,
      onFetched(schema) {
        counters.schemasFetched++;
        jobLog.info(
          { ...schema },
          'the schema of an unknown id was fetched: `kgen pull`, then `kgen generate`, makes it a known one',
        );
      },
      onRegistered: (schema) => jobLog.info(schema, 'the schema of an output was registered'),
    });
  } catch (cause) {
    throw new JobError('JOB_OPTIONS', `option registry: ${reasonOf(cause)}`, { cause });
  }
}

/** Before the first incarnation has begun. */
function mustGoOn(pace: Pace): void {
  if (pace.killed) throw killed();
  if (pace.halted) throw new LogError('retriable', 'the job was stopped while a savepoint was imported');
}

function storesOf({ store }: RunOptions): OpenStores | undefined {
  return store === undefined || store === 'memory' ? undefined : (group) => lmdbStores(store.lmdb, group);
}

/** What the store lacks on this machine, such as a package, is said as what it is: no failure of the log. */
async function opened(openStores: OpenStores | undefined, group: string): Promise<LocalStores | undefined> {
  try {
    return await openStores?.(group);
  } catch (error) {
    if (!isLogError(error) || error.kind !== 'fatal') throw error;
    throw new JobError('JOB_OPTIONS', `option \`store\`: ${error.message}`, { cause: error });
  }
}

function restartMessage(error: unknown): string {
  const again = 'starts over from the last checkpoint';
  if (isLogError(error)) {
    const what = error.kind === 'fenced' ? 'others took this instance for dead' : 'the log failed';
    return `${what}: the job ${again}`;
  }
  if (isJobError(error, 'JOB_REGISTRY_FAILED')) return `the Schema Registry failed: the job ${again}`;
  return `the job failed: it ${again}`;
}

function logStart(plan: JobPlan, { until }: RunOptions, jobLog: JobLog): void {
  const names = (inputs: JobPlan['streams']): string[] =>
    inputs.flatMap(({ topics }) => topics.map(({ name }) => name));
  jobLog.info(
    {
      group: plan.group,
      inputs: names([...plan.streams, ...plan.tables]),
      outputs: plan.outputs.flatMap(({ routes }) => Array.from(routes.values(), ({ topic }) => topic)),
      tasks: plan.tasks,
      ...(plan.guarantee === 'exactly-once' ? {} : { guarantee: plan.guarantee }),
      ...(until === undefined ? {} : { until }),
    },
    'job starts',
  );
  for (const { name, topic, topics } of [...plan.streams, ...plan.tables]) {
    const what = 'no topic matches the pattern of an input: the job begins without it, and looks for one';
    if (topics.length === 0) jobLog.warn({ input: name, pattern: String(topic.pattern) }, what);
  }
}

interface Stop {
  readonly log: Log;
  readonly plan: JobPlan | undefined;
  readonly jobLog: JobLog;
  readonly name: string;
}

/**
 * What the log, the Schema Registry, or the group, did to a job that was to stop anyway. Nothing is lost by it: whoever has the tasks next, or has
 * them already, goes on from the last checkpoint.
 * @throws JobError where it is no such thing
 */
async function stoppedBy(error: unknown, { log, plan, jobLog, name }: Stop): Promise<void> {
  const failure = failedForGood(error, name);
  const fenced = isJobError(failure, 'JOB_FENCED');
  const isAway = isLogError(error) || isJobError(error, 'JOB_REGISTRY_FAILED');
  if (!fenced && !(isAway && mayPass(error))) throw failure;
  jobLog.warn(
    { err: error },
    'the job stopped without a last checkpoint: what came after the one before is processed again, by whoever has its tasks next',
  );
  // Whoever fenced it has ended its transaction, and would be fenced in turn.
  if (!fenced) await endTransaction(log, plan, jobLog);
}

/** What an incarnation left undecided would hold up readers until it times out: there is no next one to end it. */
async function endTransaction(log: Log, plan: JobPlan | undefined, jobLog: JobLog): Promise<void> {
  if (plan === undefined) return;
  try {
    for (const id of transactionalIdsOf(plan)) (await log.producer(id)).close();
  } catch (err) {
    jobLog.warn(
      { err },
      'the last transaction could not be ended: it holds readers up until it times out, or the job runs again',
    );
  }
}

export interface Planned {
  readonly name: string;
  readonly rules: CommitRules;
  readonly schemas: SchemaSource | undefined;
  /** True where the run has waited for the first of all topics. Default false. */
  readonly allCame?: boolean | undefined;
}

/** The job as it is to run here. @throws JobError */
export function planned(job: Job, options: RunOptions, { name, rules, schemas, allCame }: Planned): Promise<JobPlan> {
  return planJob(job.declaration, job.handlers, options.log, {
    group: options.group ?? job.declaration.name,
    instance: name,
    static: options.instance !== undefined,
    rename: renaming(options),
    positions: options,
    discovery: discoveryInterval(options.discovery),
    bounded: options.until !== undefined,
    allCame,
    schemas,
    rules,
    onError: options.onError,
  });
}

/** What is settled before topics are looked up. @throws JobError */
function guarded(job: Job, options: RunOptions, rules: CommitRules, jobLog: JobLog): Promise<void> {
  return beforeStart(options.log, guardedJob(job, options, rules), options.createTopics, jobLog);
}

function guardedJob({ declaration }: Job, options: RunOptions, rules: CommitRules): GuardedJob {
  const { group = declaration.name, onError } = options;
  return { declaration, rules, group, rename: renaming(options), onError };
}

/** What topics are called in this environment. */
function renaming({ topics = {} }: RunOptions): (declared: string) => string {
  if (typeof topics === 'function') return topics;
  return (declared) => (Object.hasOwn(topics, declared) ? (topics[declared] ?? declared) : declared);
}

function randomName(clock: Clock): string {
  const digits = Math.floor(clock.random() * 2 ** 32).toString(16);
  return `instance-${digits.padStart(8, '0')}`;
}

export function killed(): JobError {
  return new JobError('JOB_KILLED', 'the job was killed; its next run resumes from the last checkpoint');
}

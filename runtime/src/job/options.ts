import type { Log } from '../log/port.ts';
import type { JobLog } from '../ops/job-log.ts';
import type { RunRegistry } from '../registry/job-registry.ts';
import type { StartFromSavepoint } from '../savepoint/start-from.ts';
import type { CheckpointInfo } from '../task/checkpoint/transactions.ts';
import type { Guarantee, JobDeclaration } from '../task/declaration.ts';
import { type ErrorPolicies, errorPoliciesProblem } from '../task/errors/policy.ts';
import { type CreateTopics, createTopicsProblem } from '../task/guards/topics-to-create.ts';
import { JobError } from '../task/job-error.ts';
import type { JobMetrics } from '../task/metrics.ts';
import type { ChangelogOptions } from '../task/plan/changelog-topic.ts';
import type { PositionOptions, RunPositions, Until } from '../task/positions/positions.ts';
import type { RestartStrategy } from '../task/restart-strategy.ts';
import type { Clock } from '../time/clock.ts';
import type { Duration } from '../time/duration.ts';
import { discoveryInterval } from './check-discovery.ts';
import { checkPositions } from './check-positions.ts';
import { restartProblem } from './check-restart.ts';
import { type OptionNames, unknownOption } from './option-names.ts';

export type StateStore = 'memory' | { readonly lmdb: string };

export interface RunOptions extends PositionOptions {
  /** The log that the job's topics are in. */
  readonly log: Log;
  /**
   * Where the job ends, with a last checkpoint: `'latest'`, when it has processed what its inputs held when the run began; or
   * before the first record of a `{ timestamp }`, or at `{ offsets }`. Default: it runs on.
   */
  readonly until?: Until | undefined;
  /** Stops the job when it is aborted: what was read is processed, and a last checkpoint made. */
  readonly signal?: AbortSignal | undefined;
  /** Names of topics in this environment, by the names in the config; others are as there. */
  readonly topics?: { readonly [declared: string]: string } | ((declared: string) => string) | undefined;
  /** The consumer group, to which offsets and state belong. Default: the job's name. */
  readonly group?: string | undefined;
  /**
   * Name of this instance: each of those running at once has its own, and has it again after a restart.
   * A restarted instance then takes the place of its predecessor at once. Default: a random one.
   */
  readonly instance?: string | undefined;
  /** For inputs by their names, what else holds for all. */
  readonly inputs?: RunPositions['inputs'];
  /**
   * How often inputs look for new topics that match their pattern and for new partitions, such as `'30 s'`; false for never while
   * it runs. Default: as declared, else 30 s. With `until` nothing is looked for.
   */
  readonly discovery?: Duration | false | undefined;
  /** Start to start, such as `'1 s'`, or in milliseconds. Default: as declared. */
  readonly checkpointInterval?: Duration | undefined;
  /** How many checkpoints may be under way at once, from 1 to 10. Default: as declared, else 1. */
  readonly concurrentCheckpoints?: number | undefined;
  /**
   * A savepoint that the job starts from, where its group has nothing yet, as `savepoint('file')` of `@kgen/runtime/savepoints`
   * makes it: offsets and state are those of the savepoint. A group that was started from it goes on from its own checkpoint.
   * Default: none.
   */
  readonly from?: StartFromSavepoint | undefined;
  /**
   * What a failure may do to outputs. `'at-least-once'`: they are seen at once, and some may come again. `'none'`: some may
   * also be lost. Default: as declared.
   */
  readonly guarantee?: Guarantee | undefined;
  /** False: offsets are kept in the job's own checkpoint records alone; not with `'exactly-once'`. Default: as declared, else true. */
  readonly commitOffsets?: boolean | undefined;
  /** How often offsets are committed by a job that makes no checkpoints. Default: as declared, else `'5 s'`. */
  readonly autoCommitInterval?: Duration | undefined;
  /** What follows when the log or a handler fails. Default: as declared, else `{ strategy: 'exponential' }`. */
  readonly restart?: RestartStrategy | undefined;
  /** What becomes of records that fail, by where they do; takes the place of what is declared. Functions of the job's handlers come first. */
  readonly onError?: ErrorPolicies | undefined;
  /**
   * Where state is while the job runs: `'memory'`, the default, or in LMDB files below a folder of this machine, which takes the
   * package lmdb. The changelog has it in any case; a restart with the same folder reads only the changelog's tail.
   */
  readonly store?: StateStore | undefined;
  /**
   * The Schema Registry in use, as `schemaRegistry({ url })` of `@kgen/runtime/registry` makes it: it is asked for schemas of ids that were not known when the job was generated, and where it is
   * not the one that was pulled from, for the ids that outputs are written with. Default: nobody is asked.
   */
  readonly registry?: RunRegistry | undefined;
  /** How topics of inputs and outputs are created that do not exist. Default: as declared, else they are not. */
  readonly createTopics?: CreateTopics | undefined;
  /** How the job's changelog is created where there is none yet. */
  readonly changelog?: ChangelogOptions | undefined;
  /** Called after each committed checkpoint, and awaited. What it throws ends the job. */
  readonly onCheckpoint?: ((checkpoint: CheckpointInfo) => void | Promise<void>) | undefined;
  /** Where the job logs; false for nowhere. Default: standard error, as text on a terminal, else as JSON lines. */
  readonly logger?: JobLog | false | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

export interface RunResult {
  /** `done`: it has come to where `until` says. `stopped`: it was asked to stop. */
  readonly reason: 'done' | 'stopped';
  readonly instance: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly metrics: JobMetrics;
}

const OPTIONS: OptionNames<RunOptions> = {
  log: true,
  until: true,
  signal: true,
  topics: true,
  group: true,
  instance: true,
  inputs: true,
  startFrom: true,
  onOutOfRange: true,
  isolation: true,
  discovery: true,
  checkpointInterval: true,
  concurrentCheckpoints: true,
  from: true,
  guarantee: true,
  commitOffsets: true,
  autoCommitInterval: true,
  restart: true,
  onError: true,
  store: true,
  registry: true,
  createTopics: true,
  changelog: true,
  onCheckpoint: true,
  logger: true,
  clock: true,
};

/** Names that are part of topic names and transactional ids. */
const NAME = /^[A-Za-z0-9._-]{1,200}$/;

/** @throws JobError with code `JOB_OPTIONS` */
export function checkOptions(declaration: JobDeclaration, options: RunOptions): void {
  const { name } = declaration;
  const { group, instance, restart, onError, createTopics, changelog, store, from, registry } = options;
  const unknownName = unknownOption(options, OPTIONS);
  if (unknownName !== undefined) throw new JobError('JOB_OPTIONS', `option ${unknownName}`);
  if (group === undefined && !NAME.test(name)) {
    throw new JobError(
      'JOB_OPTIONS',
      `the job's name, '${name}', cannot be that of a group; give it one by option group`,
    );
  }
  for (const [option, name] of Object.entries({ group, instance })) {
    if (name !== undefined && !NAME.test(name)) {
      throw new JobError(
        'JOB_OPTIONS',
        `option ${option}: '${name}' is not a name; use letters, digits, '.', '_' and '-'`,
      );
    }
  }
  if (store !== undefined && store !== 'memory' && (typeof store !== 'object' || !store?.lmdb)) {
    throw new JobError('JOB_OPTIONS', `option store: use 'memory', or { lmdb: 'path of a folder' }`);
  }
  if (changelog?.settings?.['cleanup.policy'] !== undefined) {
    throw new JobError(
      'JOB_OPTIONS',
      'option changelog: cleanup.policy is compact, or state would be lost; leave it out',
    );
  }
  if (from !== undefined && typeof from['~begin'] !== 'function') {
    throw new JobError('JOB_OPTIONS', "option from: use savepoint('path of a file') of @kgen/runtime/savepoints");
  }
  if (registry !== undefined && typeof registry['~open'] !== 'function') {
    throw new JobError('JOB_OPTIONS', 'option registry: use schemaRegistry({ url }) of @kgen/runtime/registry');
  }
  checkPositions(declaration, options);
  discoveryInterval(options.discovery);
  const topicsProblem = createTopics === undefined ? undefined : createTopicsProblem(createTopics);
  if (topicsProblem !== undefined) throw new JobError('JOB_OPTIONS', `option createTopics: ${topicsProblem}`);
  const problem = restart === undefined ? undefined : restartProblem(restart);
  if (problem !== undefined) throw new JobError('JOB_OPTIONS', `option ${problem}`);
  const unknown = onError === undefined ? undefined : errorPoliciesProblem(onError);
  if (unknown !== undefined) throw new JobError('JOB_OPTIONS', `option ${unknown}`);
}

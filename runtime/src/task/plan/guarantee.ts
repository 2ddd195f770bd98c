import type { LogLimits } from '../../log/port.ts';
import { type Duration, parseDuration } from '../../time/duration.ts';
import type { Guarantee, JobDeclaration } from '../declaration.ts';
import { JobError } from '../job-error.ts';

const GUARANTEES: readonly string[] = ['exactly-once', 'at-least-once', 'none'] satisfies readonly Guarantee[];

/** What may be said otherwise than it is declared. */
export interface CommitOptions {
  readonly guarantee?: Guarantee | undefined;
  readonly commitOffsets?: boolean | undefined;
  /** Start to start. */
  readonly checkpointInterval?: Duration | undefined;
  readonly concurrentCheckpoints?: number | undefined;
  /** Start to start. */
  readonly autoCommitInterval?: Duration | undefined;
}

/** How a job commits what it has done. */
export interface CommitRules {
  readonly guarantee: Guarantee;
  /** False where the job's checkpoint records alone say where its inputs go on. */
  readonly commitOffsets: boolean;
  /** True where there is something to keep in a changelog. */
  readonly changelog: boolean;
  /** In milliseconds, start to start: of checkpoints, or where there are none, of commits of offsets. */
  readonly interval: number;
  /** How many checkpoints may be under way at once. */
  readonly concurrent: number;
}

/** True for a job that has transactions: of its outputs, or of its state alone. */
export function hasTransactions({ guarantee, changelog }: CommitRules): boolean {
  return guarantee === 'exactly-once' || changelog;
}

/** How often offsets are committed where there are no checkpoints, in milliseconds: as often as Kafka's consumer does it. */
const AUTO_COMMIT_INTERVAL = 5000;
/** More would wait for each other: commits come one after the other. Each has memory of its own. */
const MOST_CONCURRENT = 10;

/** @throws JobError with code `JOB_OPTIONS` where options contradict each other */
export function commitRules(declared: JobDeclaration, options: CommitOptions): CommitRules {
  const guarantee = options.guarantee ?? declared.guarantee;
  if (!GUARANTEES.includes(guarantee))
    throw wrong('guarantee', `'${guarantee}' is unknown; use ${GUARANTEES.map((each) => `'${each}'`).join(', ')}`);
  const autoCommitInterval = intervalOf('autoCommitInterval', options);
  const checkpointInterval = intervalOf('checkpointInterval', options);
  const concurrent = options.concurrentCheckpoints ?? declared.concurrentCheckpoints ?? 1;
  if (!Number.isInteger(concurrent) || concurrent < 1 || concurrent > MOST_CONCURRENT)
    throw wrong('concurrentCheckpoints', `${concurrent} is no whole number from 1 to ${MOST_CONCURRENT}`);
  if (concurrent > 1 && guarantee !== 'exactly-once')
    throw wrong('concurrentCheckpoints', `outputs of guarantee ${guarantee} wait for no transaction. Leave it out`);
  const commitOffsets = options.commitOffsets ?? declared.commitOffsets ?? true;
  if (!commitOffsets && guarantee === 'exactly-once') {
    const reason =
      'offsets are part of the transactions of exactly-once: by them Kafka knows an instance that has lost its tasks';
    throw wrong('commitOffsets', `${reason}. Leave it out, or use guarantee 'at-least-once'`);
  }
  const changelog = !commitOffsets || Object.keys(declared.state).length > 0 || (declared.timers ?? []).length > 0;
  const rules = { guarantee, commitOffsets, changelog, concurrent };
  if (guarantee === 'none' && !changelog) {
    if (checkpointInterval !== undefined)
      throw wrong('checkpointInterval', `${declared.name} makes no checkpoints. Use autoCommitInterval`);
    const interval = autoCommitInterval ?? declared.autoCommitInterval ?? AUTO_COMMIT_INTERVAL;
    return { ...rules, interval };
  }
  if (autoCommitInterval !== undefined) {
    const advice = 'Use checkpointInterval';
    throw wrong('autoCommitInterval', `${declared.name} commits offsets with its checkpoints. ${advice}`);
  }
  return { ...rules, interval: checkpointInterval ?? declared.checkpointInterval };
}

/**
 * What one broker has alone, it may lose: only a job that promises nothing may go on at that.
 * @throws JobError with code `JOB_OPTIONS`
 */
export function checkAcks({ guarantee }: CommitRules, limits: LogLimits | undefined): void {
  const { acks = 'all' } = limits ?? {};
  if (guarantee === 'none' || acks === 'all') return;
  const why = guarantee === 'exactly-once' ? 'transactions are written with' : 'to lose no record takes';
  const what = `the log's producer has acks ${acks}, and the guarantee is '${guarantee}': ${why} acks 'all'`;
  throw new JobError(
    'JOB_OPTIONS',
    `${what}. Set producer.acks to 'all', or leave it out; or make the guarantee 'none'`,
  );
}

/** In milliseconds. @throws JobError */
function intervalOf(option: 'autoCommitInterval' | 'checkpointInterval', options: CommitOptions): number | undefined {
  const given = options[option];
  if (given === undefined) return undefined;
  // As numbers, parts of milliseconds are fine.
  const parsed = typeof given === 'number' && given > 0 ? { milliseconds: given } : parseDuration(given);
  if ('reason' in parsed) throw wrong(option, `${parsed.reason}. ${parsed.hint}`);
  if (parsed.milliseconds === 0) throw wrong(option, `${given} is no time to pass. Give more than 0 ms`);
  return parsed.milliseconds;
}

function wrong(option: string, what: string): JobError {
  return new JobError('JOB_OPTIONS', `option ${option}: ${what}`);
}

import { isOutage } from '../../format/schema-source.ts';
import { isLogError } from '../../log/port.ts';
import type { JobLog } from '../../ops/job-log.ts';
import type { Clock } from '../../time/clock.ts';
import type { Append } from '../calls/stage.ts';
import { isThenable } from '../calls/thenable.ts';
import { isJobError, JobError, type JobErrorDetails, reasonOf } from '../job-error.ts';
import type { Counters } from '../metrics.ts';
import { wordsOf } from '../thrown.ts';
import { deadLetter, type Failure } from './dead-letter.ts';
import type { ErrorPlan } from './error-plan.ts';
import { failedCall, type Original, unreadableRecord } from './original.ts';
import { type ErrorPolicy, isErrorPolicy } from './policy.ts';
import { RateLimit } from './rate-limit.ts';

/** The task of a record that failed. */
export interface FailedTask {
  readonly number: number;
  readonly log: JobLog;
  /** Records that were passed over since the last barrier: without a trace, and those that lie in a topic for dead letters. */
  skipped: number;
  deadLetters: number;
}

export interface FailedRecordsWorld {
  readonly job: string;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly jobLog: JobLog;
  /** Takes dead letters: they are of the transaction that moves the position on. */
  readonly append: Append;
}

/** What becomes of records that fail, in one instance. It is asked when none of their calls' effects is left (I17). */
export class FailedRecords {
  readonly #plan: ErrorPlan;
  readonly #world: FailedRecordsWorld;
  readonly #limit: RateLimit;

  constructor(plan: ErrorPlan, world: FailedRecordsWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#limit = new RateLimit(world.clock);
  }

  /** True where what a record holds may be asked for when its call has failed. */
  get wantsRecords(): boolean {
    return this.#plan.wantsRecords;
  }

  /** True where unreadable rows of tables are to be found at once, and not when somebody looks them up. */
  get checksTables(): boolean {
    return this.#plan.policies.decode !== 'fail' || this.#plan.deciders.decode !== undefined;
  }

  /**
   * Passes over a record, or a timer, where the job is to go on without it. A promise asks to wait.
   * @throws the failure's error where it is not; JobError where its dead letter cannot be written
   */
  pass(failure: Failure, original: Original, task: FailedTask): Promise<void> | undefined {
    const decision = this.#decide(failure, original);
    if (decision === 'fail') throw failure.error;
    if (decision === 'skip') {
      task.skipped++;
      this.#say(failure, task.log, 'skipped');
      return undefined;
    }
    const pressure = this.#write(decision.deadLetter, failure, original, task);
    task.deadLetters++;
    this.#say(failure, task.log, `written to ${decision.deadLetter}`);
    return pressure;
  }

  /**
   * Says whether the row of a table is passed over, until someone looks it up. There are no dead letters of tables, which
   * are read again at each start. @throws the failure's error where it is not
   */
  passRow(failure: Failure, original: Original): void {
    if (this.#decide(failure, original) === 'fail') throw failure.error;
    this.#world.counters.skippedRows++;
    this.#say(failure, this.#world.jobLog, 'skipped; records that ask for its row fail until it is written again');
  }

  #decide(failure: Failure, original: Original): ErrorPolicy {
    // A mistake of the job's own, found by its test: no policy hides it.
    if (isJobError(failure.cause, 'JOB_STATE_MUTATED')) return 'fail';
    const policy = this.#plan.policies[failure.place];
    const answer = this.#ask(failure, original);
    if (answer === undefined) return isOfTheJob(failure) ? 'fail' : policy;
    if (!isErrorPolicy(answer)) throw this.#wrongAnswer(failure, answer);
    if (typeof answer === 'object' && !this.#plan.deadLetters.has(answer.deadLetter))
      throw this.#unknownTopic(failure, answer.deadLetter);
    return answer;
  }

  #ask({ place, error, cause }: Failure, original: Original): unknown {
    const { deciders } = this.#plan;
    try {
      if (place === 'process') return answerOf(deciders.process?.(cause, failedCall(original)));
      if (place === 'produce') return answerOf(deciders.produce?.(error as JobError, failedCall(original)));
      // Timers have no bytes that could not be read.
      return original.input === undefined
        ? undefined
        : answerOf(deciders.decode?.(error as JobError, unreadableRecord(original)));
    } catch (thrown) {
      const message = `${reasonOf(error)}; and \`onError.${place}\` failed: ${reasonOf(thrown)}`;
      throw new JobError('JOB_HANDLER_FAILED', message, { ...placeOf(error), cause: thrown });
    }
  }

  #write(name: string, failure: Failure, original: Original, { number }: FailedTask): Promise<void> | undefined {
    const { job, clock, append } = this.#world;
    const route = this.#plan.deadLetters.get(name);
    if (route === undefined) throw this.#unknownTopic(failure, name);
    try {
      return append(deadLetter(original, failure, route, { job, task: number, now: clock.now() }));
    } catch (error) {
      if (!isLogError(error) || error.kind !== 'fatal') throw error;
      const message = `${reasonOf(failure.error)}; and its dead letter cannot be written to ${route.topic}: ${error.message}. Let that topic take larger records than the inputs hold`;
      throw new JobError('JOB_PRODUCE_FAILED', message, { ...placeOf(failure.error), cause: error });
    }
  }

  #say({ place, error }: Failure, log: JobLog, what: string): void {
    const suppressed = this.#limit.admit();
    if (suppressed === undefined) return;
    log.warn({ err: error, place, ...(suppressed === 0 ? {} : { suppressed }) }, `${reasonOf(error)}: ${what}`);
  }

  #wrongAnswer({ place, error }: Failure, answer: unknown): JobError {
    const given = isThenable(answer) ? 'a promise' : `${typeof answer} ${wordsOf(answer)}`;
    const advice = "It is to return 'fail', 'skip', { deadLetter: 'topic' } or undefined, at once";
    const message = `${reasonOf(error)}; and \`onError.${place}\` returned ${given}. ${advice}`;
    return new JobError('JOB_HANDLER_FAILED', message, { ...placeOf(error), cause: error });
  }

  #unknownTopic({ place, error }: Failure, topic: string): JobError {
    const names = [...this.#plan.deadLetters.keys()].join(', ') || 'none';
    const advice = `Topics for dead letters are those that the config's \`onError\` names (${names}): they are looked for at the start`;
    const message = `${reasonOf(error)}; and \`onError.${place}\` wants it in ${topic}. ${advice}`;
    return new JobError('JOB_OPTIONS', message, { ...placeOf(error), cause: error });
  }
}

/** What a function that decides has returned, read once. Nobody waits for a promise: what it is rejected with is nobody's either. */
function answerOf(answer: unknown): unknown {
  if (isThenable(answer)) {
    answer.then(undefined, () => undefined);
    return answer;
  }
  return typeof answer === 'object' && answer !== null && 'deadLetter' in answer
    ? { deadLetter: answer.deadLetter }
    : answer;
}

/** Wrong credentials, or a URL that is no registry's, are a mistake of the job's options: no record has to pay for it. */
function isOfTheJob({ error }: Failure): boolean {
  return isJobError(error, 'JOB_REGISTRY_FAILED') && !isOutage(error.cause);
}

function placeOf(error: unknown): JobErrorDetails {
  if (!isJobError(error)) return {};
  const { topic, partition, offset, key } = error;
  return { topic, partition, offset, key };
}

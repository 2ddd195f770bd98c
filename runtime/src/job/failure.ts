import { isOutage } from '../format/schema-source.ts';
import { isLogError } from '../log/port.ts';
import { placeOf } from '../task/errors/place-of.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import type { RestartDecision } from './restarts.ts';

/**
 * True where a new start from the last checkpoint may help: the log failed, a fence by a wrong guess included (I16), or a record
 * did, whose handler may have asked others, or the Schema Registry did not answer. Options, topics and state that does not fit
 * stay as they are.
 */
export function mayPass(error: unknown): boolean {
  if (isLogError(error)) return error.kind !== 'fatal';
  if (isJobError(error, 'JOB_REGISTRY_FAILED')) return isOutage(error.cause);
  return isJobError(error, 'JOB_LOG_FAILED') || placeOf(error) !== undefined;
}

/** The error that a run rejects with: what failed comes first, then why nothing more is tried. */
export function failedForGood(error: unknown, instance: string, why?: RestartDecision): unknown {
  const failure = asJobError(error, instance);
  if (why === undefined || !isJobError(failure)) return failure;
  const verdict = verdictOf(why, failure);
  if (verdict === undefined) return failure;
  const { code, topic, partition, offset, key, cause } = failure;
  const message = `${failure.message.replace(/\.$/, '')}. ${verdict}`;
  return new JobError(code, message, { topic, partition, offset, key, cause });
}

function verdictOf(why: RestartDecision, failure: JobError): string | undefined {
  if (why.restart || why.why === 'none') return undefined;
  if (why.why === 'exhausted') return `${why.attempts} restarts did not help`;
  if (why.why === 'rate') return `${why.failures} failures within ${why.interval} ms are more than its strategy allows`;
  if (why.failures === 1) return undefined;
  const { offset, key } = failure;
  const what = offset === undefined ? 'It' : `This record${key === undefined ? '' : `, of key ${key},`}`;
  return `${what} failed ${why.failures} times for the same reason: restarting does not help. ${adviceOn(failure)}`;
}

/** What to do about a record, or a hook, that fails whatever one does. */
function adviceOn(failure: JobError): string {
  const { topic, partition, offset } = failure;
  const place = placeOf(failure) ?? 'process';
  const { cause } = failure;
  if (isJobError(cause, 'JOB_ROW_UNREADABLE')) {
    const look = `Look at it: kgen inspect --topic ${cause.topic} --partition ${cause.partition} --offset ${cause.offset}`;
    return `Write a row of that key that can be read, or let the job go on without records that ask for it: onError.decode. ${look}`;
  }
  const mend = place === 'decode' ? 'Mend what writes such records' : 'Mend the handler';
  if (topic === undefined || offset === undefined) return mend;
  const look = `Look at it: kgen inspect --topic ${topic} --partition ${partition} --offset ${offset}`;
  return `${mend}, or let the job go on without it: onError.${place}. ${look}`;
}

function asJobError(error: unknown, instance: string): unknown {
  if (isJobError(error) || !isLogError(error)) return error;
  if (error.kind === 'fenced') {
    const advice = 'Another instance of that name may have taken over: give each its own `instance`';
    return new JobError('JOB_FENCED', `instance ${instance} is fenced: ${error.message}. ${advice}`, {
      cause: error,
    });
  }
  return new JobError('JOB_LOG_FAILED', `the log failed (${error.kind}): ${reasonOf(error)}`, { cause: error });
}

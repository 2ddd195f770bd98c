import { isLogError } from '../log/port.ts';
import { isRegistryError } from '../registry/registry-error.ts';
import { isJobError, JobError, reasonOf } from '../task/job-error.ts';
import type { RestartDecision } from './restarts.ts';

/**
 * True where a new start from the last checkpoint may help: the log failed, a fence by a wrong guess included (I16), or a handler
 * did, which may have asked others, or the Schema Registry did not answer. Options, topics, records that cannot be read and state that does not fit stay as they are.
 */
export function mayPass(error: unknown): boolean {
  if (isLogError(error)) return error.kind !== 'fatal';
  if (isJobError(error, 'JOB_REGISTRY_FAILED'))
    return isRegistryError(error.cause) && error.cause.kind === 'unreachable';
  return isJobError(error, 'JOB_HANDLER_FAILED') || isJobError(error, 'JOB_LOG_FAILED');
}

/** The error that a run rejects with: what failed comes first, then why nothing more is tried. */
export function failedForGood(error: unknown, instance: string, why?: RestartDecision): unknown {
  const failure = asJobError(error, instance);
  if (why === undefined || !isJobError(failure)) return failure;
  const { code, topic, partition, offset } = failure;
  const verdict = verdictOf(why, offset === undefined ? 'It' : 'This record');
  if (verdict === undefined) return failure;
  const message = `${failure.message.replace(/\.$/, '')}. ${verdict}`;
  return new JobError(code, message, { topic, partition, offset, cause: failure.cause });
}

function verdictOf(why: RestartDecision, what: string): string | undefined {
  if (why.restart || why.why === 'none') return undefined;
  if (why.why === 'exhausted') return `${why.attempts} restarts did not help`;
  if (why.failures === 1) return undefined;
  return `${what} failed ${why.failures} times for the same reason: restarting does not help. Mend the handler`;
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

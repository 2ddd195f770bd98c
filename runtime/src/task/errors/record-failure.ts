import { isJobError, JobError, type JobErrorCode, type JobErrorDetails, reasonOf } from '../job-error.ts';
import type { Failure } from './dead-letter.ts';
import { keyTextOf } from './key-text.ts';
import { keyBytesOf, type OriginalRecord } from './original.ts';
import type { ErrorPlace } from './policy.ts';

/** How errors begin that are about a record. */
export function whereOf(topic: string, partition: number, { offset }: { readonly offset: number }): string {
  return `${topic}-${partition} at offset ${offset}`;
}

/** What errors have of a record that may not be readable. */
export function detailsOf({ topic, partition, record, key }: OriginalRecord): JobErrorDetails {
  return { topic, partition, offset: BigInt(record.offset), key: keyTextOf(keyBytesOf(record), key) };
}

/** A record whose handler was not called. Errors that say all of it are as they are. */
export function unreadFailure(error: unknown, original: OriginalRecord, what = 'the record'): Failure {
  if (isJobError(error)) {
    // The user's function for the watermark is asked before the handler.
    const place = error.code === 'JOB_HANDLER_FAILED' ? 'process' : 'decode';
    return { place, error, cause: error.cause ?? error };
  }
  const { topic, partition, record } = original;
  const message = `${whereOf(topic, partition, record)}: ${what} cannot be read: ${reasonOf(error)}`;
  const details = { ...detailsOf(original), cause: error };
  return { place: 'decode', error: new JobError('JOB_DECODE_FAILED', message, details), cause: error };
}

/** A record without a key, or without a value. */
export function nullFailure(what: 'key' | 'value', original: OriginalRecord): JobError {
  const { input, topic, partition, record } = original;
  const declare = what === 'value' ? `, or declare \`tombstones: true\` for topic ${input}` : '';
  const advice = `Handler \`${input}\` needs one: keep such records out of the topic${declare}`;
  const message = `${whereOf(topic, partition, record)}: the record has no ${what}. ${advice}`;
  return new JobError(what === 'key' ? 'JOB_NULL_KEY' : 'JOB_NULL_VALUE', message, detailsOf(original));
}

/** A record whose event time cannot be told: the topic's `timestampFrom` failed, or the job's own function for watermarks. */
export function timeFailure(cause: unknown, original: OriginalRecord, byWatermarks: boolean): JobError {
  const { input, topic, partition, record } = original;
  const what = byWatermarks ? `\`watermarks.${input}\`` : `\`timestampFrom\` of topic ${input}`;
  const message = `${whereOf(topic, partition, record)}: ${what} failed: ${reasonOf(cause)}`;
  const code = byWatermarks ? 'JOB_HANDLER_FAILED' : 'JOB_DECODE_FAILED';
  return new JobError(code, message, { ...detailsOf(original), cause });
}

/** A call whose handler failed, or one of whose outputs cannot be written. `about` says of what it was, behind what failed. */
export function callFailure(
  what: 'handler' | 'output',
  error: unknown,
  { handler, where, about = '' }: { readonly handler: string; readonly where: string; readonly about?: string },
  details: JobErrorDetails,
): Failure {
  const [place, code, said] = saidOf(what, error, handler);
  const message = `${where}: ${said}${about}: ${reasonOf(error)}`;
  return { place, error: new JobError(code, message, { ...details, cause: error }), cause: error };
}

function saidOf(what: 'handler' | 'output', error: unknown, handler: string): [ErrorPlace, JobErrorCode, string] {
  if (what === 'output')
    return ['produce', 'JOB_PRODUCE_FAILED', `an output of handler \`${handler}\` cannot be written`];
  // No fault of the handler's: who lets its failures pass has not said that records without their rows may.
  if (isJobError(error, 'JOB_ROW_UNREADABLE'))
    return ['decode', error.code, `handler \`${handler}\` asked for what cannot be read`];
  return ['process', 'JOB_HANDLER_FAILED', `handler \`${handler}\` failed`];
}

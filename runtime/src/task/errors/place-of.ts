import { isJobError, type JobErrorCode } from '../job-error.ts';
import type { ErrorPlace } from './policy.ts';

/** What a record may have failed with, and where that is decided on. */
const PLACES: { readonly [C in JobErrorCode]?: ErrorPlace } = {
  JOB_DECODE_FAILED: 'decode',
  JOB_NULL_KEY: 'decode',
  JOB_NULL_VALUE: 'decode',
  JOB_ROW_UNREADABLE: 'decode',
  JOB_HANDLER_FAILED: 'process',
  JOB_PRODUCE_FAILED: 'produce',
};

/** Where a record has failed; undefined where something else did. */
export function placeOf(error: unknown): ErrorPlace | undefined {
  return isJobError(error) ? PLACES[error.code] : undefined;
}

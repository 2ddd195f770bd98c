import type { OutputRoute } from '../calls/output.ts';
import type { JobError } from '../job-error.ts';
import type { FailedRecord, FailedTimer, UnreadableRecord } from './on-error.ts';
import { ERROR_PLACES, type ErrorPlace, type ErrorPolicies, type ErrorPolicy } from './policy.ts';

/** The functions of `onError`, whatever the types of their job. Their answers are checked. */
export interface ErrorDeciders {
  readonly decode?: ((error: JobError, record: UnreadableRecord) => unknown) | undefined;
  readonly process?: ((error: unknown, failed: AnyFailed) => unknown) | undefined;
  readonly produce?: ((error: JobError, failed: AnyFailed) => unknown) | undefined;
}

export type AnyFailed = FailedRecord<string, unknown, unknown> | FailedTimer<string, unknown>;

/** What becomes of records that fail in one job, with the topics for dead letters found in the log. */
export interface ErrorPlan {
  readonly policies: { readonly [P in ErrorPlace]: ErrorPolicy };
  readonly deciders: ErrorDeciders;
  /** By the names that policies have for them. */
  readonly deadLetters: ReadonlyMap<string, OutputRoute>;
  /** True where what a record holds may be asked for when its call has failed. */
  readonly wantsRecords: boolean;
}

/** Options of a run take the place of what is declared, and functions of both. `deadLetters` has all that they name. */
export function planErrors(
  declared: ErrorPolicies | undefined,
  options: ErrorPolicies | undefined,
  handlers: object,
  deadLetters: ReadonlyMap<string, OutputRoute>,
): ErrorPlan {
  const policyOf = (place: ErrorPlace): ErrorPolicy => options?.[place] ?? declared?.[place] ?? 'fail';
  const policies = { decode: policyOf('decode'), process: policyOf('process'), produce: policyOf('produce') };
  const given: unknown = Reflect.get(handlers, 'onError');
  const deciders = typeof given === 'object' && given !== null ? (given as ErrorDeciders) : {};
  const wantsRecords = ERROR_PLACES.some((place) => {
    return typeof policies[place] === 'object' || deciders[place] !== undefined;
  });
  return { policies, deciders, deadLetters, wantsRecords };
}

import { normalizedSchema } from '@kgen/runtime/schema';
import type { LockedState } from '../sources/locked-state.ts';
import type { JobModel } from './model.ts';
import { avroTypeOf } from './type-reference.ts';

/** The schemas that jobs write state with as they are now. */
export function presentState(jobs: readonly JobModel[]): readonly LockedState[] {
  return jobs.flatMap(({ name: job, state }) =>
    state.map(({ name, kind, value, key }): LockedState => {
      const schema = normalizedSchema(avroTypeOf(value));
      return { job, state: name, kind, schema, ...(key && { key: normalizedSchema(avroTypeOf(key)) }) };
    }),
  );
}

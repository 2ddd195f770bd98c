import { normalizedSchema } from '@kgen/runtime/schema';
import type { LockedKeys } from '../sources/locked-keys.ts';
import type { LockedState } from '../sources/locked-state.ts';
import type { FormatModel, JobModel } from './model.ts';
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

/** How jobs that keep something of each key encode it as they are now. */
export function presentKeys(jobs: readonly JobModel[]): readonly LockedKeys[] {
  return jobs.flatMap(({ name: job, key, state, timers }) =>
    state.length + timers.length === 0 ? [] : { job, format: formatName(key), ...schemaOf(key) },
  );
}

/** As the runtime calls it, but for the user's own, whose name is known only when its module is loaded. */
function formatName({ kind }: FormatModel): string {
  return kind === 'typed-json' ? 'json' : kind;
}

/** Of bare Avro: other formats say in each key how it was written. */
function schemaOf(key: FormatModel): Pick<LockedKeys, 'schema'> {
  const type = key.kind === 'avro' ? key.types[0] : undefined;
  return type === undefined ? {} : { schema: normalizedSchema(avroTypeOf(type)) };
}

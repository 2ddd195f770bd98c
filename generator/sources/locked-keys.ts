import { type Json, writeJson } from '@kgen/runtime/schema';
import { compare } from './find-files.ts';

/** How a deployed version of a job has encoded the keys that its state belongs to. */
export interface LockedKeys {
  readonly job: string;
  /** The name of the format; `own` for any of the user's. */
  readonly format: string;
  /** Of bare Avro: normalized JSON. */
  readonly schema?: string | undefined;
}

/** A line for each, sorted, as for schemas of state; nothing where there are none. */
export function printLockedKeys(keys: readonly LockedKeys[]): string {
  if (keys.length === 0) return '';
  const lines = keys.map(keysLineOf).sort(compare);
  return `,\n  "keys": [\n${[...new Set(lines)].map((line) => `    ${line}`).join(',\n')}\n  ]`;
}

/** The same keys of the same job have the same line. */
export function keysLineOf({ job, format, schema }: LockedKeys): string {
  const ofSchema = schema === undefined ? '' : `, "schema": ${schema}`;
  return `{ "job": ${JSON.stringify(job)}, "format": ${JSON.stringify(format)}${ofSchema} }`;
}

/** @throws Error, whose message says what is wrong */
export function readLockedKeys(json: Json | undefined): readonly LockedKeys[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) throw new Error('`keys` is not a list');
  return json.map((each: Json) => {
    const { job, format, schema } = (each ?? {}) as { readonly [name: string]: Json | undefined };
    if (typeof job !== 'string' || typeof format !== 'string') {
      throw new Error('a line of `keys` lacks `job` or `format`');
    }
    return { job, format, ...(schema === undefined ? {} : { schema: writeJson(schema) }) };
  });
}

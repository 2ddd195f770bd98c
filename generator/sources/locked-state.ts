import { type Json, writeJson } from '@kgen/runtime/schema';
import { compare } from './find-files.ts';

/** A schema that a deployed version of a job has written state with. */
export interface LockedState {
  readonly job: string;
  /** The state's name. */
  readonly state: string;
  readonly kind: 'value' | 'list' | 'map';
  /** Normalized JSON of the value's schema. */
  readonly schema: string;
  /** Of a map: that of its keys. */
  readonly key?: string | undefined;
}

/** A line for each schema, sorted, so that branches which deployed different ones merge as text; nothing where there are none. */
export function printLockedStates(states: readonly LockedState[]): string {
  if (states.length === 0) return '';
  const lines = states.toSorted(byPlace).map((each) => `    ${lineOf(each)}`);
  return `,\n  "state": [\n${[...new Set(lines)].join(',\n')}\n  ]`;
}

function byPlace(a: LockedState, b: LockedState): number {
  return compare(a.job, b.job) || compare(a.state, b.state) || compare(lineOf(a), lineOf(b));
}

/** The same schema of the same state has the same line. */
export function lineOf({ job, state, kind, schema, key }: LockedState): string {
  const members = [
    `"job": ${JSON.stringify(job)}`,
    `"state": ${JSON.stringify(state)}`,
    `"kind": "${kind}"`,
    ...(key === undefined ? [] : [`"key": ${key}`]),
    `"schema": ${schema}`,
  ];
  return `{ ${members.join(', ')} }`;
}

/** @throws Error, whose message says what is wrong */
export function readLockedStates(json: Json | undefined): readonly LockedState[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) throw new Error('`state` is not a list');
  return json.map((each: Json) => {
    const { job, state, kind, schema, key } = (each ?? {}) as { readonly [name: string]: Json | undefined };
    const isKind = kind === 'value' || kind === 'list' || kind === 'map';
    if (typeof job !== 'string' || typeof state !== 'string' || !isKind || schema === undefined) {
      throw new Error('a line of `state` lacks `job`, `state`, `kind` or `schema`');
    }
    return { job, state, kind, schema: writeJson(schema), ...(key === undefined ? {} : { key: writeJson(key) }) };
  });
}

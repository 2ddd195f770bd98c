import { logicalTypes } from '../state/logical-types.ts';
import type { KeyEncodings } from './checkpoint-record.ts';
import type { JobDeclaration } from './declaration.ts';

/** What the keys of a job's changelog are. */
export function keyEncodings({ key, state }: JobDeclaration): KeyEncodings {
  const maps = Object.entries(state).flatMap(([name, declared]) => {
    if (declared.kind !== 'map') return [];
    const { fingerprint, schema } = declared.key;
    return [[name, `${fingerprint.toString(16)} ${logicalTypes(schema)}`.trimEnd()]];
  });
  return { job: key.name, maps: Object.fromEntries(maps) };
}

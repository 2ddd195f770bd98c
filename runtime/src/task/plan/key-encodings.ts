import type { Codec } from '../../codec/codec.ts';
import { logicalTypes } from '../../codec/schema/logical-types.ts';
import type { KeyEncodings } from '../checkpoint/checkpoint-record.ts';
import type { JobDeclaration } from '../declaration.ts';

/** What the keys of a job's changelog are. */
export function keyEncodings({ key, state }: JobDeclaration): KeyEncodings {
  const maps = Object.entries(state).flatMap(([name, declared]) => {
    if (declared.kind !== 'map') return [];
    return [[name, encodingOf(declared.key)]];
  });
  const codec = key.codec?.();
  // Bare Avro does not say in each key what it was written with.
  return { job: codec === undefined ? key.name : `${key.name} ${encodingOf(codec)}`, maps: Object.fromEntries(maps) };
}

function encodingOf({ fingerprint, schema }: Codec<unknown>): string {
  return `${fingerprint.toString(16)} ${logicalTypes(schema)}`.trimEnd();
}

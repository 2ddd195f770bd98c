import type { CompatibilityLevel } from '@kgen/runtime/registry';
import { type AvroType, type Incompatibility, type IncompatibilityKind, incompatibilities } from '@kgen/runtime/schema';

/** An earlier schema of a subject. */
export interface EarlierSchema {
  /** Undefined where there are no versions: of files. */
  readonly version?: number | undefined;
  readonly type: AvroType;
}

/** Whether a level holds, and where not, why. */
export interface LevelResult {
  readonly level: CompatibilityLevel;
  readonly holds: boolean;
  readonly breaks: readonly CompatibilityBreak[];
}

/** A place at which data of one version cannot be read with the schema of another. */
export interface CompatibilityBreak {
  /** `backward`: the new schema cannot read the version's data; `forward`: the version cannot read the new one's. */
  readonly direction: 'backward' | 'forward';
  readonly version?: number | undefined;
  /** Where in the value; `''` for the value itself. */
  readonly path: string;
  readonly reason: string;
  readonly hint: string;
}

/** The levels that say something, in the order in which people list them. */
export const LEVELS: readonly CompatibilityLevel[] = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
];

/**
 * Which levels a schema has beside the versions before it. `BACKWARD` is about the newest of them alone, the transitive
 * forms about all.
 * @param earlier ascending
 */
export function compatibilityWith(schema: AvroType, earlier: readonly EarlierSchema[]): readonly LevelResult[] {
  const backward = earlier.map((each) => breaks('backward', each, incompatibilities(each.type, schema)));
  const forward = earlier.map((each) => breaks('forward', each, incompatibilities(schema, each.type)));
  return LEVELS.map((level) => {
    const counts = level.endsWith('_TRANSITIVE') ? earlier.length : 1;
    const found = [
      ...(level.startsWith('FORWARD') ? [] : backward.slice(-counts)),
      ...(level.startsWith('BACKWARD') ? [] : forward.slice(-counts)),
    ].flat();
    return { level, holds: found.length === 0, breaks: found };
  });
}

function breaks(
  direction: CompatibilityBreak['direction'],
  { version }: EarlierSchema,
  problems: readonly Incompatibility[],
): readonly CompatibilityBreak[] {
  return problems.map(({ kind, path, reason, hint }) => {
    // Who reads is then a version that nobody can change any more.
    const advice = direction === 'forward' ? FORWARD_HINTS[kind] : hint;
    return { direction, version, path, reason, hint: advice };
  });
}

const FORWARD_HINTS: { readonly [K in IncompatibilityKind]: string } = {
  field: 'Keep the field: who reads with the earlier version needs it',
  symbols: 'Do not add symbols: who reads with the earlier version does not know them',
  type: 'Keep the type; or add a field of the new type beside it',
  name: 'Keep the name: who reads with the earlier version looks for it',
  branch: 'Do not add the branch: who reads with the earlier version has none for it',
  size: 'Keep the size; or add a field of a new type beside it',
  scale: 'Keep the scale; or add a field of a new type beside it',
};
